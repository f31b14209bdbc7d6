#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "training/collective.h"
#include "training/metrics_log.h"
#include "training/recipe.h"

namespace mcj {

/// A shard of clips and its name in a recipe's `flow_sets`.
struct ClipSet {
    std::string name;
    std::filesystem::path file;

    /// Named as its file.
    ClipSet(const std::filesystem::path& shard) : name(shard.stem().string()), file(shard) {}
    ClipSet(std::string setName, std::filesystem::path shard)
        : name(std::move(setName)), file(std::move(shard)) {}
};

struct TrainOptions {
    /// Shards with pictures for scenes and content views; none: the frames of `clips` are used.
    std::vector<std::filesystem::path> pictures;
    std::vector<ClipSet> clips;       ///< shards of clips for real pairs
    std::filesystem::path runFolder;  ///< checkpoints and metrics.jsonl; shared by all
    std::filesystem::path init;       ///< model file that a new run starts from; may be empty
    std::string device = "auto";
    int threads = 0;  ///< 0: as at the start of the run, or LibTorch's default
    int workers = 0;  ///< threads per loader; 0: 1 on the CPU, 4 on a GPU
    /// Budget for decoded pictures of this process, divided evenly over its shards.
    std::size_t cacheBytes = std::size_t{4} << 30;
    double maxMinutes = 0.0;  ///< stop cleanly after this long; 0: never
    /// The processes that train this run together.
    std::shared_ptr<Collective> processes = std::make_shared<SingleProcess>();
};

/// Trains a model by a recipe, in one process or several. A run folder holds `last.safetensors`
/// (weights, optimiser, step), `best.safetensors` (lowest validation error) and `metrics.jsonl`,
/// each step once; process 0 writes them. An existing run is resumed: data depends only on seed,
/// step and shards. On the CPU the result is bit for bit the same as without interruption. Throws
/// `Error{Usage}` where the folder contains a run of another recipe or on other shards, or where
/// the processes cannot share a batch evenly, `Error{Internal}` naming the loss that became NaN.
class Trainer {
public:
    Trainer(Recipe recipe, TrainOptions options);
    ~Trainer();

    /// The source of the run's first weights and those that did not fit; empty without `init`.
    [[nodiscard]] const std::string& initialWeights() const;

    /// Runs until the recipe's last step, `stop` (of any process) or the time limit; a checkpoint
    /// is written at the end in every case. `report` sees every step, in process 0. Returns the
    /// number of steps done over all runs.
    std::int64_t fit(const std::atomic<bool>& stop,
                     const std::function<void(const MetricLine&)>& report);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The weights to ship from a training checkpoint: the mean (EMA) where the run kept one, without
/// the expander, with the recipe, the facts about the data and `metadata` in the header, as
/// float16.
void exportModel(const std::filesystem::path& checkpoint, const std::filesystem::path& output,
                 const std::map<std::string, std::string>& metadata);

}  // namespace mcj
