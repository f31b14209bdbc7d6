#include "ui/review_row.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "ui/theme.h"

namespace mcj {
namespace {

constexpr double kGrabPx = 4.0;  ///< distance from the threshold at which it can be taken hold of

double yOf(const QRectF& row, double score) {
    return row.bottom() - 1.0 - std::clamp(score, 0.0, 1.0) * (row.height() - 2.0);
}

std::optional<double> scoreOf(const FrameReview& review, ObjectId object) {
    for (const ObjectReview& one : review.objects) {
        if (one.object == object) return one.score;
    }
    return std::nullopt;
}

/// A frame that stands for its pixel column.
struct Point {
    FrameIndex frame = 0;
    double score = 0.0;
};
using Columns = std::map<int, Point>;

void keepGreatest(Columns& columns, int column, Point point) {
    const auto [at, added] = columns.emplace(column, point);
    if (!added && point.score > at->second.score) at->second = point;
}

QPainterPath lineOf(const Columns& columns, const QRectF& row, const TimelineScale& scale) {
    QPainterPath line;
    for (const auto& [column, point] : columns) {
        const QPointF at(scale.xOf(point.frame), yOf(row, point.score));
        line.elementCount() == 0 ? line.moveTo(at) : line.lineTo(at);
    }
    // A single value would be no line at all.
    if (columns.size() == 1) line.lineTo(line.currentPosition() + QPointF(1.0, 0.0));
    return line;
}

/// In words, for a tool tip.
QString reasonText(ReviewSignal reason) {
    switch (reason) {
    case ReviewSignal::Inconsistency:
        return TimelineTrack::tr("flow inside the mask is inconsistent");
    case ReviewSignal::MaskWarp:
        return TimelineTrack::tr("it does not match the previous mask carried by flow");
    case ReviewSignal::ColorWarp:
        return TimelineTrack::tr("its colours do not match the previous frame");
    case ReviewSignal::Margin: return TimelineTrack::tr("the propagation was not certain");
    case ReviewSignal::AreaJump: return TimelineTrack::tr("its area changes abruptly");
    case ReviewSignal::FeatureDrop: break;
    }
    return TimelineTrack::tr("its content differs from the reference frame");
}

}  // namespace

QString ReviewRow::title() const { return tr("Doubt"); }

void ReviewRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const MaskReviews& reviews = session_.timeline().reviews;
    const ObjectId active = session_.masks().activeObject();
    Columns all;
    Columns ofActive;
    for (const auto& [frame, review] : reviews.reviews()) {
        if (frame >= scale.frames) break;
        const int column = scale.columnOf(frame);
        keepGreatest(all, column, {frame, review.score()});
        if (const auto score = scoreOf(review, active)) {
            keepGreatest(ofActive, column, {frame, *score});
        }
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(Theme::kDim), 1.0));
    painter.drawPath(lineOf(all, row, scale));
    const auto& rgba = session_.masks().palette()[active];
    painter.setPen(QPen(QColor(rgba[0], rgba[1], rgba[2]), 1.5));
    painter.drawPath(lineOf(ofActive, row, scale));
    const double y = yOf(row, reviews.threshold());
    painter.setPen(QPen(QColor(Theme::kWarning), 1.0, Qt::DashLine));
    painter.drawLine(QPointF(row.left(), y), QPointF(row.right(), y));
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(Theme::kFailure));
    for (const auto& [column, point] : all) {
        if (point.score < reviews.threshold()) continue;
        painter.drawEllipse(QPointF(scale.xOf(point.frame), yOf(row, point.score)), 2.5, 2.5);
    }
}

FrameIndex ReviewRow::frameFor(const TimelineScale& scale, double x) const {
    const FrameIndex frame = scale.frameAt(x);
    if (scale.cell() >= 1.0) return frame;
    const int column = static_cast<int>(std::floor(x - scale.left));
    Columns here;
    for (const auto& [known, review] : session_.timeline().reviews.reviews()) {
        if (scale.columnOf(known) == column) keepGreatest(here, column, {known, review.score()});
    }
    return here.empty() ? frame : here.begin()->second.frame;
}

bool ReviewRow::grabs(const QRectF& row, double y) const {
    return std::abs(y - yOf(row, session_.timeline().reviews.threshold())) <= kGrabPx;
}

void ReviewRow::dragTo(const QRectF& row, double y) {
    const double score = (row.bottom() - 1.0 - y) / (row.height() - 2.0);
    // In steps of a hundredth, so that the tool tip's number is the exact one.
    session_.timeline().reviews.setThreshold(std::round(score * 100.0) / 100.0);
}

QString ReviewRow::tip(FrameIndex frame) const {
    const MaskReviews& reviews = session_.timeline().reviews;
    const auto found = reviews.reviews().find(frame);
    if (found == reviews.reviews().end()) return {};
    const FrameReview& review = found->second;
    if (review.trusted) return tr("Doubt: none, the mask is painted or locked");
    const auto worst = std::ranges::max_element(
        review.objects, {}, [](const ObjectReview& object) { return object.score; });
    if (worst == review.objects.end()) return {};
    const QString score = tr("Doubt: %1 of 1, object %2; suspicious from %3 on")
                              .arg(worst->score, 0, 'f', 2)
                              .arg(worst->object)
                              .arg(reviews.threshold(), 0, 'f', 2);
    if (worst->score < reviews.threshold()) return score;
    return score + tr("; %1").arg(reasonText(mainReason(worst->signals)));
}

}  // namespace mcj
