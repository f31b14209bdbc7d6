#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "media/base/flow_field.h"

namespace mcj {

/// File formats of flow fields: Middlebury's .flo, KITTI's 16-bit PNG (Menze and Geiger 2015),
/// FlyingThings' .pfm, and two general ones.
enum class FlowFormat { Flo, KittiPng, Pfm, Npy, Exr };

/// ".flo", ".png", ".pfm", ".npy", ".exr"
[[nodiscard]] std::string flowExtension(FlowFormat format);

/// What a write could not preserve.
struct FlowWriteReport {
    std::int64_t clampedVectors = 0;  ///< KITTI PNG: outside +-512 px
};

/// Detects the format from the file's content. Unknown vectors become NaN. Throws `Error{Input}`
/// that names the file.
[[nodiscard]] FlowField readFlow(const std::filesystem::path& path);

/// The same from bytes in memory; `name` is used in messages.
[[nodiscard]] FlowField decodeFlow(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes atomically; NaN is written as the format's mark of an unknown vector.
FlowWriteReport writeFlow(const std::filesystem::path& path, const FlowField& flow,
                          FlowFormat format);

}  // namespace mcj
