#pragma once

#include "inference/model/encoder.h"
#include "inference/model/expander.h"
#include "inference/model/flow_estimator.h"

namespace mcj {

/// MC-JEPA: one encoder for motion and content, a flow estimator and an expander on top of it
/// (Bardes, Ponce, LeCun 2023). Parts that the mode does not use are empty.
/// Functions with a stop token throw `Error{Interrupted}` after a stop request.
struct McJepaImpl : torch::nn::Module {
    explicit McJepaImpl(ModelConfig config);

    /// images: [B, 3, H, W], normalised (preprocess.h) and, for flow, padded. Without flow any size
    /// of 64 or more is valid; a level's sides are half those of the finer one, rounded as the
    /// encoder does.
    FeaturePyramid encode(const at::Tensor& images, const StopToken& stop = {}) {
        return encoder->forward(images, kLevels, stop);
    }
    /// Throws `Error{Usage}` where the model has no flow.
    FlowPyramid estimateFlow(const FeaturePyramid& first, const FeaturePyramid& second,
                             LevelGradients gradients = LevelGradients::AsConfigured,
                             const StopToken& stop = {});

    /// The levels that `refineFlow` reads, of the same images at twice the size (bicubic).
    /// images: normalised, not padded: as little as these levels need is added here.
    FeaturePyramid encodeDoubled(const at::Tensor& images, const StopToken& stop = {});
    /// Refines `coarse`, the result of `estimateFlow`, on pyramids of `encodeDoubled`: [B, 2, H, W]
    /// in px, of the images' size or a few pixels more. About three times the work of the steps
    /// before.
    at::Tensor refineFlow(const FeaturePyramid& firstDoubled, const FeaturePyramid& secondDoubled,
                          const FlowPyramid& coarse, const StopToken& stop = {});
    /// [B, widths.back()] from a pyramid; throws `Error{Usage}` without an expander.
    at::Tensor expand(const FeaturePyramid& pyramid);
    /// [B, widths.back(), h, w] from a level's map, position by position; throws `Error{Usage}`
    /// where that level has no local expander.
    at::Tensor expandLocally(const FeaturePyramid& pyramid, int level);

    [[nodiscard]] const ModelConfig& config() const { return config_; }
    [[nodiscard]] std::int64_t parameterCount() const;

    std::shared_ptr<Encoder> encoder;
    FlowEstimator estimator{nullptr};
    Expander expander{nullptr};
    torch::nn::ModuleList localExpanders;  ///< in the order of the configuration's `localLevels`

private:
    FlowEstimatorImpl& flowEstimator();
    ModelConfig config_;
};
TORCH_MODULE(McJepa);

}  // namespace mcj
