#include "ui/timeline_tracks.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "ui/theme.h"

namespace mcj {
namespace {

QColor mix(QColor low, QColor high, double t) {
    t = std::clamp(t, 0.0, 1.0);
    return QColor::fromRgbF(static_cast<float>(low.redF() + (high.redF() - low.redF()) * t),
                            static_cast<float>(low.greenF() + (high.greenF() - low.greenF()) * t),
                            static_cast<float>(low.blueF() + (high.blueF() - low.blueF()) * t));
}

constexpr double kFlagWidth = 9.0;

/// The rectangle of a column, as wide as a frame if that is wider than a pixel.
QRectF columnRect(const QRectF& row, const TimelineScale& scale, int column) {
    return {scale.left + column, row.top(), std::max(scale.cell(), 1.0) + 0.3, row.height()};
}

}  // namespace

double TimelineScale::xOf(FrameIndex frame) const noexcept {
    return left + (static_cast<double>(frame) + 0.5) * cell();
}

FrameIndex TimelineScale::frameAt(double x) const noexcept {
    const double place = std::floor((x - left) / cell());
    return static_cast<FrameIndex>(std::clamp(place, 0.0, static_cast<double>(frames - 1)));
}

double TimelineScale::cell() const noexcept { return width / static_cast<double>(frames); }

int TimelineScale::columnOf(FrameIndex frame) const noexcept {
    return static_cast<int>(std::floor(static_cast<double>(frame) * cell()));
}

std::map<int, double> lowestPerColumn(const std::map<FrameIndex, double>& values,
                                      const TimelineScale& scale) {
    std::map<int, double> lowest;
    for (const auto& [frame, value] : values) {
        const auto [at, added] = lowest.emplace(scale.columnOf(frame), value);
        if (!added) at->second = std::min(at->second, value);
    }
    return lowest;
}

QString MaskTrackRow::title() const { return tr("Masks"); }

void MaskTrackRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    std::map<FrameIndex, double> confidence;
    for (const auto& [frame, entry] : session_.masks().track().entries()) {
        if (entry.anchor()) continue;
        // Nothing is known against masks of another program: they are drawn as certain.
        confidence[frame] =
            entry.facts.foreign() ? 1.0 : static_cast<double>(entry.facts.confidence);
    }
    const QColor poor(Theme::kFailure);
    const QColor good(Theme::kGood);
    // Of the frames that share a column, draw the least certain one.
    for (const auto& [column, value] : lowestPerColumn(confidence, scale)) {
        // Confidence is the margin between two votes; frames below 0.5 should be checked first.
        painter.fillRect(columnRect(row, scale, column), mix(poor, good, (value - 0.2) / 0.6));
    }
    painter.setPen(QPen(QColor(0xff17191d), 1.0));
    for (const auto& [frame, entry] : session_.masks().track().entries()) {
        if (!entry.anchor()) continue;
        const double x = scale.xOf(frame);
        const double middle = row.center().y();
        painter.setBrush(entry.facts.locked ? QColor(Theme::kWarning) : QColor(Theme::kAccent));
        const double r = 6.0;
        painter.drawPolygon(
            QPolygonF{{x, middle - r}, {x + r, middle}, {x, middle + r}, {x - r, middle}});
    }
}

QString MaskTrackRow::tip(FrameIndex frame) const {
    const MaskEntry* entry = session_.masks().track().find(frame);
    if (entry == nullptr) return {};
    const auto& facts = entry->facts;
    if (facts.locked) return tr("Mask: locked");
    if (facts.origin == MaskOrigin::Painted) return tr("Mask: painted");
    if (facts.origin == MaskOrigin::Imported) return tr("Mask: imported");
    if (facts.foreign()) return tr("Mask: by another program");
    return tr("Mask: propagated, confidence %1")
        .arg(static_cast<double>(facts.confidence), 0, 'f', 2);
}

bool StatusRow::wanted() const {
    const auto& rows = session_.projectTools().statusNotes.table().rows();
    // Frames come before objects.
    return !rows.empty() && rows.begin()->first.kind == StatusSubject::Kind::Frame;
}

QString StatusRow::title() const { return tr("Status"); }

void StatusRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    struct Mark {
        WorkStatus status = WorkStatus::Open;
        bool note = false;
    };
    std::map<int, Mark> marks;
    for (const auto& [subject, noted] : session_.projectTools().statusNotes.table().rows()) {
        if (subject.kind != StatusSubject::Kind::Frame || subject.number >= scale.frames) break;
        Mark& mark = marks[scale.columnOf(subject.number)];
        // Of the frames that share a column, a doubtful one is shown.
        mark.status = std::max(mark.status, noted.status);
        mark.note = mark.note || !noted.note.empty();
    }
    for (const auto& [column, mark] : marks) {
        QRectF cell = columnRect(row, scale, column);
        if (mark.note) {
            painter.fillRect(QRectF(cell.left(), cell.top(), cell.width(), 2.0),
                             QColor(Theme::kText));
        }
        if (mark.status == WorkStatus::Open) continue;
        const bool doubtful = mark.status == WorkStatus::Doubtful;
        cell.setTop(doubtful ? row.top() + 3.0 : row.center().y() + 1.0);
        painter.fillRect(cell, QColor(doubtful ? Theme::kWarning : Theme::kGood));
    }
}

QString StatusRow::tip(FrameIndex frame) const {
    const QString words =
        textOf(session_.projectTools().statusNotes.of(StatusSubject::ofFrame(frame)));
    return words.isEmpty() ? words : tr("Status: %1").arg(words);
}

QString AgreementRow::title() const { return tr("Agreement"); }

void AgreementRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const ProjectAgreement& agreement = session_.projectTools().agreement;
    const double above = std::round(0.6 * row.height());
    const QRectF mean(row.left(), row.top(), row.width(), above - 1.0);
    const QRectF one(row.left(), row.top() + above, row.width(), row.height() - above);
    const auto bars = [&](const std::map<FrameIndex, double>& ious, const QRectF& band,
                          const auto& colorOf) {
        for (const auto& [column, iou] : lowestPerColumn(ious, scale)) {
            if (column >= scale.columnOf(scale.frames)) break;
            QRectF bar = columnRect(band, scale, column);
            // Its height says the same as its colour.
            bar.setTop(bar.bottom() - std::max(iou, 0.15) * band.height());
            painter.fillRect(bar, colorOf(iou));
        }
    };
    bars(agreement.ious(), mean, [](double iou) {
        return mix(QColor(Theme::kFailure), QColor(Theme::kGood), (iou - 0.4) / 0.6);
    });
    const ObjectId active = session_.masks().activeObject();
    const auto& rgba = session_.masks().palette()[active];
    bars(agreement.iousOf(active), one,
         [&rgba](double) { return QColor(rgba[0], rgba[1], rgba[2]); });
}

FrameIndex AgreementRow::frameFor(const TimelineScale& scale, double x) const {
    const FrameIndex frame = scale.frameAt(x);
    if (scale.cell() >= 1.0) return frame;
    const int column = static_cast<int>(std::floor(x - scale.left));
    std::optional<std::pair<double, FrameIndex>> least;
    for (const auto& [known, iou] : session_.projectTools().agreement.ious()) {
        if (scale.columnOf(known) != column || (least && iou >= least->first)) continue;
        least = std::pair(iou, known);
    }
    return least ? least->second : frame;
}

QString AgreementRow::tip(FrameIndex frame) const {
    const ProjectAgreement& agreement = session_.projectTools().agreement;
    const auto iou = agreement.at(frame);
    if (!iou) return {};
    const auto digits = [](double value) { return QString::number(value, 'f', 3); };
    const QString mean = tr("IoU with %1: %2 of 1").arg(agreement.otherName(), digits(*iou));
    const ObjectId active = session_.masks().activeObject();
    const auto ofActive = agreement.at(frame, active);
    if (!ofActive) return mean;
    return mean + tr("; object %1: %2").arg(int{active}).arg(digits(*ofActive));
}

QString SimilarityRow::title() const { return tr("Similarity"); }

void SimilarityRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const Pin* pin = session_.view().pins().selected();
    if (pin == nullptr) return;
    const auto& rgb = kPinColors[pin->color];
    const QColor color(rgb[0], rgb[1], rgb[2]);
    std::map<FrameIndex, double> scores;
    for (const auto& [frame, score] : session_.view().matchScores()) {
        scores[frame] = static_cast<double>(score);
    }
    for (const auto& [column, score] : lowestPerColumn(scores, scale)) {
        QRectF bar = columnRect(row, scale, column);
        bar.setTop(bar.bottom() - std::clamp(score, 0.0, 1.0) * row.height());
        painter.fillRect(bar, color);
    }
    painter.setPen(QPen(color.lighter(150), 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(QPointF(scale.xOf(pin->query.frame), row.center().y()), 4.0, 4.0);
}

QString SimilarityRow::tip(FrameIndex frame) const {
    const auto& scores = session_.view().matchScores();
    const auto score = scores.find(frame);
    if (score == scores.end()) return {};
    return tr("Best match: cosine similarity %1")
        .arg(static_cast<double>(score->second), 0, 'f', 3);
}

QString ThumbnailRow::title() const { return tr("Pictures"); }

void ThumbnailRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const SizePx size = session_.frames().info().size;
    if (size.empty()) return;
    const double width = std::min(row.height() * size.width / size.height, row.width());
    const double fit = std::floor(row.width() / std::max(width, 1.0));
    const FrameIndex places = std::clamp<FrameIndex>(static_cast<FrameIndex>(fit), 1,
                                                     std::min(Thumbnails::kMost, scale.frames));
    const double share = row.width() / static_cast<double>(places);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    for (FrameIndex place = 0; place < places; ++place) {
        const double centre = row.left() + (static_cast<double>(place) + 0.5) * share;
        // A picture of other frames would be taken for one of these.
        const QImage* picture = session_.timeline().thumbnails.nearest(
            scale.frameAt(centre), scale.frames / (2 * places) + 1);
        if (picture == nullptr) continue;
        painter.drawImage(QRectF(centre - width / 2.0, row.top(), width, row.height()), *picture);
    }
}

QString CachedRow::title() const { return tr("Cached"); }

void CachedRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const auto draw = [&](const std::vector<FrameIndex>& frames, double top, QColor color) {
        int drawn = -1;
        for (const FrameIndex frame : frames) {
            const int column = scale.columnOf(frame);
            if (column == drawn) continue;
            drawn = column;
            QRectF cell = columnRect(row, scale, column);
            cell.setTop(row.top() + top);
            cell.setHeight(row.height() / 2.0);
            painter.fillRect(cell, color);
        }
    };
    draw(session_.frames().cachedFrames(), 0.0, QColor(0xff6c7684));
    draw(session_.view().framesWithFlow(), row.height() / 2.0, QColor(Theme::kAccent));
}

QString CachedRow::tip(FrameIndex frame) const {
    if (!session_.frames().cached(frame)) return {};
    const std::vector<FrameIndex> flows = session_.view().framesWithFlow();
    return std::find(flows.begin(), flows.end(), frame) != flows.end()
               ? tr("In memory: frame and flow")
               : tr("In memory: frame");
}

QString MarkerRow::title() const { return tr("Markers"); }

void MarkerRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const auto& markers = session_.timeline().marks.markers();
    const QFontMetricsF metrics(painter.font());
    painter.setBrush(QColor(Theme::kGood));
    for (auto marker = markers.begin(); marker != markers.end(); ++marker) {
        if (marker->first >= scale.frames) break;
        const double x = scale.xOf(marker->first);
        painter.setPen(QPen(QColor(Theme::kGood), 1.5));
        painter.drawLine(QPointF(x, row.top()), QPointF(x, row.bottom()));
        painter.setPen(Qt::NoPen);
        painter.drawPolygon(QPolygonF{{x, row.top()},
                                      {x + kFlagWidth, row.top() + row.height() / 3.0},
                                      {x, row.top() + row.height() * 2.0 / 3.0}});
        const auto next = std::next(marker);
        const double end =
            next == markers.end() ? scale.left + scale.width : scale.xOf(next->first);
        const double from = x + kFlagWidth + 3.0;
        if (metrics.horizontalAdvance(marker->second) > end - from - 3.0) continue;
        painter.setPen(QColor(Theme::kText));
        painter.drawText(QRectF(from, row.top() - 3, end - from, row.height() + 6),
                         Qt::AlignLeft | Qt::AlignVCenter, marker->second);
    }
}

FrameIndex MarkerRow::frameFor(const TimelineScale& scale, double x) const {
    FrameIndex nearest = scale.frameAt(x);
    double distance = kFlagWidth;
    for (const auto& [frame, name] : session_.timeline().marks.markers()) {
        // A flag is right of its pole.
        const double away = std::abs(scale.xOf(frame) + kFlagWidth / 2.0 - x);
        if (away >= distance) continue;
        distance = away;
        nearest = frame;
    }
    return nearest;
}

QString MarkerRow::tip(FrameIndex frame) const {
    const auto& markers = session_.timeline().marks.markers();
    const auto marker = markers.find(frame);
    return marker == markers.end() ? QString() : tr("Marker: %1").arg(marker->second);
}

}  // namespace mcj
