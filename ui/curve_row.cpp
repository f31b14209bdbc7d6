#include "ui/curve_row.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace mcj {
namespace {

QString valueText(double value) { return QString::number(value, 'g', 3); }

QColor colorOf(PairNumber number) {
    switch (number) {
    case PairNumber::WarpError: return QColor(Theme::kFailure);
    case PairNumber::Inconsistency: return QColor(Theme::kWarning);
    case PairNumber::Motion: return QColor(Theme::kAccent);
    case PairNumber::Motion99: break;
    }
    return QColor(Theme::kGood);
}

}  // namespace

QString CurveRow::title() const {
    switch (number_) {
    case PairNumber::WarpError: return tr("Warp error");
    case PairNumber::Inconsistency: return tr("Consistency");
    case PairNumber::Motion: return tr("Motion");
    case PairNumber::Motion99: break;
    }
    return tr("Motion 99 %");
}

const std::vector<CurveRow::Column>& CurveRow::columns(const TimelineScale& scale) const {
    const std::uint64_t revision = session_.timeline().curves.revision();
    if (revision == revision_ && scale == made_) return columns_;
    revision_ = revision;
    made_ = scale;
    columns_.clear();
    for (const auto& [frame, numbers] : session_.timeline().curves.numbers()) {
        const double value = numbers.at(number_);
        if (frame >= scale.frames || std::isnan(value)) continue;
        const int place = scale.columnOf(frame);
        if (columns_.empty() || columns_.back().place != place) {
            columns_.push_back({place, frame, value});
        } else if (value > columns_.back().value) {
            columns_.back() = {place, frame, value};
        }
    }
    return columns_;
}

void CurveRow::paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const {
    const std::vector<Column>& drawn = columns(scale);
    if (drawn.empty()) return;
    const auto [least, most] =
        std::minmax_element(drawn.begin(), drawn.end(),
                            [](const Column& a, const Column& b) { return a.value < b.value; });
    const double low = least->value;
    const double range = std::max(most->value - low, 1e-12);
    const auto point = [&](const Column& column) {
        const double share = (column.value - low) / range;
        return QPointF(scale.xOf(column.frame), row.bottom() - 1.0 - share * (row.height() - 2.0));
    };
    QPainterPath line;
    const Column* before = nullptr;
    for (const Column& column : drawn) {
        // No line over frames that are not computed.
        const bool joined = before != nullptr && (column.frame - before->frame) * scale.cell() <=
                                                     std::max(1.5, scale.cell() * 1.5);
        joined ? line.lineTo(point(column)) : line.moveTo(point(column));
        // A single value would be no line at all.
        if (!joined) line.lineTo(point(column) + QPointF(1.0, 0.0));
        before = &column;
    }
    painter.setPen(QPen(colorOf(number_), 1.3));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(line);
    const QString text = tr("%1 to %2").arg(valueText(low), valueText(most->value));
    const double width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 8.0;
    const QRectF label(row.right() - width, row.top(), width, row.height());
    QColor ground(Theme::kField);
    ground.setAlpha(190);
    painter.fillRect(label, ground);
    painter.setPen(QColor(Theme::kDim));
    painter.drawText(label, Qt::AlignCenter, text);
}

FrameIndex CurveRow::frameFor(const TimelineScale& scale, double x) const {
    const FrameIndex frame = scale.frameAt(x);
    if (scale.cell() >= 1.0) return frame;
    const int place = static_cast<int>(std::floor(x - scale.left));
    for (const Column& column : columns(scale)) {
        if (column.place == place) return column.frame;
    }
    return frame;
}

QString CurveRow::tip(FrameIndex frame) const {
    const auto& numbers = session_.timeline().curves.numbers();
    const auto found = numbers.find(frame);
    if (found == numbers.end() || std::isnan(found->second.at(number_))) return {};
    const QString value = valueText(found->second.at(number_));
    switch (number_) {
    case PairNumber::WarpError: return tr("Mean warp error: %1 of 255").arg(value);
    case PairNumber::Inconsistency: return tr("Mean forward-backward error: %1 px").arg(value);
    case PairNumber::Motion: return tr("Mean motion: %1 px").arg(value);
    case PairNumber::Motion99: break;
    }
    return tr("99 % of the motion is below %1 px").arg(value);
}

}  // namespace mcj
