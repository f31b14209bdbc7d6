#pragma once

#include <map>
#include <optional>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

enum class TimeDirection { Forward, Backward };

/// Why a trajectory does not go on.
enum class TrajectoryEnd {
    Open,         ///< it may go on: flow to the next frame has not been given yet
    LeftPicture,  ///< the next point is outside the pixel centres of the picture
    Occluded,     ///< forward and backward flow disagree (`isOccluded`)
    UnknownFlow,  ///< there is no flow at the point
};

/// The place of one point in the frames before and after its own, by flow that is chained from
/// frame to frame. Flow between pixel centres is bilinear. A trajectory ends in a direction where
/// the point leaves the picture, where the rule of the occlusion map says that it is hidden, or
/// where flow is unknown; it never resumes. A value.
class Trajectory {
public:
    /// `where`: pixels of frame `frame`.
    Trajectory(FrameIndex frame, PointF where) : points_{{frame, where}} {}

    /// By frame, without gaps; at least the point itself.
    [[nodiscard]] const std::map<FrameIndex, PointF>& points() const noexcept { return points_; }
    /// None in a frame that it does not reach.
    [[nodiscard]] std::optional<PointF> at(FrameIndex frame) const;
    [[nodiscard]] TrajectoryEnd end(TimeDirection direction) const noexcept {
        return direction == TimeDirection::Forward ? forward_ : backward_;
    }
    /// The last frame it has reached in this direction.
    [[nodiscard]] FrameIndex last(TimeDirection direction) const {
        return direction == TimeDirection::Forward ? points_.rbegin()->first
                                                   : points_.begin()->first;
    }

    /// Goes one frame further in a direction that is open, or ends it there. `there`: flow from
    /// frame `last` to its neighbour in this direction; `back`: flow from that neighbour to `last`.
    /// Does nothing in a direction that has ended.
    void extend(TimeDirection direction, const FlowField& there, const FlowField& back);

private:
    std::map<FrameIndex, PointF> points_;
    TrajectoryEnd forward_ = TrajectoryEnd::Open;
    TrajectoryEnd backward_ = TrajectoryEnd::Open;
};

/// "left the picture", "occluded", "unknown flow"; empty for `Open`.
[[nodiscard]] const char* trajectoryEndText(TrajectoryEnd end) noexcept;

/// In pixels.
[[nodiscard]] float distancePx(PointF a, PointF b) noexcept;

}  // namespace mcj
