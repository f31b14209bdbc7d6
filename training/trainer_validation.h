#pragma once

#include <memory>

#include "training/metrics_log.h"
#include "training/training_tasks.h"

namespace mcj {

/// Validates a model during training on fixed data that no step uses: synthetic scenes of held-out
/// pictures and pairs of held-out clips if it has flow, views of held-out pictures if it has a
/// content task. If the shards are too small to hold anything out, scenes and views are of the
/// training pictures with another seed. Only one process is needed.
class Validation {
public:
    Validation(const Recipe& recipe, const TrainingData& data, at::Device device);
    ~Validation();

    struct Result {
        /// "validation_epe_px": end-point error on scenes. "validation_content": the content loss
        /// on views. "validation_census": census distance (UFlow's) of the clips' pairs, one warped
        /// onto the other. "validation_consistent": share of their pixels whose forward and
        /// backward flow agree.
        MetricLine values;
        /// The criterion that the best checkpoint minimises: the first of the above, the second, or
        /// with both tasks their geometric mean, which gives relative changes equal weight.
        double error = 0.0;
    };
    [[nodiscard]] Result judge(McJepa model) const;
    /// "deviation.L" of every level L of the encoder: the mean over its channels of the standard
    /// deviation over the positions of fixed pictures. It distinguishes a collapse from a falling
    /// loss.
    [[nodiscard]] MetricLine deviations(McJepa model) const;

private:
    void judgeClips(McJepa model, MetricLine& values) const;

    const Recipe& recipe_;
    std::unique_ptr<const PairMaker> scenes_;
    std::unique_ptr<const ViewBatches> views_;
    std::unique_ptr<const PairMaker> clips_;
};

}  // namespace mcj
