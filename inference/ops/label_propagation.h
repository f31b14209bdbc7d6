#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "media/base/stop_token.h"

namespace mcj {

/// Features of a frame prepared for `propagateLabels`: unit length at every position, and padded.
/// Compute once per frame and keep while the frame is in the context.
struct PropagationFeatures {
    at::Tensor planes;  ///< float, [H, C, paddedWidth] on the CPU, [C, H, paddedWidth] on CUDA
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    int radius = 12;
};

/// The features for label propagation: a level's map [1, C, H, W] and the next finer level's [1, F,
/// h, w] with H = ceil(h / 2), W = ceil(w / 2), averaged onto its cells (the last ones may have
/// fewer), each of unit length at every position: [1, C + F, H, W].
[[nodiscard]] at::Tensor joinLevels(const at::Tensor& map, const at::Tensor& finer);

/// features: [C, H, W] or [1, C, H, W], any memory format.
[[nodiscard]] PropagationFeatures preparePropagation(const at::Tensor& features, int radius);

struct LabelVoting {
    int topK = 5;  ///< at most 32
    double temperature = 0.1;
};

/// Labels of the target from those of the context frames by windowed top-k attention (DINO,
/// Caron et al. 2021, eval_video_segmentation.py) without the dense affinity.
/// labels: one [H, W, K] float tensor per context frame. Returns [H, W, K]. Throws
/// `Error{Interrupted}` after a stop request, which the CPU checks every few rows.
[[nodiscard]] at::Tensor propagateLabels(const PropagationFeatures& target,
                                         const std::vector<const PropagationFeatures*>& context,
                                         const std::vector<at::Tensor>& labels,
                                         const LabelVoting& settings, const StopToken& stop = {});

}  // namespace mcj
