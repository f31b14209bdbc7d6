#pragma once

#include <cstdint>

#include "inference/model/model_config.h"
#include "media/base/raster.h"

namespace mcj {

enum class FlowDetail;

/// Size of the pictures that the network sees: no side is longer than `maxSidePx`; 0: the frame's.
[[nodiscard]] SizePx networkSizeOf(SizePx frame, int maxSidePx);

/// The program, LibTorch and the weights of the small model, before there is a picture.
constexpr std::uint64_t kLoadedEngineBytes = 270'000'000;

/// What flow of a pair takes beyond that at its peak, on the CPU with the small model.
[[nodiscard]] std::uint64_t flowBytes(SizePx network, FlowDetail detail);

/// Whether a model's flow takes no less than `flowBytes`; other models than the small one have not
/// been measured.
[[nodiscard]] bool flowTakesMeasuredBytes(const ModelConfig& config);

/// What encoding one picture takes at the least: the picture and the maps of level 1 that are there
/// together.
[[nodiscard]] std::uint64_t encodingBytes(SizePx network, const EncoderConfig& encoder);

}  // namespace mcj
