#pragma once

#include <cstddef>
#include <vector>

#include "segmentation/mask_track.h"

namespace mcj {

/// The direction in which masks are carried from their anchors.
enum class Travel {
    Forward,
    Backward,
    Both,
};

/// How the frames between two anchors are filled.
enum class BetweenAnchors {
    /// From one anchor: from the first in the direction of travel, and for `Travel::Both` from the
    /// nearer one.
    OneSided,
    /// From both anchors, and the two results are joined (`blendPasses`). Where the range does not
    /// hold all frames between the two, or these are more than `longestBlend`, as OneSided.
    Blended,
};

struct PropagationRequest {
    FrameIndex begin = 0;  ///< half-open range of frames that may be written
    FrameIndex end = 0;
    Travel travel = Travel::Forward;
    int contextAnchors = 3;  ///< anchors that a span is conditioned on at most, itself included
    BetweenAnchors between = BetweenAnchors::OneSided;
    /// Bounds the memory of a blended span, whose first pass is kept packed until the second: at
    /// 480p some 60 MB.
    FrameIndex longestBlend = 2000;
};

enum class StepKind {
    Carry,  ///< the frame gets the carried mask
    Join,   ///< the frame has a partial mask, which is merged with the carried one
};

struct PlanStep {
    FrameIndex frame = 0;
    StepKind kind = StepKind::Carry;
    friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

/// One run of the propagator: condition on `anchors` (the last is the start), then step. A blended
/// span is a second run as well: condition on `farAnchors`, then the same steps from last to first.
struct PropagationSpan {
    std::vector<FrameIndex> anchors;
    std::vector<PlanStep> steps;  ///< in the order of travel
    /// The last borders on the last step. Empty: the span has one pass.
    std::vector<FrameIndex> farAnchors;
    [[nodiscard]] bool blended() const noexcept { return !farAnchors.empty(); }
    /// Masks to compute: a blended span computes each of its frames twice.
    [[nodiscard]] std::size_t computations() const noexcept {
        return steps.size() * (blended() ? 2 : 1);
    }
    friend bool operator==(const PropagationSpan&, const PropagationSpan&) = default;
};

/// What a propagation will do. The result of a span depends only on its anchors, not on other
/// spans: re-running a span gives the same masks as the whole run.
struct PropagationPlan {
    std::vector<PropagationSpan> spans;
    /// Frames that are written.
    [[nodiscard]] std::size_t steps() const noexcept;
    [[nodiscard]] std::size_t computations() const noexcept;
};

/// Fills the request's range from the track's anchors (painted, imported or locked frames, also
/// those outside the range). Anchors are not written, except that a partial one is completed by the
/// run that reaches it; locked frames are never written. Older anchors condition a span only if
/// they have exactly the objects of the anchor it starts from: others would vote against new
/// objects, or for removed ones. Throws `Error{Usage}` where the range cannot be reached from any
/// anchor.
[[nodiscard]] PropagationPlan planPropagation(const MaskTrack& track,
                                              const PropagationRequest& request);

/// The part of `planPropagation` to repeat after a correction at `corrected`: the span (for `Both`
/// the spans) between it and its neighbouring anchors. Throws `Error{Usage}` unless `corrected` is
/// an anchor.
[[nodiscard]] PropagationPlan planCorrection(const MaskTrack& track, FrameIndex corrected,
                                             const PropagationRequest& request);

}  // namespace mcj
