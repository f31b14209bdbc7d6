#include "app/cli_commands/evaluate_similarity.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/cli_commands/bootstrap_interval.h"
#include "app/cli_commands/command_context.h"
#include "app/cli_commands/mean_of_known.h"
#include "app/cli_commands/sequence_choice.h"
#include "app/cli_commands/sequence_walk.h"
#include "app/cli_commands/text_layout.h"
#include "inference/engine/inference_engine.h"
#include "segmentation/average_precision.h"
#include "segmentation/mask_formats/davis.h"

namespace mcj {
namespace {

constexpr std::array<FrameIndex, 5> kLaterFrames{1, 5, 10, 20, 40};

/// One object and its measurements.
struct ClickedObject {
    ObjectId id = 0;
    std::vector<PointPx> clicks;
    double share = 0.0;  ///< of the first frame's pixels: what a random ranking would have
    MeanOfKnown same;
    MeanOfKnown later;
};

/// The scores of a sequence, each the mean over its objects.
struct SequencePrecision {
    MeanOfKnown same;
    MeanOfKnown later;
    MeanOfKnown share;
};

nlohmann::json orNull(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::string percentText(const std::optional<double>& share) {
    return share ? numberText(*share * 100.0, 1) : std::string("-");
}

/// The same random numbers for the same sequence and object, whatever else is evaluated.
std::mt19937_64 randomFor(std::int64_t seed, const std::string& sequence, ObjectId object) {
    std::uint64_t sum = 0xcbf29ce484222325U ^ static_cast<std::uint64_t>(seed);  // FNV-1a
    for (const char c : sequence + "/" + std::to_string(object)) {
        sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return std::mt19937_64(sum);
}

class SequenceClicks {
public:
    SequenceClicks(CommandContext& context, const SimilarityEvaluation& request,
                   const SequenceLayout& layout)
        : context_(context), request_(request), layout_(layout),
          scoring_(scoreOptionsOf(request.labels, layout.name)),
          truth_(layout.masks, scoring_.voidLabel, request.labels.reading),
          source_(openSource(layout.framesFolder.string())), query_(source_->read(0)) {
        chooseClicks();
    }

    SequencePrecision measure() {
        measureFrame(0);
        for (const FrameIndex frame : kLaterFrames) {
            if (frame < static_cast<FrameIndex>(layout_.frames.size())) measureFrame(frame);
        }
        SequencePrecision precision;
        for (const ClickedObject& object : objects_) {
            const auto same = object.same.mean();
            const auto later = object.later.mean();
            if (same) precision.same.add(*same);
            if (later) precision.later.add(*later);
            precision.share.add(object.share);
            context_.emit("result", {{"sequence", layout_.name},
                                     {"object", object.id},
                                     {"clicks", object.clicks.size()},
                                     {"ap_same", orNull(same)},
                                     {"ap_later", orNull(later)},
                                     {"object_share", object.share}});
        }
        return precision;
    }

private:
    void chooseClicks() {
        const Mask first = truth_.truth(0);
        ObjectSet labels;
        for (const ObjectId label : first.labels.values()) labels.set(label);
        labels.reset(scoring_.voidLabel);
        labels.reset(kVoid);
        if (scoring_.meaning == LabelMeaning::Objects) labels.reset(kBackground);
        for (std::size_t id = 0; id < labels.size(); ++id) {
            if (!labels.test(id)) continue;
            ClickedObject object;
            object.id = static_cast<ObjectId>(id);
            std::vector<PointPx> pixels;
            for (int y = 0; y < first.size().height; ++y) {
                for (int x = 0; x < first.size().width; ++x) {
                    if (first.labels.at(y, x) == object.id) pixels.push_back({x, y});
                }
            }
            object.share =
                static_cast<double>(pixels.size()) / static_cast<double>(first.size().area());
            std::mt19937_64 random = randomFor(context_.options.seed, layout_.name, object.id);
            for (int click = 0; click < request_.clicks; ++click) {
                const std::uint64_t draw = (random() >> 32) * pixels.size() >> 32;
                object.clicks.push_back(pixels[static_cast<std::size_t>(draw)]);
            }
            objects_.push_back(std::move(object));
        }
        if (!objects_.empty()) return;
        throw Error(ErrorCode::Input,
                    "the first ground-truth mask of sequence " + layout_.name + " has no object",
                    "Clicks are drawn from the pixels of its objects.");
    }

    /// Frame by frame, so that a frame's features are computed once.
    void measureFrame(FrameIndex frame) {
        const FramePtr target = frame == 0 ? query_ : source_->read(frame);
        const Mask truth = truth_.truth(frame);
        if (truth.size() != target->size()) {
            throw Error(ErrorCode::Input,
                        "sequence " + layout_.name + ": the mask of frame " +
                            std::to_string(frame) + " does not have the frame's size",
                        "Masks must have the size of their frames.");
        }
        Raster<std::uint8_t> wanted(truth.size(), 1);
        Raster<std::uint8_t> counts(truth.size(), 1);
        InferenceEngine& engine = context_.engine();
        if (!queryFeatures_) queryFeatures_ = engine.featureMap(query_, request_.level);
        const FeatureMapPtr features = engine.featureMap(target, request_.level);
        const auto labels = truth.labels.values();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            counts.values()[i] = labels[i] != scoring_.voidLabel && labels[i] != kVoid ? 1 : 0;
        }
        for (ClickedObject& object : objects_) {
            for (std::size_t i = 0; i < labels.size(); ++i) {
                wanted.values()[i] = labels[i] == object.id ? 1 : 0;
            }
            for (const PointPx click : object.clicks) {
                context_.throwIfStopped();
                const PointF place{static_cast<float>(click.x), static_cast<float>(click.y)};
                const SimilarityResult result =
                    engine.similarity(*queryFeatures_, place, *features);
                const auto precision =
                    averagePrecision(result.map.values.values(), wanted.values(), counts.values());
                if (precision) (frame == 0 ? object.same : object.later).add(*precision);
            }
        }
    }

    CommandContext& context_;
    const SimilarityEvaluation& request_;
    const SequenceLayout& layout_;
    MaskScoreOptions scoring_;
    GivenMasks truth_;
    std::unique_ptr<FrameSource> source_;
    FramePtr query_;
    FeatureMapPtr queryFeatures_;
    std::vector<ClickedObject> objects_;
};

std::vector<SequenceLayout> sequencesOf(CommandContext& context,
                                        const SimilarityEvaluation& request) {
    std::vector<SequenceLayout> sequences = discoverSequences(request.sequences);
    if (request.labels.split) {
        std::vector<std::string> names;
        for (const SequenceLayout& sequence : sequences) names.push_back(sequence.name);
        tellSplit(context, SplitItems::MaskSequences, *request.labels.split, names);
    }
    std::erase_if(sequences, [&](const SequenceLayout& sequence) {
        if (!isChosen(request.labels, sequence.name)) return true;
        if (sequence.fullTruth()) return false;
        context.info(sequence.name + " is left out: its ground truth does not cover every frame");
        return true;
    });
    if (!sequences.empty()) return sequences;
    throw Error(ErrorCode::Usage, "no sequence in " + request.sequences + " can be evaluated",
                "A sequence needs ground truth for every frame; check --only and --split.");
}

/// The mean over the sequences that have a value, and its interval.
struct OverSequences {
    std::optional<double> mean;
    std::optional<Interval> interval;
};

OverSequences overSequences(const std::vector<SequencePrecision>& all,
                            MeanOfKnown SequencePrecision::* which) {
    std::vector<double> values;
    MeanOfKnown mean;
    for (const SequencePrecision& one : all) {
        const auto value = (one.*which).mean();
        if (!value) continue;
        values.push_back(*value);
        mean.add(*value);
    }
    return {mean.mean(), bootstrapMean(values)};
}

nlohmann::json intervalJson(const std::optional<Interval>& interval) {
    return interval ? nlohmann::json{interval->low, interval->high} : nlohmann::json(nullptr);
}

std::string intervalText(const OverSequences& result) {
    if (!result.interval) return percentText(result.mean);
    return percentText(result.mean) + " (95 %: " + percentText(result.interval->low) + " to " +
           percentText(result.interval->high) + ")";
}

}  // namespace

void evaluateSimilarity(CommandContext& context, const SimilarityEvaluation& request) {
    const std::vector<SequenceLayout> sequences = sequencesOf(context, request);
    if (context.dryRun()) {
        context.emit("summary", {{"dry_run", true}, {"sequences", sequences.size()}});
        context.text() << sequences.size() << " sequences. Nothing is written by this command.\n";
        return;
    }
    TextTable table({Align::Left, Align::Right, Align::Right, Align::Right});
    table.add({"sequence", "AP same", "AP later", "object's share"});
    std::vector<SequencePrecision> all;
    const Progress progress = context.progress("clicking");
    for (const SequenceLayout& layout : sequences) {
        progress(static_cast<std::int64_t>(all.size()),
                 static_cast<std::int64_t>(sequences.size()));
        all.push_back(SequenceClicks(context, request, layout).measure());
        table.add({layout.name, percentText(all.back().same.mean()),
                   percentText(all.back().later.mean()), percentText(all.back().share.mean())});
    }
    context.endProgress();
    const OverSequences same = overSequences(all, &SequencePrecision::same);
    const OverSequences later = overSequences(all, &SequencePrecision::later);
    context.text() << table.text() << "mean over " << all.size() << " sequences: the same frame "
                   << intervalText(same) << ", later frames " << intervalText(later)
                   << "\nAverage precision in percent, of the object's "
                   << "pixels ranked by cosine at level " << request.level << "; " << request.clicks
                   << " clicks per object\non the first frame, seed " << context.options.seed
                   << ". A random ranking has the object's share.\n";
    context.emit("summary", {{"sequences", all.size()},
                             {"level", request.level},
                             {"clicks", request.clicks},
                             {"seed", context.options.seed},
                             {"ap_same", orNull(same.mean)},
                             {"ap_same_interval", intervalJson(same.interval)},
                             {"ap_later", orNull(later.mean)},
                             {"ap_later_interval", intervalJson(later.interval)}});
}

}  // namespace mcj
