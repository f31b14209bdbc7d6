#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "inference/model/mc_jepa.h"
#include "training/content_views.h"
#include "training/data_facts.h"
#include "training/held_out.h"
#include "training/loss_terms.h"
#include "training/pair_loader.h"
#include "training/recipe.h"
#include "training/step_plan.h"

namespace mcj {

class Collective;

/// The shards of a run.
struct TrainingData {
    std::vector<ShardPtr> pictures;         ///< of scenes and of content
    std::vector<ShardPtr> clips;            ///< of real pairs
    std::vector<std::string> clipSetNames;  ///< of each shard of clips
    DataFacts facts;                        ///< of the shards as they were given
    HeldOut heldOut;                        ///< data that no step uses
};

/// The common inputs of all tasks of a run.
struct TaskSetup {
    const Recipe& recipe;
    const TrainingData& data;
    at::Device device;
    Collective& processes;
    int workers = 1;
    BatchCounts done;  ///< batches taken before: where the loaders begin
};

/// Scalars on the device for the metrics.
using Notes = std::map<std::string, at::Tensor>;

/// One source of batches with its loss. Every process makes its share of the batch; one thread.
class TrainingTask {
public:
    virtual ~TrainingTask() = default;
    /// The loss of the task's next batch with the weights of the recipe.
    [[nodiscard]] virtual LossTerms loss(McJepa model, std::int64_t step, Notes& notes) = 0;
    /// Samples of a batch over all processes.
    [[nodiscard]] virtual int samples() const = 0;
};

/// Synthetic scenes with known motion: "motion.*".
[[nodiscard]] std::unique_ptr<TrainingTask> makeKnownMotionTask(const TaskSetup& setup);
/// Self-supervised flow on pairs of real frames: "real.*". Throws `Error{Usage}` where the recipe
/// repeats a set of clips that was not given.
[[nodiscard]] std::unique_ptr<TrainingTask> makeRealFlowTask(const TaskSetup& setup);
/// VICReg on two views of a picture: "content.*".
[[nodiscard]] std::unique_ptr<TrainingTask> makeContentTask(const TaskSetup& setup);

/// A recipe's settings of scenes and views. Validation data is made with the same settings, but
/// with another seed and from other pictures and clips.
[[nodiscard]] PairLoaderConfig sceneConfig(const Recipe& recipe, at::Device device);
/// The same for real pairs. Throws `Error{Usage}` where the recipe repeats a set of clips that was
/// not given.
[[nodiscard]] PairLoaderConfig realPairConfig(const Recipe& recipe, const TrainingData& data,
                                              at::Device device);

/// Two augmented views of pictures for the batch of any step. Immutable: any thread.
class ViewBatches {
public:
    ViewBatches(const TrainingData& data, DataPart part, const ContentRecipe& recipe,
                const BatchPlan& plan, at::Device device)
        : plan_(plan), pictures_(data.pictures, recipe.videoShare, data.heldOut.choice(part)),
          views_(recipe.views, recipe.size, device) {
        checkBatchPlan(plan);
    }
    [[nodiscard]] ContentViews make(std::int64_t step) const {
        return views_.make([this](SampleRng& rng) { return pictures_.draw(rng); },
                           batchGenerators(plan_, step));
    }

private:
    BatchPlan plan_;
    PictureDraw pictures_;
    ViewMaker views_;
};

/// Converts float32 data to the recipe's number type.
void toRealType(FramePairs& pairs, const Recipe& recipe);
void toRealType(ContentViews& views, const Recipe& recipe);

/// Forward flow of both frames' pictures, encoded in one batch.
[[nodiscard]] FlowPyramid flowOf(McJepa model, const FramePairs& pairs);

}  // namespace mcj
