#pragma once

#include "inference/model/mc_jepa.h"

namespace mcj {

/// Whether this processor multiplies bfloat16 matrices in hardware (AMX). On others bfloat16 is
/// slower than float.
[[nodiscard]] bool hasFastBfloat16() noexcept;

/// For inference: the wide convolutions and linear layers of `model` compute in bfloat16, with sums
/// in float. What decides precision stays in float: the picture's first convolution, depthwise
/// convolutions, norms, residual sums, the projections that are compared, flow and its residuals.
void useBfloat16(McJepaImpl& model);

}  // namespace mcj
