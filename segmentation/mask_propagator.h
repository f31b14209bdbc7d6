#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "segmentation/mask.h"
#include "segmentation/pass_blending.h"
#include "segmentation/propagation_plan.h"
#include "segmentation/soft_labels.h"
#include "segmentation/studio_fusion.h"

namespace mcj {

/// How labels are carried from frame to frame.
enum class PropagationMethod {
    Studio,    ///< features and flow, decided by object and place, with edges from the picture
    Features,  ///< windowed nearest neighbours in content features (DINO)
    Flow,      ///< looked up through the model's backward flow
    Both,      ///< Features, with the newest frame's window centred where the flow points
    DisFlow,   ///< baseline: OpenCV DIS instead of the model's flow
    Identity,  ///< baseline: the anchor's mask, unmoved
};

/// "studio", "features", "flow", "both", "dis-flow", "identity".
[[nodiscard]] std::string propagationMethodName(PropagationMethod method);
/// The inverse; for other names throws `Error{Usage}` that lists these.
[[nodiscard]] PropagationMethod parsePropagationMethod(const std::string& name);
/// Studio, Features, Flow and Both need an `InferenceEngine`.
[[nodiscard]] bool needsEngine(PropagationMethod method);
/// Whether results can have the probabilities of labels (`SoftResults::Kept`): all but Identity.
[[nodiscard]] bool hasSoftLabels(PropagationMethod method);
/// Blended where the method's confidence tells how sure each pixel is. Identity is equally sure
/// everywhere, so that blending would only cost time.
[[nodiscard]] BetweenAnchors defaultBetweenAnchors(PropagationMethod method);

/// Whether results have the probabilities of labels.
enum class SoftResults { None, Kept };

struct PropagatorOptions {
    PropagationMethod method = PropagationMethod::Studio;
    /// For Studio, Features and Both; `guideByFlow` is set by the method.
    LabelPropagationOptions labels;
    StudioFusionOptions studio;  ///< for Studio
    SoftResults soft = SoftResults::None;
};

struct PropagatedMask {
    FrameIndex frame = 0;
    MaskPtr mask;
    ScalarMapPtr confidence;  ///< H x W, 0..1
    float meanConfidence =
        1.0F;  ///< mean over the objects' pixels, or over the picture if there are none
    /// The probabilities of labels, of which `mask` has the greatest at every pixel; null unless
    /// `PropagatorOptions::soft` asks for them, and for Identity, which has none. Where two passes
    /// were joined they are those of the two best labels, from the joined confidence.
    std::shared_ptr<const SoftLabels> soft;
};

/// Returns the frame or throws; a null result is reported as `Error{Input}`.
using ReadFrame = std::function<FramePtr(FrameIndex)>;

/// Carries masks through a video, one frame per call: `condition` on known masks, then `step` in
/// the order of travel. Synchronous: the caller handles progress and stopping, and may destroy it
/// at any time. Belongs to the thread of its engine. Throws `Error{Input}` where a mask does not
/// have its frame's size, `Error{Usage}` where the method needs an engine and has none, or `step`
/// is called before any mask was given; `Error{Interrupted}` after a stop request.
class MaskPropagator {
public:
    /// `engine` may be null where `!needsEngine(options.method)`; it must outlive this object.
    MaskPropagator(const PropagatorOptions& options, ReadFrame read, InferenceEngine* engine);
    ~MaskPropagator();
    MaskPropagator(MaskPropagator&&) noexcept;
    MaskPropagator& operator=(MaskPropagator&&) noexcept;

    /// Takes `mask` as the correct mask of `frame`.
    void condition(FrameIndex frame, const MaskPtr& mask, const StopToken& stop = {});
    [[nodiscard]] PropagatedMask step(FrameIndex frame, const StopToken& stop = {});
    /// A step onto a frame where `given` has some of the objects (`mergeObjects`). The merged mask
    /// replaces all earlier masks, because older frames would vote against the new objects.
    [[nodiscard]] PropagatedMask join(FrameIndex frame, const MaskPtr& given,
                                      const StopToken& stop = {});

private:
    class Carrier;
    class FeatureCarrier;
    class FlowCarrier;
    class StudioCarrier;
    class IdentityCarrier;

    [[nodiscard]] FramePtr readFrame(FrameIndex frame) const;
    [[nodiscard]] std::unique_ptr<Carrier> makeCarrier() const;

    PropagatorOptions options_;
    ReadFrame read_;
    InferenceEngine* engine_ = nullptr;
    std::unique_ptr<Carrier> carrier_;
};

/// Runs a plan one computed mask per call over a snapshot of the track. A blended span gives every
/// frame twice: first a preliminary mask, from its start on, and then the joined one, in the
/// opposite order.
class PlanWalk {
public:
    PlanWalk(PropagationPlan plan, MaskTrack track, PropagatorOptions options, ReadFrame read,
             InferenceEngine* engine);

    /// Extends the last span frame by frame up to `last`, for a plan that was made before the end
    /// of the video was known. Does nothing if the span already reaches that far.
    void extendTo(FrameIndex last);

    [[nodiscard]] std::size_t done() const noexcept { return done_; }
    [[nodiscard]] std::size_t total() const noexcept { return total_; }
    enum class Stage { Preliminary, Final };
    /// The next frame's mask as a track entry and its confidence; none when the plan is finished.
    /// Throws `Error{Interrupted}` once `stop` asks for it.
    struct Result {
        Stage stage = Stage::Final;
        PropagatedMask propagated;
        MaskEntry entry;  ///< to set at `propagated.frame`: Propagated, or the joined mask's origin
    };
    [[nodiscard]] std::optional<Result> next(const StopToken& stop = {});

private:
    enum class Pass { Along, Against };

    /// Moves on to the next pass or span where one is finished. Returns whether there is a step.
    [[nodiscard]] bool findStep();
    void startPass(const StopToken& stop);
    /// Joins the second pass's result with the first one's.
    void blend(Result& result, const PropagationSpan& span);

    PropagationPlan plan_;
    MaskTrack track_;
    PropagatorOptions options_;
    ReadFrame read_;
    InferenceEngine* engine_;
    std::optional<MaskPropagator> propagator_;
    std::map<FrameIndex, PackedPass> kept_;  ///< of a blended span's first pass
    std::size_t span_ = 0;
    Pass pass_ = Pass::Along;
    std::size_t step_ = 0;  ///< of the pass
    std::size_t done_ = 0;
    std::size_t total_ = 0;
};

}  // namespace mcj
