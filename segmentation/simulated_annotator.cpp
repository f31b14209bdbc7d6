#include "segmentation/simulated_annotator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "inference/engine/flow_provider.h"
#include "media/base/error.h"

namespace mcj {
namespace {

constexpr std::array<std::pair<FramePicker, const char*>, 3> kPickerNames{{
    {FramePicker::Curve, "curve"},
    {FramePicker::Uniform, "uniform"},
    {FramePicker::Oracle, "oracle"},
}};

MaskEntry trueEntry(const Mask& mask) { return makeEntry(mask, {.origin = MaskOrigin::Painted}); }

/// The masks of a clip, corrected again and again.
class Annotation {
public:
    Annotation(const AnnotatedClip& clip, const AnnotatorOptions& options, InferenceEngine* engine,
               const AnnotatorCallbacks& callbacks)
        : clip_(clip), options_(options), engine_(engine), callbacks_(callbacks),
          margins_(static_cast<std::size_t>(clip.frames)),
          kept_(static_cast<std::size_t>(clip.frames)) {}

    /// Begins again with the true masks of these frames.
    void start(const std::vector<FrameIndex>& anchors) {
        track_ = MaskTrack();
        for (const FrameIndex frame : anchors) track_.set(frame, trueEntry(*clip_.anchor(frame)));
        propagate(planPropagation(track_, request()));
    }

    void touch(FrameIndex frame) {
        track_.set(frame, trueEntry(*clip_.anchor(frame)));
        propagate(planCorrection(track_, frame, request()));
    }

    /// J and F of the whole clip; the mean of both per frame is kept for the oracle.
    AnnotatorTouch score() {
        SequenceScorer scorer(options_.scoring);
        for (FrameIndex frame = 0; frame < clip_.frames; ++frame) {
            callbacks_.stop.throwIfStopped("scoring");
            scorer.add(*track_.mask(frame), clip_.truth(frame));
        }
        const SequenceScore score = scorer.finish();
        const SequenceMean mean = meanOverObjects(score);
        quality_ = qualityOf(score);
        AnnotatorTouch state;
        state.j = mean.j;
        state.f = mean.f;
        return state;
    }

    /// The frame to touch next; none if every frame was touched.
    std::optional<FrameIndex> pick() {
        const std::vector<double> doubt =
            options_.picker == FramePicker::Oracle ? trueDoubt() : reviewDoubt();
        std::optional<FrameIndex> best;
        for (FrameIndex frame = 0; frame < clip_.frames; ++frame) {
            if (track_.find(frame)->anchor()) continue;
            const double value = doubt[static_cast<std::size_t>(frame)];
            if (!best || value > doubt[static_cast<std::size_t>(*best)]) best = frame;
        }
        return best;
    }

private:
    /// The evidence of a frame and the masks that it is of.
    struct Kept {
        PackedMaskPtr mask;
        PackedMaskPtr before;
        FrameEvidence evidence;
    };

    [[nodiscard]] PropagationRequest request() const {
        return {.begin = 0, .end = clip_.frames, .travel = Travel::Both};
    }

    void propagate(PropagationPlan plan) {
        PlanWalk walk(std::move(plan), track_, options_.propagator, clip_.read, engine_);
        while (const auto result = walk.next(callbacks_.stop)) {
            const FrameIndex frame = result->propagated.frame;
            track_.set(frame, result->entry);
            // Only the numbers are kept: a confidence map per frame would be far larger than masks.
            FrameEvidence margin = maskEvidence(frame, *result->propagated.mask, nullptr, nullptr);
            addMargins(margin, *result->propagated.mask, *result->propagated.confidence);
            margins_[static_cast<std::size_t>(frame)] = std::move(margin);
            ++propagated_;
            if (callbacks_.propagating && !callbacks_.propagating(propagated_, 0)) {
                throw Error(ErrorCode::Interrupted, "stopped while propagating");
            }
        }
    }

    [[nodiscard]] std::vector<double> qualityOf(const SequenceScore& score) const {
        std::vector<double> quality(static_cast<std::size_t>(clip_.frames), 1.0);
        const std::size_t skipped =
            options_.scoring.frames == FrameChoice::WithoutFirstAndLast ? 1 : 0;
        for (std::size_t i = 0; i + skipped < quality.size(); ++i) {
            double sum = 0.0;
            bool known = true;
            for (const ObjectScore& object : score.objects) {
                known = known && i < object.jFrames.size();
                if (known) sum += (object.jFrames[i] + object.fFrames[i]) / 2.0;
            }
            if (known) quality[i + skipped] = sum / static_cast<double>(score.objects.size());
        }
        return quality;
    }

    [[nodiscard]] std::vector<double> trueDoubt() const {
        std::vector<double> doubt;
        for (const double quality : quality_) doubt.push_back(1.0 - quality);
        return doubt;
    }

    [[nodiscard]] std::vector<double> reviewDoubt() {
        ReviewSequence sequence(options_.review);
        std::vector<double> doubt;
        for (FrameIndex frame = 0; frame < clip_.frames; ++frame) {
            callbacks_.stop.throwIfStopped("reviewing");
            doubt.push_back(sequence.add(evidenceOf(frame)).score());
        }
        return doubt;
    }

    /// Flow is computed again only if the mask of the frame or of the one before has changed.
    [[nodiscard]] FrameEvidence evidenceOf(FrameIndex frame) {
        Kept& kept = kept_[static_cast<std::size_t>(frame)];
        const MaskEntry& entry = *track_.find(frame);
        const PackedMaskPtr before = frame > 0 ? track_.find(frame - 1)->packed : nullptr;
        const bool same = kept.mask && *kept.mask == *entry.packed &&
                          (!before || (kept.before && *kept.before == *before));
        if (!same) {
            kept.evidence = computeEvidence(frame, *entry.mask(), before);
            kept.mask = entry.packed;
            kept.before = before;
        }
        FrameEvidence evidence = kept.evidence;
        evidence.trusted = entry.anchor();
        if (!entry.anchor()) takeMargins(evidence);
        return evidence;
    }

    [[nodiscard]] FrameEvidence computeEvidence(FrameIndex frame, const Mask& mask,
                                                const PackedMaskPtr& before) {
        const FramePtr picture = readFrame(frame);
        FrameEvidence evidence;
        if (before) {
            const FramePtr previous = pictureBefore_ && pictureBefore_->index == frame - 1
                                          ? pictureBefore_
                                          : readFrame(frame - 1);
            const PairEvidence between =
                pairEvidence(previous, picture, options_.reviewFlow, engine_, callbacks_.stop);
            evidence = maskEvidence(frame, mask, before->unpack().get(), &between);
        } else {
            evidence = maskEvidence(frame, mask, nullptr, nullptr);
        }
        if (engine_ != nullptr && options_.featureLevel > 0) {
            addFeatures(evidence, picture, mask, options_.featureLevel, *engine_, callbacks_.stop);
        }
        pictureBefore_ = picture;
        return evidence;
    }

    void takeMargins(FrameEvidence& evidence) const {
        const FrameEvidence& margins = margins_[static_cast<std::size_t>(evidence.frame)];
        for (const auto& [object, margin] : margins.objects) {
            const auto found = evidence.objects.find(object);
            if (found == evidence.objects.end()) continue;
            found->second.signals.set(ReviewSignal::Margin,
                                      margin.signals.at(ReviewSignal::Margin));
        }
    }

    [[nodiscard]] FramePtr readFrame(FrameIndex frame) const {
        if (FramePtr picture = clip_.read(frame)) return picture;
        throw Error(ErrorCode::Input, "frame " + std::to_string(frame) + " cannot be read",
                    "The clip may end before this frame, or be damaged there.");
    }

    const AnnotatedClip& clip_;
    const AnnotatorOptions& options_;
    InferenceEngine* engine_;
    const AnnotatorCallbacks& callbacks_;
    MaskTrack track_;
    std::vector<FrameEvidence> margins_;  ///< of propagated masks, by frame
    std::vector<Kept> kept_;
    std::vector<double> quality_;  ///< mean of J and F over the objects, by frame
    FramePtr pictureBefore_;       ///< the picture of the frame reviewed last
    std::int64_t propagated_ = 0;
};

}  // namespace

std::string framePickerName(FramePicker picker) {
    for (const auto& [known, name] : kPickerNames) {
        if (known == picker) return name;
    }
    return {};
}

FramePicker parseFramePicker(const std::string& name) {
    std::string all;
    for (const auto& [picker, known] : kPickerNames) {
        if (name == known) return picker;
        all += (all.empty() ? "" : ", ") + std::string(known);
    }
    throw Error(ErrorCode::Usage, "unknown frame picker \"" + name + "\"",
                "Choose one of: " + all + ".");
}

std::vector<FrameIndex> uniformTouches(FrameIndex frames, int touches) {
    std::vector<FrameIndex> chosen;
    for (int i = 1; i <= touches; ++i) {
        const double place = static_cast<double>(i) * static_cast<double>(frames) /
                             (static_cast<double>(touches) + 1.0);
        const auto frame =
            std::min<FrameIndex>(static_cast<FrameIndex>(std::llround(place)), frames - 1);
        if (frame > 0 && (chosen.empty() || chosen.back() != frame)) chosen.push_back(frame);
    }
    return chosen;
}

std::vector<AnnotatorTouch> simulateAnnotator(const AnnotatedClip& clip,
                                              const AnnotatorOptions& options,
                                              InferenceEngine* engine,
                                              const AnnotatorCallbacks& callbacks) {
    Annotation annotation(clip, options, engine, callbacks);
    std::vector<AnnotatorTouch> states;
    const auto note = [&](int touches, std::optional<FrameIndex> frame) {
        AnnotatorTouch state = annotation.score();
        state.touches = touches;
        state.frame = frame;
        states.push_back(state);
        if (callbacks.onTouch) callbacks.onTouch(state);
        return state.jf() >= options.target;
    };
    annotation.start({0});
    if (note(0, std::nullopt)) return states;
    for (int touches = 1; touches <= options.maxTouches; ++touches) {
        if (options.picker == FramePicker::Uniform) {
            std::vector<FrameIndex> anchors = uniformTouches(clip.frames, touches);
            if (std::ssize(anchors) < touches) break;  // every frame that there is
            anchors.insert(anchors.begin(), 0);
            annotation.start(anchors);
            if (note(touches, std::nullopt)) break;
            continue;
        }
        const std::optional<FrameIndex> frame = annotation.pick();
        if (!frame) break;
        annotation.touch(*frame);
        if (note(touches, frame)) break;
    }
    return states;
}

std::optional<int> touchesTo(const std::vector<AnnotatorTouch>& states, double target) {
    for (const AnnotatorTouch& state : states) {
        if (state.jf() >= target) return state.touches;
    }
    return std::nullopt;
}

}  // namespace mcj
