#pragma once

#include <QCoreApplication>
#include <QRectF>
#include <QString>

#include "media/base/frame.h"

class QPainter;

namespace mcj {

/// Positions of frames on the timeline, in widget pixels.
struct TimelineScale {
    double left = 0.0;
    double width = 1.0;
    FrameIndex frames = 1;  ///< at least 1

    /// Horizontal centre of a frame.
    [[nodiscard]] double xOf(FrameIndex frame) const noexcept;
    /// The frame at `x`, clamped to the clip.
    [[nodiscard]] FrameIndex frameAt(double x) const noexcept;
    /// Width of a frame; below 1 if several frames share a pixel.
    [[nodiscard]] double cell() const noexcept;
    /// The pixel column, counted from `left`, that a frame is drawn in.
    [[nodiscard]] int columnOf(FrameIndex frame) const noexcept;
    friend bool operator==(const TimelineScale&, const TimelineScale&) = default;
};

/// A row of the timeline with information about each frame. GUI thread.
class TimelineTrack {
    Q_DECLARE_TR_FUNCTIONS(TimelineTrack)
public:
    virtual ~TimelineTrack() = default;
    /// Whether there is anything to show: otherwise the timeline has no such row.
    [[nodiscard]] virtual bool wanted() const { return true; }
    /// The caption left of the row: one word.
    [[nodiscard]] virtual QString title() const = 0;
    /// Height of the row in widget pixels.
    [[nodiscard]] virtual double height() const = 0;
    /// Draws the frames of `scale` into `row`. If several frames share a pixel column, the one that
    /// most needs the user's attention sets its colour.
    virtual void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const = 0;
    /// The frame that the pointer at `x` means. Several frames may share a pixel.
    [[nodiscard]] virtual FrameIndex frameFor(const TimelineScale& scale, double x) const {
        return scale.frameAt(x);
    }
    /// Whether a press at `y` takes hold of something in `row` that moves up and down.
    [[nodiscard]] virtual bool grabs(const QRectF& /*row*/, double /*y*/) const { return false; }
    /// Moves it to `y`, which may be outside of `row`.
    virtual void dragTo(const QRectF& /*row*/, double /*y*/) {}
    /// Information about `frame` for a tool tip; may be empty.
    [[nodiscard]] virtual QString tip(FrameIndex frame) const = 0;
};

}  // namespace mcj
