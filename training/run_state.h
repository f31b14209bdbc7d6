#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <torch/optim/adamw.h>

#include "inference/model/mc_jepa.h"
#include "training/data_facts.h"
#include "training/recipe.h"

namespace mcj {

/// What a training run is at one moment: enough to go on as if nothing had happened.
struct RunState {
    Recipe recipe;
    McJepa model{nullptr};
    std::unique_ptr<torch::optim::AdamW> optimizer;
    std::map<std::string, at::Tensor> mean;  ///< EMA of the weights; empty without
    std::int64_t step = 0;                   ///< steps done
    double bestError = 1e30;                 ///< lowest validation error so far
    int threads = 0;                         ///< of the run: results are exact at one count only
    std::string init;                        ///< what the first weights are from; empty: the seed
    std::optional<DataFacts> data;           ///< trained on; early checkpoints do not say it
};

/// A fresh run: the model initialised from the recipe's seed, without an expander where the recipe
/// has no content task.
[[nodiscard]] RunState startRun(const Recipe& recipe, at::Device device);

/// The same with the weights of a model file as far as they fit (initial_weights.h); the optimiser
/// starts anew.
[[nodiscard]] RunState startRunFrom(const std::filesystem::path& modelFile, const Recipe& recipe,
                                    at::Device device);

/// Whole or not there.
void saveRun(const RunState& state, const std::filesystem::path& path);

/// Throws `Error{Usage}` where the file's recipe differs from `recipe` in anything but `steps`.
/// That the data is the same is for the caller to require.
[[nodiscard]] RunState resumeRun(const Recipe& recipe, const std::filesystem::path& path,
                                 at::Device device);

/// Moves the mean towards the weights.
void updateMean(RunState& state);

/// While it lives, the model has the mean of its weights, which is what the run will be judged by
/// and ship; nothing changes where the run keeps none. The weights come back bit for bit.
class MeanWeights {
public:
    explicit MeanWeights(RunState& state);
    ~MeanWeights();
    MeanWeights(const MeanWeights&) = delete;
    MeanWeights& operator=(const MeanWeights&) = delete;

private:
    void swap();
    RunState& state_;
};

}  // namespace mcj
