#include "inference/ops/standardize.h"

#include <ATen/ATen.h>

namespace mcj {

at::Tensor standardizedChannels(const at::Tensor& maps) {
    constexpr double kEpsilon = 1e-6;
    const auto centred = maps - maps.mean({2, 3}, true);
    return centred / (centred.square().mean({2, 3}, true) + kEpsilon).sqrt();
}

}  // namespace mcj
