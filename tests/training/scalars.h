#pragma once

#include <ATen/ATen.h>

/// What the tests of losses compute with.
namespace mcj::test {

inline const at::TensorOptions kDouble = at::TensorOptions(at::kDouble);

[[nodiscard]] inline double number(const at::Tensor& value) { return value.item<double>(); }

/// The largest absolute value.
[[nodiscard]] inline double largest(const at::Tensor& value) { return number(value.abs().max()); }

}  // namespace mcj::test
