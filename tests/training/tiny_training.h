#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "training/recipe.h"
#include "training/trainer.h"

/// What tests of training train: pictures and clips with something for features to hold on to, and
/// a network that takes a step in milliseconds.
namespace tiny {

/// Patches of random grey on a smooth ground.
[[nodiscard]] mcj::Raster<std::uint8_t> texturedPicture(std::uint64_t number, mcj::SizePx size);

/// "pictures.shard": four pictures of 160 x 128. "film.shard": one shot of six frames of 96 x 80,
/// in which everything moves by 2 px a frame.
void writeShards(const std::filesystem::path& folder);

/// Six steps in "mc-jepa", "m-jepa", "arflow" (real pairs alone) or "vicreg".
[[nodiscard]] mcj::Recipe recipe(const std::string& mode);

/// A run on the CPU in `folder`, on its shards.
[[nodiscard]] mcj::TrainOptions options(const std::filesystem::path& folder,
                                        const std::string& run);

/// Trains to the end and returns what was reported.
std::vector<mcj::MetricLine> train(const mcj::Recipe& recipe, const mcj::TrainOptions& options);

}  // namespace tiny
