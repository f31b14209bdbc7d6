#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "inference/analysis/analysis_export.h"
#include "media/base/colormap.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"

namespace mcj {

/// False for Flo and Kitti, which store flow only.
[[nodiscard]] bool holdsScalars(MapFormat format) noexcept;

/// The formats of `wanted` that store scalars; Png if none does, so that a requested map is always
/// written.
[[nodiscard]] std::set<MapFormat> scalarFormats(const std::set<MapFormat>& wanted);

/// Png: `map` in `colors` over its range; the others: its values. `format` must store scalars.
void writeScalarMap(const std::filesystem::path& path, const ScalarMap& map, MapFormat format,
                    Colormap colors);

/// The folder of similarity maps, relative to the export's.
inline constexpr const char* kSimilarityFolder = "similarity";

/// "similarity/000012.npy"
[[nodiscard]] std::string similarityFile(FrameIndex frame, MapFormat format);

}  // namespace mcj
