#pragma once

#include <deque>
#include <vector>

#include "inference/engine/torch_engine.h"
#include "inference/ops/label_propagation.h"

namespace mcj {

/// Label propagation by the engine's features. The context is the given frames and the last few.
class TorchPropagation final : public LabelPropagation {
public:
    TorchPropagation(TorchEngine& engine, const LabelPropagationOptions& options);

    void condition(const FramePtr& frame, const Raster<std::uint8_t>& labels,
                   const StopToken& stop) override;
    [[nodiscard]] PropagatedLabels step(const FramePtr& frame, const StopToken& stop) override;

private:
    struct Remembered {
        FramePtr frame;
        PropagationFeatures features;
        at::Tensor labels;  ///< [h, w, classes]
    };

    [[nodiscard]] PropagationFeatures prepare(const Frame& frame, const StopToken& stop);
    [[nodiscard]] at::Tensor oneHot(const Raster<std::uint8_t>& labels, std::int64_t height,
                                    std::int64_t width);
    void widenLabels();
    [[nodiscard]] Remembered guided(const Remembered& newest, const FramePtr& target,
                                    const StopToken& stop);
    [[nodiscard]] PropagatedLabels decide(const at::Tensor& soft, const Frame& frame);

    TorchEngine& engine_;
    LabelPropagationOptions options_;
    std::vector<std::uint8_t> ids_{0};  ///< label of each class; class 0 is background
    std::vector<Remembered> permanent_;
    std::deque<Remembered> recent_;
};

}  // namespace mcj
