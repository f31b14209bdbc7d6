#include "inference/analysis/trajectory.h"

#include <cmath>

#include "inference/engine/flow_maps.h"

namespace mcj {

std::optional<PointF> Trajectory::at(FrameIndex frame) const {
    const auto found = points_.find(frame);
    return found == points_.end() ? std::nullopt : std::optional(found->second);
}

void Trajectory::extend(TimeDirection direction, const FlowField& there, const FlowField& back) {
    TrajectoryEnd& end = direction == TimeDirection::Forward ? forward_ : backward_;
    if (end != TrajectoryEnd::Open) return;
    const FrameIndex from = last(direction);
    const PointF place = points_.at(from);
    const std::optional<PointF> motion = flowAt(there, place);
    if (!motion) {
        end = TrajectoryEnd::UnknownFlow;
        return;
    }
    const PointF next{place.x + motion->x, place.y + motion->y};
    const auto right = static_cast<float>(back.size().width - 1);
    const auto bottom = static_cast<float>(back.size().height - 1);
    if (!(next.x >= 0.0F && next.y >= 0.0F && next.x <= right && next.y <= bottom)) {
        end = TrajectoryEnd::LeftPicture;
        return;
    }
    const std::optional<PointF> returned = flowAt(back, next);
    if (!returned) {
        end = TrajectoryEnd::UnknownFlow;
    } else if (isOccluded(*motion, *returned)) {
        end = TrajectoryEnd::Occluded;
    } else {
        points_[direction == TimeDirection::Forward ? from + 1 : from - 1] = next;
    }
}

const char* trajectoryEndText(TrajectoryEnd end) noexcept {
    switch (end) {
    case TrajectoryEnd::Open: return "";
    case TrajectoryEnd::LeftPicture: return "left the picture";
    case TrajectoryEnd::Occluded: return "occluded";
    case TrajectoryEnd::UnknownFlow: return "unknown flow";
    }
    return "";
}

float distancePx(PointF a, PointF b) noexcept { return std::hypot(a.x - b.x, a.y - b.y); }

}  // namespace mcj
