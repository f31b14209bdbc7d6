#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "inference/model/model_config.h"
#include "training/losses.h"

namespace mcj {

/// Learning rate and weight decay of one group of parameters.
struct GroupRate {
    double learningRate = 3e-4;
    double weightDecay = 1e-6;
};

/// Everything that decides a training run; a JSON file, stored in every checkpoint.
struct Recipe {
    ModelConfig model;
    std::uint64_t seed = 1;
    std::int64_t steps = 1000;
    int height = 192;              ///< of crops; multiples of 64
    int width = 256;
    int syntheticBatch = 4;        ///< pairs of known motion a step
    int realBatch = 2;             ///< real frame pairs of a self-supervised step
    int realEvery = 4;             ///< every n-th step is self-supervised; 0: never
    std::int64_t realStart = 0;    ///< first step with real pairs
    std::int64_t occlusionStart = 1000;  ///< from here on occluded pixels are excluded
    double realWeight = 1.0;       ///< of the self-supervised loss against the known-motion loss
    double shiftMaxPx = 60.0;      ///< largest typical motion of synthetic scenes
    GroupRate encoder{6e-4, 1e-4};
    GroupRate estimator{6e-4, 1e-4};
    std::int64_t warmup = 100;     ///< steps of linear warm-up, then cosine to `endShare`
    double endShare = 0.02;
    double clipNorm = 1.0;         ///< of the gradient; 0: none
    double emaDecay = 0.0;         ///< exponential mean of weights for evaluation; 0: none
    std::int64_t checkpointEvery = 200;
    std::int64_t validateEvery = 200;
    FlowLossSettings flowLoss;
};

/// Throws `Error{Input}` that names the key. Unknown keys are errors, so that a slip is seen.
[[nodiscard]] Recipe parseRecipe(const std::string& json);
[[nodiscard]] Recipe readRecipe(const std::filesystem::path& path);
[[nodiscard]] std::string toJson(const Recipe& recipe);

/// Share of the peak learning rate at `step`: linear warm-up, then half a cosine.
[[nodiscard]] double learningRateShare(const Recipe& recipe, std::int64_t step);

}  // namespace mcj
