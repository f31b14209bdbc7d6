#pragma once

#include <map>
#include <vector>

#include <torch/nn/modules/container/modulelist.h>

#include "inference/model/convnext.h"

namespace mcj {

/// The estimator's result: flow in pixels of each level's raster, and the finest one upsampled to
/// the padded picture.
struct FlowPyramid {
    std::map<int, at::Tensor> levels;  ///< level number -> [B, 2, H/2^l, W/2^l]
    at::Tensor full;                   ///< [B, 2, H, W], padded size

    /// Level `level` upsampled to the padded picture, in its pixels; `full` of the finest one.
    /// Throws `std::out_of_range` for a level that was not estimated.
    [[nodiscard]] at::Tensor enlarged(int level) const;
};

/// A chain of 3x3 convolutions, each but the last followed by LayerNorm over channels and LeakyReLU
/// 0.1. Without the norm training collapses (MC-JEPA, appendix A).
struct FlowDecoderImpl : torch::nn::Module {
    /// widths: the decoder's; reduced-dense wiring, each layer sees the two before it (ARFlow).
    /// firstKernel: 3, or 1 where the input is wide for its raster.
    FlowDecoderImpl(std::int64_t inputs, const std::vector<int>& widths, int firstKernel = 3);
    /// Returns the last hidden map and the residual flow.
    std::pair<at::Tensor, at::Tensor> forward(const at::Tensor& input, const StopToken& stop);
    torch::nn::ModuleList conv;
    torch::nn::Conv2d flow{nullptr};

private:
    std::pair<at::Tensor, at::Tensor> forwardFused(const at::Tensor& input, const StopToken& stop);
};
TORCH_MODULE(FlowDecoder);

/// PWC-Net's dilated refinement of the flow.
struct FlowContextImpl : torch::nn::Module {
    FlowContextImpl(std::int64_t inputs, const std::vector<int>& widths,
                    const std::vector<int>& dilations);
    at::Tensor forward(const at::Tensor& input, const StopToken& stop);
    torch::nn::ModuleList conv;
    torch::nn::Conv2d flow{nullptr};
};
TORCH_MODULE(FlowContext);

/// How far the gradients of a finer level's flow propagate.
enum class LevelGradients {
    AsConfigured,  ///< they stop at the coarser flow if `detachLevels` is configured
    Joined,        ///< through all levels: losses on the finest flow alone train all levels
};

/// PWC-style coarse-to-fine estimator with residual flow per level (Sun et al. 2018).
struct FlowEstimatorImpl : torch::nn::Module {
    FlowEstimatorImpl(const EstimatorConfig& config, const std::vector<int>& encoderWidths);
    /// Flow from the pictures of `first` to those of `second`. This and `refine` throw
    /// `Error{Interrupted}` once `stop` asks for it.
    FlowPyramid forward(const FeaturePyramid& first, const FeaturePyramid& second,
                        LevelGradients gradients = LevelGradients::AsConfigured,
                        const StopToken& stop = {});

    /// The coarsest level that `refine` reads.
    [[nodiscard]] int coarsestRefinedLevel() const;
    /// Continues from `coarse`, the result of `forward`, with the same weights on pyramids of the
    /// same pictures at twice the size: small motions are larger there, and the last residual is on
    /// the pictures' own pixels. Returns [B, 2, H, W] in px of the pictures, half the doubled size.
    at::Tensor refine(const FeaturePyramid& firstDoubled, const FeaturePyramid& secondDoubled,
                      const FlowPyramid& coarse, const StopToken& stop = {});

    torch::nn::ModuleList project;
    torch::nn::ModuleList decoder;
    torch::nn::ModuleList context;
    ConvNorm fineProject{nullptr};  ///< undefined without a fine level
    FlowDecoder fineDecoder{nullptr};

private:
    at::Tensor projected(const at::Tensor& features, int level, const StopToken& stop);
    /// `coarser` is undefined at the coarsest level. `limit`: the largest flow component in pixels
    /// of the level.
    at::Tensor flowAt(int level, const FeaturePyramid& first, const FeaturePyramid& second,
                      const at::Tensor& coarser, double limit, const StopToken& stop);
    at::Tensor finestFlow(const FeaturePyramid& first, const FeaturePyramid& second,
                          const at::Tensor& coarser, double limit, const StopToken& stop);
    [[nodiscard]] at::Tensor held(const at::Tensor& coarser, LevelGradients gradients) const;
    [[nodiscard]] std::size_t slot(int level) const;
    [[nodiscard]] bool refinesAt(int level) const;
    EstimatorConfig config_;
};
TORCH_MODULE(FlowEstimator);

}  // namespace mcj
