#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Cosine of `query` [C] with every position of `features` [C, H, W] (float or double): [H, W].
[[nodiscard]] at::Tensor cosineMap(const at::Tensor& features, const at::Tensor& query);

/// The best match of a cosine map [H, W], refined to a fraction of a cell by a parabola through its
/// neighbours in x and in y.
struct BestMatch {
    double x = 0.0;
    double y = 0.0;
    double score = 0.0;
};
[[nodiscard]] BestMatch bestMatch(const at::Tensor& map);

}  // namespace mcj
