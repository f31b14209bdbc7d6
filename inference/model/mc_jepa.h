#pragma once

#include "inference/model/expander.h"
#include "inference/model/flow_estimator.h"

namespace mcj {

/// MC-JEPA: one encoder for motion and content, a flow estimator and an expander on top of it
/// (Bardes, Ponce, LeCun 2023). Parts that the mode does not use are not there.
struct McJepaImpl : torch::nn::Module {
    explicit McJepaImpl(ModelConfig config);

    /// images: [B, 3, H, W], normalised (preprocess.h). Where flow is to be estimated, padded as
    /// well; otherwise any size of 64 or more, and a level's sides are those of the finer one
    /// halved, rounded down.
    FeaturePyramid encode(const at::Tensor& images) { return encoder->forward(images); }
    /// Throws `Error{Usage}` where the model has no flow.
    FlowPyramid estimateFlow(const FeaturePyramid& first, const FeaturePyramid& second);
    /// [B, widths.back()] from a pyramid; throws `Error{Usage}` without an expander.
    at::Tensor expand(const FeaturePyramid& pyramid);

    [[nodiscard]] const ModelConfig& config() const { return config_; }
    [[nodiscard]] std::int64_t parameterCount() const;

    Encoder encoder{nullptr};
    FlowEstimator estimator{nullptr};
    Expander expander{nullptr};

private:
    ModelConfig config_;
};
TORCH_MODULE(McJepa);

}  // namespace mcj
