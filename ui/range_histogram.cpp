#include "ui/range_histogram.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace mcj {
namespace {

constexpr int kBins = 64;
constexpr double kMargin = 6.0;
/// The ends of the scale stay this share of the axis apart.
constexpr float kLeastWidth = 0.005F;
/// Enough for bars; a new map arrives up to 34 times a second while a pin is dragged.
constexpr double kMostPixels = 1 << 16;

ScalarHistogram valuesOf(const ScalarMapPtr& map, float low, float high) {
    if (!map) return {low, high, {}};
    const double ratio = static_cast<double>(map->size().area()) / kMostPixels;
    const int step = std::max(1, static_cast<int>(std::ceil(std::sqrt(ratio))));
    return histogramOf(*map, low, high, {.bins = kBins, .step = step});
}

}  // namespace

RangeHistogram::RangeHistogram(QWidget* parent) : QWidget(parent) {
    setObjectName("rangeHistogram");
    setAccessibleName(tr("Values of the map in the shown frame"));
    setToolTip(tr("Values of the shown map; drag the lines to change the ends of the colours"));
    setFixedHeight(64);
    setCursor(Qt::SizeHorCursor);
}

void RangeHistogram::setValues(const ScalarMapPtr& map, float low, float high) {
    const bool sameMap = map == map_;
    if (sameMap && low == low_ && high == high_) return;
    map_ = map;
    low_ = low;
    high_ = high;
    if (dragged_ == End::None) {
        histogram_ = valuesOf(map_, low_, high_);
    }
    update();
}

double RangeHistogram::xOf(float value) const {
    const auto share =
        static_cast<double>((value - histogram_.low) / (histogram_.high - histogram_.low));
    return kMargin + std::clamp(share, 0.0, 1.0) * (width() - 2.0 * kMargin);
}

float RangeHistogram::valueAt(double x) const {
    const double share =
        std::clamp((x - kMargin) / std::max(width() - 2.0 * kMargin, 1.0), 0.0, 1.0);
    return histogram_.low + static_cast<float>(share) * (histogram_.high - histogram_.low);
}

void RangeHistogram::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), QColor(Theme::kField));
    float most = 0.0F;
    for (const float share : histogram_.shares) most = std::max(most, share);
    const double wide = (width() - 2.0 * kMargin) / kBins;
    for (std::size_t bin = 0; bin < histogram_.shares.size(); ++bin) {
        // The square root keeps rare values visible beside a peak.
        const auto tall =
            std::sqrt(static_cast<double>(histogram_.shares[bin] / most)) * (height() - 8.0);
        painter.fillRect(
            QRectF(kMargin + static_cast<double>(bin) * wide, height() - tall, wide, tall),
            QColor(Theme::kDim));
    }
    for (const float end : {low_, high_}) {
        painter.setPen(QPen(QColor(Theme::kAccent), 2.0));
        painter.drawLine(QPointF(xOf(end), 0.0), QPointF(xOf(end), height()));
    }
}

void RangeHistogram::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const double x = event->position().x();
    dragged_ = std::abs(x - xOf(low_)) < std::abs(x - xOf(high_)) ? End::Low : End::High;
    mouseMoveEvent(event);
}

void RangeHistogram::mouseMoveEvent(QMouseEvent* event) {
    if (dragged_ == End::None) return;
    const float value = valueAt(event->position().x());
    const float least = kLeastWidth * (histogram_.high - histogram_.low);
    const bool moved = dragged_ == End::Low ? value <= high_ - least : value >= low_ + least;
    if (!moved) return;
    (dragged_ == End::Low ? low_ : high_) = value;
    update();
    Q_EMIT rangeChosen(low_, high_);
}

void RangeHistogram::mouseReleaseEvent(QMouseEvent*) {
    if (dragged_ == End::None) return;
    dragged_ = End::None;
    histogram_ = valuesOf(map_, low_, high_);
    update();
}

}  // namespace mcj
