#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "media/base/progress.h"
#include "segmentation/mask_metrics.h"
#include "segmentation/mask_propagator.h"
#include "segmentation/review.h"

namespace mcj {

// An annotator whose corrections are the truth, to measure how many frames a person has to touch.
// A touch replaces the mask of one frame by the true one; then the spans beside it are propagated
// again.

/// How the annotator chooses the next frame.
enum class FramePicker {
    Curve,    ///< the greatest review score; the truth is not seen
    Uniform,  ///< m touches are spread evenly over the clip, whatever the masks are
    Oracle,   ///< the least true J&F: sees the truth, as a bound
};

/// "curve", "uniform", "oracle"
[[nodiscard]] std::string framePickerName(FramePicker picker);
/// The inverse; for other names throws `Error{Usage}` that lists these.
[[nodiscard]] FramePicker parseFramePicker(const std::string& name);

/// A clip with truth on every frame.
struct AnnotatedClip {
    FrameIndex frames = 0;
    ReadFrame read;
    std::function<Mask(FrameIndex)> truth;      ///< for scoring
    std::function<MaskPtr(FrameIndex)> anchor;  ///< the same as a propagation starts from it
};

struct AnnotatorOptions {
    FramePicker picker = FramePicker::Curve;
    int maxTouches = 10;   ///< besides the first frame
    double target = 0.90;  ///< J&F, 0..1, at which the annotator stops; above 1: never
    PropagatorOptions propagator;
    std::string reviewFlow = kDisFlow;  ///< of the curve, a flow provider
    int featureLevel = 3;               ///< of the curve, where there is an engine; 0: no features
    ReviewOptions review;
    MaskScoreOptions scoring;
};

/// The state after a touch.
struct AnnotatorTouch {
    int touches = 0;                  ///< 0: only the mask of the first frame was given
    std::optional<FrameIndex> frame;  ///< touched last; none at first and for `Uniform`
    double j = 0.0;                   ///< means over the objects, 0..1
    double f = 0.0;
    [[nodiscard]] double jf() const noexcept { return (j + f) / 2.0; }
};

struct AnnotatorCallbacks {
    std::function<void(const AnnotatorTouch&)> onTouch;
    Progress propagating;  ///< propagated frames since the start; the total is not known
    StopToken stop;
};

/// The m frames of `Uniform` besides the first, ascending: at i * frames / (m + 1), rounded, and
/// without equal ones.
[[nodiscard]] std::vector<FrameIndex> uniformTouches(FrameIndex frames, int touches);

/// The states from the first mask alone to the target or the last touch. Every mask is propagated
/// forward and backward from the anchors; between two anchors each covers its half. Throws
/// `Error{Interrupted}` after a stop request, and what reading, propagating and scoring throw.
[[nodiscard]] std::vector<AnnotatorTouch> simulateAnnotator(const AnnotatedClip& clip,
                                                            const AnnotatorOptions& options,
                                                            InferenceEngine* engine,
                                                            const AnnotatorCallbacks& callbacks);

/// The number of touches of the first state whose J&F reaches `target`; none if no state does.
[[nodiscard]] std::optional<int> touchesTo(const std::vector<AnnotatorTouch>& states,
                                           double target);

}  // namespace mcj
