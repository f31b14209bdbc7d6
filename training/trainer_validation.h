#pragma once

#include <memory>

#include "training/metrics_log.h"
#include "training/training_tasks.h"

namespace mcj {

/// Judges a model during training on samples that no step sees, the same ones every time: synthetic
/// scenes of known motion where it has flow, views of pictures where it has a content task. They
/// are made under another seed from the run's own shards. One process is enough.
class Validation {
public:
    Validation(const Recipe& recipe, const TrainingData& data, at::Device device);
    ~Validation();

    struct Result {
        MetricLine values;   ///< "validation_epe_px", "validation_content"
        double error = 0.0;  ///< what the best checkpoint has least of: the first of them
    };
    [[nodiscard]] Result judge(McJepa model) const;

private:
    const Recipe& recipe_;
    std::unique_ptr<const PairMaker> scenes_;
    std::unique_ptr<const ViewBatches> views_;
};

}  // namespace mcj
