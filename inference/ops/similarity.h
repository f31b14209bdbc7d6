#pragma once

#include <ATen/core/Tensor.h>

namespace mcj {

/// Cosine of `query` [C] with every position of `features` [C, H, W] (float or double): [H, W].
[[nodiscard]] at::Tensor cosineMap(const at::Tensor& features, const at::Tensor& query);

/// The best match of a cosine map [H, W] in its cells, refined to a fraction of one by a parabola
/// through its neighbours in x and in y.
struct BestCell {
    double x = 0.0;
    double y = 0.0;
    double score = 0.0;
};
[[nodiscard]] BestCell bestCell(const at::Tensor& map);

}  // namespace mcj
