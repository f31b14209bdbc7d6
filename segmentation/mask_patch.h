#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "segmentation/mask.h"

namespace mcj {

/// The difference between two masks of the same size inside a box, as stored in the log of project
/// files of format 1. Labels are kept as run lengths (rle.h). An empty box means no difference.
struct MaskPatch {
    SizePx maskSize;                   ///< of the masks it belongs to
    BoxPx box;                         ///< in pixels of the mask, inside it
    std::vector<std::uint8_t> before;  ///< run lengths of the box, empty where the box is
    std::vector<std::uint8_t> after;

    [[nodiscard]] bool empty() const noexcept { return box.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return before.size() + after.size(); }
    friend bool operator==(const MaskPatch&, const MaskPatch&) = default;
};

/// `mask` with the patch done or undone. Throws `Error{Input}` where the patch belongs to masks of
/// a different size or is damaged.
[[nodiscard]] Mask applyPatch(Mask mask, const MaskPatch& patch);
[[nodiscard]] Mask revertPatch(Mask mask, const MaskPatch& patch);

/// Throws `Error{Input}` for anything but one complete patch.
[[nodiscard]] MaskPatch decodePatch(std::span<const std::uint8_t> bytes);

}  // namespace mcj
