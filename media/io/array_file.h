#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "media/base/scalar_map.h"

namespace mcj {

/// A dense float array as NumPy stores it, row-major.
struct FloatArray {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

[[nodiscard]] bool isNpy(std::span<const std::uint8_t> bytes) noexcept;

/// NumPy .npy, version 1 to 3, little-endian f2/f4/f8/u1, C or Fortran order. Throws
/// `Error{Input}`.
[[nodiscard]] FloatArray readNpy(const std::filesystem::path& path);
/// The same from bytes in memory; `name` is used in messages.
[[nodiscard]] FloatArray decodeNpy(std::span<const std::uint8_t> bytes, const std::string& name);
void writeNpy(const std::filesystem::path& path, const FloatArray& array);

/// H x W float32; NaN is kept.
void writeScalarNpy(const std::filesystem::path& path, const ScalarMap& map);
/// One-channel EXR named after the quantity, 32-bit float.
void writeScalarExr(const std::filesystem::path& path, const ScalarMap& map);
/// "Pf" portable float map, bottom row first.
void writeScalarPfm(const std::filesystem::path& path, const ScalarMap& map);

}  // namespace mcj
