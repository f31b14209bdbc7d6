#include "segmentation/mask_propagator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "inference/engine/flow_maps.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "segmentation/soft_labels.h"

namespace mcj {
namespace {

/// Warp error, in levels of 255, at which the confidence of a carried label is 1/e.
constexpr float kTrustLevels = 32.0F;

constexpr std::array<std::pair<PropagationMethod, const char*>, 6> kMethodNames{{
    {PropagationMethod::Studio, "studio"},
    {PropagationMethod::Features, "features"},
    {PropagationMethod::Flow, "flow"},
    {PropagationMethod::Both, "both"},
    {PropagationMethod::DisFlow, "dis-flow"},
    {PropagationMethod::Identity, "identity"},
}};

float meanConfidence(const Mask& mask, const ScalarMap& confidence) {
    double objectSum = 0.0;
    double sum = 0.0;
    std::int64_t objectCount = 0;
    std::int64_t count = 0;
    const auto labels = mask.labels.values();
    const auto values = confidence.values.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (std::isnan(values[i])) continue;
        sum += values[i];
        ++count;
        if (labels[i] == kBackground || labels[i] == kVoid) continue;
        objectSum += values[i];
        ++objectCount;
    }
    if (objectCount > 0) return static_cast<float>(objectSum / static_cast<double>(objectCount));
    return count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : 0.0F;
}

/// Throws `Error{Input}` unless both frames have the same size.
void requireSameSize(const Frame& frame, const Frame& previous) {
    if (frame.size() == previous.size()) return;
    throw Error(ErrorCode::Input,
                "frame " + std::to_string(frame.index) + " differs in size from frame " +
                    std::to_string(previous.index),
                "Masks are propagated only between frames of the same size.");
}

ScalarMap confidenceMap(SizePx size) { return {size, "confidence", "1", 0.0F, 1.0F}; }

/// What a pixel is if it is not what two joined passes have decided: the label of the pass that was
/// overruled or, where they agree, the one that came second in the pass that is still known.
Raster<std::uint8_t> secondLabels(const Mask& joined, const LabeledPass& along,
                                  const LabeledPass& against, Raster<std::uint8_t> second) {
    const auto best = joined.labels.values();
    const auto labels1 = along.mask->labels.values();
    const auto labels2 = against.mask->labels.values();
    const auto others = second.values();
    for (std::size_t i = 0; i < best.size(); ++i) {
        if (labels1[i] != labels2[i]) others[i] = best[i] == labels1[i] ? labels2[i] : labels1[i];
        if (others[i] == kVoid) others[i] = kBackground;
    }
    return second;
}

/// The shares after objects of `given` were laid over the mask, which has become `whole`.
std::shared_ptr<const SoftLabels> withGiven(SoftLabels soft, const Mask& given, const Mask& whole) {
    const ObjectSet objects = objectsIn(given);
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (objects.test(id)) soft.remove(static_cast<ObjectId>(id));
    }
    soft.agreeWith(whole);
    return std::make_shared<const SoftLabels>(std::move(soft));
}

}  // namespace

std::string propagationMethodName(PropagationMethod method) {
    for (const auto& [known, name] : kMethodNames) {
        if (known == method) return name;
    }
    return {};
}

PropagationMethod parsePropagationMethod(const std::string& name) {
    std::string all;
    for (const auto& [method, known] : kMethodNames) {
        if (name == known) return method;
        all += (all.empty() ? "" : ", ") + std::string(known);
    }
    throw Error(ErrorCode::Usage, "unknown propagation method \"" + name + "\"",
                "Choose one of: " + all + ".");
}

bool needsEngine(PropagationMethod method) {
    return method != PropagationMethod::DisFlow && method != PropagationMethod::Identity;
}

bool hasSoftLabels(PropagationMethod method) { return method != PropagationMethod::Identity; }

BetweenAnchors defaultBetweenAnchors(PropagationMethod method) {
    return method == PropagationMethod::Identity ? BetweenAnchors::OneSided
                                                 : BetweenAnchors::Blended;
}

/// One propagation method. `condition` may be called again at any time.
class MaskPropagator::Carrier {
public:
    virtual ~Carrier() = default;
    virtual void condition(const FramePtr& frame, const MaskPtr& mask, const StopToken& stop) = 0;
    /// Mask and confidence of `frame`.
    virtual std::pair<Mask, ScalarMap> step(const FramePtr& frame, const StopToken& stop) = 0;
    /// The shares of labels in the newest frame; none if the method has none.
    [[nodiscard]] virtual std::optional<SoftLabels> soft() const { return std::nullopt; }
};

class MaskPropagator::FeatureCarrier : public Carrier {
public:
    FeatureCarrier(InferenceEngine& engine, const PropagatorOptions& options)
        : propagation_(engine.startPropagation(options.labels)), keep_(options.soft) {}

    void condition(const FramePtr& frame, const MaskPtr& mask, const StopToken& stop) override {
        propagation_->condition(frame, mask->labels, stop);
    }
    std::pair<Mask, ScalarMap> step(const FramePtr& frame, const StopToken& stop) override {
        PropagatedLabels result = propagation_->step(frame, stop);
        Mask mask(std::move(result.labels));
        if (keep_ == SoftResults::Kept) soft_.emplace(mask, result.second, result.confidence);
        return {std::move(mask), std::move(result.confidence)};
    }
    [[nodiscard]] std::optional<SoftLabels> soft() const override { return soft_; }

private:
    std::unique_ptr<LabelPropagation> propagation_;
    SoftResults keep_;
    std::optional<SoftLabels> soft_;
};

class MaskPropagator::FlowCarrier : public Carrier {
public:
    FlowCarrier(const char* method, InferenceEngine* engine) : method_(method), engine_(engine) {}

    void condition(const FramePtr& frame, const MaskPtr& mask, const StopToken&) override {
        frame_ = frame;
        labels_.emplace(*mask);
    }
    std::pair<Mask, ScalarMap> step(const FramePtr& frame, const StopToken& stop) override {
        requireSameSize(*frame, *frame_);
        const FlowField backward = estimateFlow(method_, frame, frame_, engine_, stop);
        ScalarMap confidence = confidenceMap(frame->size());
        labels_->carry(backward);
        Mask carried = labels_->harden(&confidence);
        const ScalarMap error = warpError(*frame, *frame_, backward);
        const auto values = confidence.values.values();
        const auto levels = error.values.values();
        for (std::size_t i = 0; i < values.size(); ++i) {
            // Where the flow points out of the picture, the confidence is 0.
            values[i] *= std::isnan(levels[i]) ? 0.0F : std::exp(-levels[i] / kTrustLevels);
        }
        frame_ = frame;
        return {std::move(carried), std::move(confidence)};
    }
    [[nodiscard]] std::optional<SoftLabels> soft() const override { return labels_; }

private:
    const char* method_;
    InferenceEngine* engine_;
    FramePtr frame_;
    std::optional<SoftLabels> labels_;  ///< of `frame_`
};

class MaskPropagator::StudioCarrier : public Carrier {
public:
    StudioCarrier(InferenceEngine& engine, const PropagatorOptions& options)
        : engine_(engine),
          // A model that was trained only for content has no flow of its own.
          flow_(engine.info().hasFlow ? options.studio.flow : kDisFlow),
          propagation_(engine.startPropagation(options.labels)), fusion_(options.studio) {}

    void condition(const FramePtr& frame, const MaskPtr& mask, const StopToken& stop) override {
        propagation_->condition(frame, mask->labels, stop);
        fusion_.condition(*mask);
        frame_ = frame;
    }
    std::pair<Mask, ScalarMap> step(const FramePtr& frame, const StopToken& stop) override {
        requireSameSize(*frame, *frame_);
        // Flow first: a stopped call must not have added the frame to the features' context.
        const FlowField backward = estimateFlow(flow_, frame, frame_, &engine_, stop);
        const FlowField forward = estimateFlow(flow_, frame_, frame, &engine_, stop);
        const PropagatedLabels byFeatures = propagation_->step(frame, stop);
        auto [mask, confidence] = fusion_.step(*frame, byFeatures, backward, forward);
        frame_ = frame;
        return {std::move(mask), std::move(confidence)};
    }
    [[nodiscard]] std::optional<SoftLabels> soft() const override { return fusion_.labels(); }

private:
    InferenceEngine& engine_;
    std::string flow_;  ///< a provider's id
    std::unique_ptr<LabelPropagation> propagation_;
    StudioFusion fusion_;
    FramePtr frame_;
};

class MaskPropagator::IdentityCarrier : public Carrier {
public:
    void condition(const FramePtr&, const MaskPtr& mask, const StopToken&) override {
        mask_ = mask;
    }
    std::pair<Mask, ScalarMap> step(const FramePtr& frame, const StopToken&) override {
        ScalarMap confidence = confidenceMap(mask_->size());
        std::ranges::fill(confidence.values.values(), 1.0F);
        if (frame->size() != mask_->size()) {
            throw Error(ErrorCode::Input, "frame " + std::to_string(frame->index) +
                                              " does not have the size of its mask");
        }
        return {*mask_, std::move(confidence)};
    }

private:
    MaskPtr mask_;
};

MaskPropagator::MaskPropagator(const PropagatorOptions& options, ReadFrame read,
                               InferenceEngine* engine)
    : options_(options), read_(std::move(read)), engine_(engine) {
    options_.labels.guideByFlow = options_.method == PropagationMethod::Both;
    if (needsEngine(options_.method) && engine_ == nullptr) {
        throw Error(ErrorCode::Usage,
                    "the propagation method \"" + propagationMethodName(options_.method) +
                        "\" needs a model",
                    "Give one with --model, or choose the method dis-flow.");
    }
}

MaskPropagator::~MaskPropagator() = default;
MaskPropagator::MaskPropagator(MaskPropagator&&) noexcept = default;
MaskPropagator& MaskPropagator::operator=(MaskPropagator&&) noexcept = default;

FramePtr MaskPropagator::readFrame(FrameIndex frame) const {
    FramePtr picture = read_(frame);
    if (picture == nullptr) {
        throw Error(ErrorCode::Input, "frame " + std::to_string(frame) + " cannot be read",
                    "The video may end before this frame, or be damaged there.");
    }
    return picture;
}

std::unique_ptr<MaskPropagator::Carrier> MaskPropagator::makeCarrier() const {
    switch (options_.method) {
    case PropagationMethod::Studio: return std::make_unique<StudioCarrier>(*engine_, options_);
    case PropagationMethod::Features:
    case PropagationMethod::Both: return std::make_unique<FeatureCarrier>(*engine_, options_);
    case PropagationMethod::Flow: return std::make_unique<FlowCarrier>(kModelFastFlow, engine_);
    case PropagationMethod::DisFlow: return std::make_unique<FlowCarrier>(kDisFlow, nullptr);
    case PropagationMethod::Identity: break;
    }
    return std::make_unique<IdentityCarrier>();
}

void MaskPropagator::condition(FrameIndex frame, const MaskPtr& mask, const StopToken& stop) {
    const FramePtr picture = readFrame(frame);
    const SizePx size = picture->size();
    if (mask->size() != size) {
        throw Error(ErrorCode::Input,
                    "the mask of frame " + std::to_string(frame) + " is " + sizeText(mask->size()) +
                        " pixels, but the frame is " + sizeText(size),
                    "Give a mask of the size of the video's frames.");
    }
    if (carrier_ == nullptr) carrier_ = makeCarrier();
    carrier_->condition(picture, mask, stop);
}

PropagatedMask MaskPropagator::step(FrameIndex frame, const StopToken& stop) {
    if (carrier_ == nullptr) {
        throw Error(ErrorCode::Usage,
                    "there is no mask to propagate to frame " + std::to_string(frame),
                    "Paint or import a mask first.");
    }
    auto [mask, confidence] = carrier_->step(readFrame(frame), stop);
    PropagatedMask result;
    result.frame = frame;
    result.meanConfidence = meanConfidence(mask, confidence);
    if (options_.soft == SoftResults::Kept) {
        if (auto soft = carrier_->soft()) {
            soft->agreeWith(mask);
            result.soft = std::make_shared<const SoftLabels>(std::move(*soft));
        }
    }
    result.mask = std::make_shared<const Mask>(std::move(mask));
    result.confidence = std::make_shared<const ScalarMap>(std::move(confidence));
    return result;
}

PropagatedMask MaskPropagator::join(FrameIndex frame, const MaskPtr& given, const StopToken& stop) {
    PropagatedMask result = step(frame, stop);
    result.mask = std::make_shared<const Mask>(mergeObjects(*result.mask, *given));
    if (result.soft) result.soft = withGiven(*result.soft, *given, *result.mask);
    carrier_.reset();
    condition(frame, result.mask, stop);
    return result;
}

PlanWalk::PlanWalk(PropagationPlan plan, MaskTrack track, PropagatorOptions options, ReadFrame read,
                   InferenceEngine* engine)
    : plan_(std::move(plan)), track_(std::move(track)), options_(std::move(options)),
      read_(std::move(read)), engine_(engine), total_(plan_.computations()) {}

void PlanWalk::extendTo(FrameIndex last) {
    if (plan_.spans.empty() || plan_.spans.back().steps.empty()) return;
    // A blended span ends at an anchor.
    if (plan_.spans.back().blended()) return;
    std::vector<PlanStep>& steps = plan_.spans.back().steps;
    while (steps.back().frame < last) {
        steps.push_back({steps.back().frame + 1, StepKind::Carry});
        ++total_;
    }
}

bool PlanWalk::findStep() {
    while (span_ < plan_.spans.size() && step_ == plan_.spans[span_].steps.size()) {
        step_ = 0;
        propagator_.reset();
        if (plan_.spans[span_].blended() && pass_ == Pass::Along) {
            pass_ = Pass::Against;
            break;
        }
        pass_ = Pass::Along;
        kept_.clear();
        ++span_;
    }
    return span_ < plan_.spans.size();
}

void PlanWalk::startPass(const StopToken& stop) {
    const PropagationSpan& span = plan_.spans[span_];
    MaskPropagator started(options_, read_, engine_);
    for (const FrameIndex anchor : pass_ == Pass::Along ? span.anchors : span.farAnchors) {
        started.condition(anchor, track_.mask(anchor), stop);
    }
    propagator_ = std::move(started);
}

void PlanWalk::blend(Result& result, const PropagationSpan& span) {
    PropagatedMask& propagated = result.propagated;
    const auto kept = kept_.find(propagated.frame);
    // Both go through the packing, so that their confidences are rounded alike.
    const PackedPass second(*propagated.mask, *propagated.confidence);
    const LabeledPass along = kept->second.unpack();
    const LabeledPass against = second.unpack();
    LabeledPass joined =
        blendPasses(along, against,
                    weightsBetween(span.anchors.back(), propagated.frame, span.farAnchors.back()));
    kept_.erase(kept);
    if (propagated.soft) {
        propagated.soft = std::make_shared<const SoftLabels>(
            *joined.mask,
            secondLabels(*joined.mask, along, against, propagated.soft->secondLabels()),
            joined.confidence);
    }
    propagated.mask = joined.mask;
    propagated.meanConfidence = meanConfidence(*joined.mask, joined.confidence);
    propagated.confidence = std::make_shared<const ScalarMap>(std::move(joined.confidence));
}

std::optional<PlanWalk::Result> PlanWalk::next(const StopToken& stop) {
    if (!findStep()) return std::nullopt;
    const PropagationSpan& span = plan_.spans[span_];
    if (!propagator_) startPass(stop);
    const PlanStep& at =
        pass_ == Pass::Along ? span.steps[step_] : span.steps[span.steps.size() - 1 - step_];
    const MaskPtr given = at.kind == StepKind::Join ? track_.mask(at.frame) : nullptr;
    Result result;
    result.propagated =
        given ? propagator_->join(at.frame, given, stop) : propagator_->step(at.frame, stop);
    if (span.blended() && pass_ == Pass::Along) {
        result.stage = Stage::Preliminary;
        kept_.insert_or_assign(at.frame,
                               PackedPass(*result.propagated.mask, *result.propagated.confidence));
    } else if (span.blended()) {
        blend(result, span);
    }
    if (given) {
        const Mask whole = mergeObjects(*result.propagated.mask, *given);
        if (result.propagated.soft) {
            result.propagated.soft = withGiven(*result.propagated.soft, *given, whole);
        }
        result.propagated.mask = std::make_shared<const Mask>(whole);
        const MaskEntry& entry = *track_.find(at.frame);
        // The given objects keep their pixels, and so does what they cover.
        const LayeredMask layers(whole, entry.packed->unpackLayers().covered());
        result.entry = {PackedMask::pack(layers), entry.facts};
        result.entry.facts.partial = false;
    } else {
        result.entry = makeEntry(
            *result.propagated.mask,
            {.origin = MaskOrigin::Propagated, .confidence = result.propagated.meanConfidence});
    }
    ++step_;
    ++done_;
    return result;
}

}  // namespace mcj
