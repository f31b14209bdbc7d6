#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "inference/engine/analysis_export.h"
#include "media/base/colormap.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"

namespace mcj {

/// False for Flo and Kitti, which hold flow only.
[[nodiscard]] bool holdsScalars(MapFormat format) noexcept;

/// Those of `wanted` that hold scalars; a picture where there is none, so that a map that was asked
/// for is never left out.
[[nodiscard]] std::set<MapFormat> scalarFormats(const std::set<MapFormat>& wanted);

/// Png: `map` in `colors` over its range; the others: its values. `format` must hold scalars.
void writeScalarMap(const std::filesystem::path& path, const ScalarMap& map, MapFormat format,
                    Colormap colors);

/// Where exports put similarity maps, relative to their folder.
inline constexpr const char* kSimilarityFolder = "similarity";

/// "similarity/000012.npy"
[[nodiscard]] std::string similarityFile(FrameIndex frame, MapFormat format);

}  // namespace mcj
