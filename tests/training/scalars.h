#pragma once

#include <ATen/core/Tensor.h>

/// What the tests of losses compute with.
namespace mcj::test {

inline const at::TensorOptions kDouble = at::TensorOptions(at::kDouble);

[[nodiscard]] inline double number(const at::Tensor& value) { return value.item<double>(); }

}  // namespace mcj::test
