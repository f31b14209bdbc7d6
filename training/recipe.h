#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inference/model/model_config.h"
#include "training/content_views.h"
#include "training/flow_stages.h"
#include "training/losses.h"
#include "training/motion_matching_loss.h"
#include "training/objectives.h"
#include "training/real_pairs.h"

namespace mcj {

/// Learning rate and weight decay of one group of parameters.
struct GroupRate {
    double learningRate = 3e-4;
    double weightDecay = 1e-6;
};

/// What a step trains on if a recipe has both flow and content (the paper's Table 5).
enum class Sampling {
    Combined,          ///< both, the losses added
    BatchAlternation,  ///< steps alternate, flow first
    EpochAlternation,  ///< `epochSteps` steps of flow, then as many of content
};

/// Mixed: convolutions and matrix products in bfloat16 on CUDA; weights and losses in float32.
enum class Precision { Float32, Float64, Mixed };

/// The content task: VICReg on two views of a picture.
struct ContentRecipe {
    int batch = 0;             ///< pictures per step; 0: no content task
    int size = 224;            ///< side of the square views, px; a multiple of 32
    double weight = 1.0;       ///< of the content loss
    double videoShare = 0.25;  ///< share of pictures from videos, if shards have both
    ContentLossSettings loss;
    ViewConfig views;
};

/// All settings of a training run; a JSON file, stored in every checkpoint. Batches are those of
/// all processes together.
struct Recipe {
    ModelConfig model;  ///< its mode selects the tasks
    std::uint64_t seed = 1;
    std::int64_t steps = 1000;
    Precision precision = Precision::Float32;
    int height = 192;  ///< of crops; multiples of 64
    int width = 256;
    int syntheticBatch = 4;                  ///< pairs of known motion per step
    int realBatch = 2;                       ///< real frame pairs of a self-supervised step
    int realEvery = 4;                       ///< every n-th flow step is self-supervised; 0: never
    std::int64_t realStart = 0;              ///< first step with real pairs
    std::map<std::string, double> flowSets;  ///< repeat counts of sets of clips; others count once
    RealPairSettings realPairs;
    std::int64_t flowStart = 0;          ///< first step with flow; only content before
    std::int64_t occlusionStart = 1000;  ///< first step that excludes occluded pixels
    std::int64_t vcWarmup = 0;  ///< steps over which the flow loss's vc terms rise, from its start
    std::int64_t selfSupervisionStart = 0;  ///< first step of the teacher on crops
    std::int64_t selfSupervisionRamp = 0;   ///< steps over which its weight rises
    double balance = 1.0;                   ///< weight of all flow losses against content
    double syntheticWeight = 1.0;           ///< of the known-motion loss within the flow losses
    double realWeight = 1.0;                ///< of the self-supervised loss within the flow losses
    MatchingSettings matching;  ///< of features under known motion, within the flow losses
    Sampling sampling = Sampling::Combined;
    std::int64_t epochSteps = 1000;  ///< of epoch alternation
    double shiftMaxPx = 60.0;        ///< largest typical motion of synthetic scenes
    GroupRate encoder{6e-4, 1e-4};   ///< also of the expander
    GroupRate estimator{6e-4, 1e-4};
    /// Steps over which the estimator's learning rate rises after the start of the flow: its
    /// moments are new then, while the common warm-up may be over.
    std::int64_t estimatorWarmup = 0;
    /// Share of the estimator's learning rate that its flow heads have, above 0 to 1. A step of all
    /// of a head's weights shifts the flow of every picture and of both directions alike, and the
    /// levels add up: with `arflow`, a first step of 1e-4 shifts it by 3.6 px.
    double headShare = 1.0;
    std::int64_t warmup = 100;  ///< steps of linear warm-up, then cosine to `endShare`
    double endShare = 0.02;
    double clipNorm = 1.0;  ///< of the gradient; 0: none
    double emaDecay = 0.0;  ///< exponential mean of weights for evaluation; 0: none
    std::int64_t checkpointEvery = 200;
    std::int64_t validateEvery = 200;
    FlowLossSettings flowLoss;
    /// Of the self-supervised loss; in the order of their ends. `flowLoss` applies after the last.
    std::vector<FlowStage> flowStages;
    ContentRecipe content;
};

/// Throws `Error{Input}` that names the key. Unknown keys are errors, so that typos are found.
/// "model" is a preset's name ("small"), a preset with a mode and perhaps an expander of its own
/// ({"preset", "mode", "expander": {"widths"}}) or a whole configuration.
[[nodiscard]] Recipe parseRecipe(const std::string& json);
[[nodiscard]] Recipe readRecipe(const std::filesystem::path& path);
[[nodiscard]] std::string toJson(const Recipe& recipe);
/// Throws `Error{Input}` that names an invalid setting.
void checkRecipe(const Recipe& recipe);

/// `attainableDeviation` of the embeddings of content; nothing without content.
[[nodiscard]] std::optional<double> attainableDeviation(const Recipe& recipe);
/// A warning for the log if the content batch is so small for the expander that the loss is lowest
/// where the embeddings have less than half of VICReg's target standard deviation; otherwise empty.
/// `recipe` must have passed `checkRecipe`.
[[nodiscard]] std::string smallBatchWarning(const Recipe& recipe);

/// Type of the model's numbers.
[[nodiscard]] at::ScalarType realType(const Recipe& recipe);

/// Share of the peak learning rate at `step`: linear warm-up, then half a cosine.
[[nodiscard]] double learningRateShare(const Recipe& recipe, std::int64_t step);
/// The estimator's share, which has an additional ramp.
[[nodiscard]] double estimatorRateShare(const Recipe& recipe, std::int64_t step);

/// The settings of the self-supervised loss at `step`.
[[nodiscard]] FlowLossSettings flowLossAt(const Recipe& recipe, std::int64_t step);

}  // namespace mcj
