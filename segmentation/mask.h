#pragma once

#include <cstdint>
#include <memory>

#include "media/base/raster.h"

namespace mcj {

/// An object's id in a mask: 0 is background, 1..254 are objects, 255 is void (no opinion).
using ObjectId = std::uint8_t;
constexpr ObjectId kBackground = 0;
constexpr ObjectId kVoid = 255;

/// One label a pixel on the grid of its frame. Immutable once shared.
struct Mask {
    Mask() = default;
    explicit Mask(SizePx size) : labels(size, 1) {}
    explicit Mask(Raster<std::uint8_t> values) : labels(std::move(values)) {}

    Raster<std::uint8_t> labels;  ///< H x W x 1

    [[nodiscard]] SizePx size() const noexcept { return labels.size(); }
    friend bool operator==(const Mask&, const Mask&) = default;
};
using MaskPtr = std::shared_ptr<const Mask>;

/// The highest object id that occurs (void left out); 0 for an empty mask.
[[nodiscard]] ObjectId highestObject(const Mask& mask);

/// A mask whose only non-zero value is 255 means one object: it becomes 1. Else 255 stays void.
[[nodiscard]] Mask normalizeImportedMask(Mask mask);

}  // namespace mcj
