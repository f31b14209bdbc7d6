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

/// The complete state of a training run, from which it can be resumed exactly.
struct RunState {
    Recipe recipe;
    McJepa model{nullptr};
    std::unique_ptr<torch::optim::AdamW> optimizer;
    std::map<std::string, at::Tensor> mean;  ///< EMA of the weights; empty if not kept
    std::int64_t step = 0;                   ///< steps done
    double bestError = 1e30;                 ///< lowest validation error so far
    int threads = 0;                         ///< of the run: results depend on the number
    std::string init;                        ///< the source of the first weights; empty: the seed
    std::optional<DataFacts> data;           ///< the training data; none in early checkpoints
};

/// A new run: the model initialised from the recipe's seed, without an expander if the recipe has
/// no content task.
[[nodiscard]] RunState startRun(const Recipe& recipe, at::Device device);

/// The same with those weights of a model file that fit (initial_weights.h); the optimiser is new.
[[nodiscard]] RunState startRunFrom(const std::filesystem::path& modelFile, const Recipe& recipe,
                                    at::Device device);

/// Writes a checkpoint atomically.
void saveRun(const RunState& state, const std::filesystem::path& path);

/// Throws `Error{Usage}` where the file's recipe differs from `recipe` in anything but `steps`. The
/// caller must check that the data is the same.
[[nodiscard]] RunState resumeRun(const Recipe& recipe, const std::filesystem::path& path,
                                 at::Device device);

/// Moves the mean towards the weights.
void updateMean(RunState& state);

/// While this object lives, the model has the mean of its weights, with which it is validated and
/// exported; does nothing if the run keeps no mean. The weights are restored exactly.
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
