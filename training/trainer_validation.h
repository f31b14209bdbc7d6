#pragma once

#include <memory>

#include "training/metrics_log.h"
#include "training/training_tasks.h"

namespace mcj {

/// Judges a model during training on data that no step sees, the same every time: synthetic scenes
/// of held-out pictures and pairs of held-out clips where it has flow, views of held-out pictures
/// where it has a content task. Of shards too small to hold anything out, scenes and views are of
/// the training pictures under another seed. One process is enough.
class Validation {
public:
    Validation(const Recipe& recipe, const TrainingData& data, at::Device device);
    ~Validation();

    struct Result {
        /// "validation_epe_px": end-point error on scenes. "validation_content": the content loss
        /// on views. "validation_census": census distance (UFlow's) of the clips' pairs, one warped
        /// onto the other. "validation_consistent": share of their pixels whose flow there and back
        /// agrees.
        MetricLine values;
        /// What the best checkpoint has least of: the first of the above, the second, or with both
        /// tasks their geometric mean, to which a per cent of either counts alike.
        double error = 0.0;
    };
    [[nodiscard]] Result judge(McJepa model) const;

private:
    void judgeClips(McJepa model, MetricLine& values) const;

    const Recipe& recipe_;
    std::unique_ptr<const PairMaker> scenes_;
    std::unique_ptr<const ViewBatches> views_;
    std::unique_ptr<const PairMaker> clips_;
};

}  // namespace mcj
