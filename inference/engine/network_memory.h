#pragma once

#include <cstdint>

#include "inference/model/model_config.h"
#include "media/base/raster.h"

namespace mcj {

enum class FlowDetail;

/// Size of the pictures that the network sees: no side is longer than `maxSidePx`; 0: no limit.
[[nodiscard]] SizePx networkSizeOf(SizePx frame, int maxSidePx);

/// Memory for the program, LibTorch and the weights of the small model, without any picture.
constexpr std::uint64_t kLoadedEngineBytes = 270'000'000;

/// Additional peak memory for flow of a pair, on the CPU with the small model.
[[nodiscard]] std::uint64_t flowBytes(SizePx network, FlowDetail detail);

/// Whether a model's flow takes at least `flowBytes`; only the small model has been measured.
[[nodiscard]] bool flowTakesMeasuredBytes(const ModelConfig& config);

/// The least memory for encoding one picture: the picture and the maps of level 1 that exist at the
/// same time.
[[nodiscard]] std::uint64_t encodingBytes(SizePx network, const EncoderConfig& encoder);

}  // namespace mcj
