#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "training/recipe.h"

namespace mcj {

struct TrainOptions {
    std::vector<std::filesystem::path> pictures;  ///< shards whose pictures feed synthetic scenes
    std::vector<std::filesystem::path> clips;     ///< shards of clips for real pairs
    std::filesystem::path runFolder;              ///< checkpoints and metrics.jsonl
    std::filesystem::path init;                   ///< model file that a new run starts from; or none
    std::string device = "auto";
    int threads = 0;
    double maxMinutes = 0.0;                      ///< stop cleanly after this long; 0: never
};

/// One line of metrics.jsonl.
using MetricLine = std::map<std::string, double>;

/// Trains a model by a recipe. A run folder holds `last.safetensors` (weights, optimiser, step),
/// `best.safetensors` (lowest validation error) and `metrics.jsonl`; a run that is there is resumed,
/// exactly: data depends on seed and step alone. Throws `Error{Usage}` where the folder holds a run
/// of another recipe, `Error{Internal}` naming the loss that became NaN.
class Trainer {
public:
    Trainer(Recipe recipe, TrainOptions options);
    ~Trainer();

    /// What the run's first weights were taken from and what did not fit; empty without `init`.
    [[nodiscard]] const std::string& initialWeights() const;

    /// Runs until the recipe's last step, `stop` or the time limit; a checkpoint is written at the
    /// end in every case. Returns the number of steps done over all runs.
    std::int64_t fit(const std::atomic<bool>& stop,
                     const std::function<void(const MetricLine&)>& report);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The weights to ship from a training checkpoint: the mean (EMA) where the run kept one, without
/// the expander, with the recipe and `metadata` in the header, as float16.
void exportModel(const std::filesystem::path& checkpoint, const std::filesystem::path& output,
                 const std::map<std::string, std::string>& metadata);

}  // namespace mcj
