#pragma once

#include <utility>

#include <ATen/core/Tensor.h>

#include "inference/engine/inference_engine.h"

namespace mcj {

/// Level `level` of one frame, [1, C, h, w], standardised, and how its grid maps to the picture.
struct TorchFeatureMap final : FeatureMap {
    TorchFeatureMap(at::Tensor values, int ofLevel, SizePx frameSize, SizePx networkSize)
        : map(std::move(values)), level(ofLevel), frame(frameSize), network(networkSize) {}
    [[nodiscard]] SizePx frameSize() const noexcept override { return frame; }
    [[nodiscard]] std::size_t bytes() const noexcept override { return map.nbytes(); }

    at::Tensor map;
    int level;
    SizePx frame;
    SizePx network;  ///< of the picture that the network saw, before padding
};

/// Throws `Error{Internal}` for the features of another engine.
[[nodiscard]] const TorchFeatureMap& torchFeatureMap(const FeatureMap& features);

/// Values of cells, [1, C, h, w], on the pixels of the frame, [1, C, H, W]: bilinear, then cut to
/// the picture.
[[nodiscard]] at::Tensor drawCells(const at::Tensor& cells, const TorchFeatureMap& map);

/// `out` with the values of `map`, [1, 1, H, W].
[[nodiscard]] ScalarMap toScalarMap(const at::Tensor& map, ScalarMap out);

// What the engine answers about features (inference_engine.h), on tensors.

/// Cosine of the feature at `where` (pixels of the frame; bilinear) with every one of `to`.
/// Throws `Error{Usage}` for a point outside of the picture.
[[nodiscard]] SimilarityResult similarityOfPoint(const TorchFeatureMap& from, PointF where,
                                                 const TorchFeatureMap& to);
/// The same for the mean direction of the features below the pixels that `inside` marks. Throws
/// `Error{Usage}` for a mask of another size or without a pixel.
[[nodiscard]] SimilarityResult similarityOfPixels(const TorchFeatureMap& from,
                                                  const Raster<std::uint8_t>& inside,
                                                  const TorchFeatureMap& to);
[[nodiscard]] FeatureMoments momentsOf(const TorchFeatureMap& map, const StopToken& stop);
[[nodiscard]] Raster<float> projectionOf(const TorchFeatureMap& map,
                                         const FeatureProjection& projection);
[[nodiscard]] LabelFeatures meansOfLabels(const TorchFeatureMap& map,
                                          const Raster<std::uint8_t>& labels);

}  // namespace mcj
