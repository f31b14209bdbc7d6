#pragma once

#include <array>
#include <cstdint>

#include "segmentation/mask.h"

namespace mcj {

/// Which of two objects lies on top where they overlap: the one of the lower depth
/// (`MaskObject::depth`) and, of one depth, the one with the higher id. A value.
class ObjectOrder {
public:
    void setDepth(ObjectId id, std::uint8_t depth) noexcept { depths_[id] = depth; }
    [[nodiscard]] bool above(ObjectId a, ObjectId b) const noexcept {
        return depths_[a] == depths_[b] ? a > b : depths_[a] < depths_[b];
    }
    friend bool operator==(const ObjectOrder&, const ObjectOrder&) = default;

private:
    std::array<std::uint8_t, 256> depths_{};
};

}  // namespace mcj
