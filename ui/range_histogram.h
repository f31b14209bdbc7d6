#pragma once

#include <QWidget>

#include "media/base/scalar_histogram.h"
#include "media/base/scalar_map.h"

namespace mcj {

/// The values of a map as bars, with the ends of its scale as two lines that can be dragged. GUI
/// thread.
class RangeHistogram : public QWidget {
    Q_OBJECT
public:
    explicit RangeHistogram(QWidget* parent = nullptr);
    /// `map` may be null: then only the range is shown. While an end is dragged the axis stays.
    void setValues(const ScalarMapPtr& map, float low, float high);
    [[nodiscard]] QSize sizeHint() const override { return {200, 64}; }
    /// The place of a value in the widget, and back.
    [[nodiscard]] double xOf(float value) const;
    [[nodiscard]] float valueAt(double x) const;

Q_SIGNALS:
    /// An end was dragged; `low` < `high`.
    void rangeChosen(float low, float high);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    enum class End { None, Low, High };

    ScalarMapPtr map_;
    ScalarHistogram histogram_;
    float low_ = 0.0F;
    float high_ = 1.0F;
    End dragged_ = End::None;
};

}  // namespace mcj
