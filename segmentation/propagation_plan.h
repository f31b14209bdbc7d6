#pragma once

#include <cstddef>
#include <vector>

#include "segmentation/mask_track.h"

namespace mcj {

/// Which way masks travel from their anchors.
enum class Travel {
    Forward,
    Backward,
    Both,  ///< between two anchors each serves the half nearer to it
};

struct PropagationRequest {
    FrameIndex begin = 0;  ///< half-open range of frames that may be written
    FrameIndex end = 0;
    Travel travel = Travel::Forward;
    int contextAnchors = 3;  ///< anchors that a span is conditioned on at most, itself included
};

enum class StepKind {
    Carry,  ///< the frame's mask is what the run carries there
    Join,   ///< the frame holds a partial mask: what the run carries is merged with it
};

struct PlanStep {
    FrameIndex frame = 0;
    StepKind kind = StepKind::Carry;
    friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

/// One run of the propagator: condition on `anchors` (the one it starts from is last), then step.
struct PropagationSpan {
    std::vector<FrameIndex> anchors;
    std::vector<PlanStep> steps;  ///< in the order of travel
    friend bool operator==(const PropagationSpan&, const PropagationSpan&) = default;
};

/// What a propagation will do. Spans do not depend on each other, and what one writes depends only
/// on its anchors: re-running a span gives what the whole run gave.
struct PropagationPlan {
    std::vector<PropagationSpan> spans;
    [[nodiscard]] std::size_t steps() const noexcept;
};

/// Fills the request's range from the track's anchors (painted, imported or locked frames, also
/// those outside the range). Anchors are not written, except that a partial one is completed by the
/// run that reaches it; locked frames never are. Older anchors condition a span only where they
/// hold exactly the objects of the anchor it starts from: others would vote against new objects, or
/// for removed ones. Throws `Error{Usage}` where no anchor can serve the range.
[[nodiscard]] PropagationPlan planPropagation(const MaskTrack& track,
                                              const PropagationRequest& request);

/// The part of `planPropagation` that a correction at `corrected` makes necessary: the span (for
/// `Both` the spans) between it and its neighbouring anchors. `corrected` must be an anchor, else
/// `Error{Usage}`.
[[nodiscard]] PropagationPlan planCorrection(const MaskTrack& track, FrameIndex corrected,
                                             const PropagationRequest& request);

}  // namespace mcj
