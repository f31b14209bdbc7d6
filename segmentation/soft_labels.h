#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/scalar_map.h"
#include "segmentation/mask.h"

namespace mcj {

/// A mask whose pixels hold shares of labels, so that it can be moved repeatedly by fractions of a
/// pixel: a hard mask would not move at 0.4 px per frame, and would move too far at 0.6. Up to four
/// labels per pixel, whatever the number of objects; a pixel's shares sum to 1, void has none.
class SoftLabels {
public:
    explicit SoftLabels(const Mask& mask);
    /// Two labels per pixel, whose shares differ by `margin` (0..1) and sum to 1; void counts as a
    /// pixel without labels. `second` may be empty (no size): the rest is then background's.
    /// Throws `Error{Input}` where the sizes differ.
    SoftLabels(const Mask& best, const Raster<std::uint8_t>& second, const ScalarMap& margin);

    /// Moves to the grid of `flow`, which points from each pixel to its position in this mask.
    /// Bilinear; the border is continued outwards; unknown flow counts as no motion. Throws
    /// `Error{Input}` where the sizes differ.
    void carry(const FlowField& flow);

    /// Moves towards `other`: every pixel becomes (1 - weight) times its shares plus weight times
    /// those of `other`. A pixel that has no label in one of the two takes the other's. `weight` is
    /// H x W x 1, 0..1. Throws `Error{Input}` where the sizes differ.
    void blend(const SoftLabels& other, const Raster<float>& weight);

    /// The share of `label` at a pixel, 0..1.
    [[nodiscard]] float share(int y, int x, ObjectId label) const noexcept;
    /// Gives a pixel wholly to `label`.
    void set(int y, int x, ObjectId label) noexcept;
    /// Divides the shares of `label` among the pixel's other labels, in proportion; a pixel that
    /// has no other becomes background.
    void remove(ObjectId label);

    /// Makes every label of `mask` the one with the greatest share of its pixel: the shares of the
    /// two are exchanged, or the pixel is given wholly to a label that has no share of it. Void
    /// pixels lose all shares. Throws `Error{Input}` where the sizes differ.
    void agreeWith(const Mask& mask);

    /// H x W x 1: the label with the second greatest share; background where there is none.
    [[nodiscard]] Raster<std::uint8_t> secondLabels() const;

    /// H x W x 1: the shares of `label`, 0..1.
    [[nodiscard]] Raster<float> shares(ObjectId label) const;

    /// The label with the greatest share, or background; `margin` (may be null, else of this size)
    /// receives the difference between the two greatest shares, 0..1.
    [[nodiscard]] Mask harden(ScalarMap* margin) const;

    [[nodiscard]] SizePx size() const noexcept { return size_; }

private:
    static constexpr int kSlots = 4;
    struct Shares {
        std::array<float, kSlots> shares{};  ///< descending
        std::array<ObjectId, kSlots> labels{};
        std::uint8_t count = 0;
    };
    class Mixer;

    [[nodiscard]] const Shares& at(int y, int x) const {
        return pixels_[static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) +
                       static_cast<std::size_t>(x)];
    }

    SizePx size_;
    std::vector<Shares> pixels_;  ///< row-major
};

}  // namespace mcj
