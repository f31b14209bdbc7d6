#pragma once

#include <cstdint>
#include <memory>

#include "media/base/raster.h"

namespace mcj {

/// The pixels of an object on one frame, as they were when they were asked for: later changes of
/// the mask do not change the query. Immutable; any thread may read it.
class QueryRegion {
public:
    /// `inside`: H x W x 1, other than 0 for the object's pixels. `object`: its id in the mask, for
    /// people. Throws `Error{Usage}` if no pixel is inside.
    QueryRegion(Raster<std::uint8_t> inside, int object);

    /// H x W x 1 of zeros and ones.
    [[nodiscard]] const Raster<std::uint8_t>& inside() const noexcept { return inside_; }
    [[nodiscard]] int object() const noexcept { return object_; }
    /// Of the size and the pixels (FNV-1a over their runs).
    [[nodiscard]] std::uint64_t contentHash() const noexcept { return hash_; }
    /// The pixel inside that is nearest to the mean of all, which itself may be outside.
    [[nodiscard]] PointF centre() const noexcept { return centre_; }

    /// Whether it is the same object with the same pixels, compared by their hash.
    friend bool operator==(const QueryRegion& a, const QueryRegion& b) noexcept {
        return a.object_ == b.object_ && a.hash_ == b.hash_ && a.inside_.size() == b.inside_.size();
    }

private:
    Raster<std::uint8_t> inside_;
    int object_;
    std::uint64_t hash_ = 0;
    PointF centre_;
};
using QueryRegionPtr = std::shared_ptr<const QueryRegion>;

/// The pixels of `labels` (H x W x 1) that have the label `object`. Throws `Error{Usage}` if there
/// are none.
[[nodiscard]] QueryRegionPtr objectRegion(const Raster<std::uint8_t>& labels, int object);

}  // namespace mcj
