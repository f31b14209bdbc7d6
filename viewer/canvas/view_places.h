#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "viewer/canvas/view_transform.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Where the views of a canvas show the picture in their boxes, which have the same size: one
/// position for all, or one for each (`ViewSet::placesApart`). GUI thread.
class ViewPlaces {
public:
    /// That of the active view; without `apart` that of all. The object stays the same.
    [[nodiscard]] ViewTransform& active() noexcept { return active_; }
    [[nodiscard]] const ViewTransform& of(std::size_t view) const {
        return apart_ && view != activeIndex_ ? others_.at(view) : active_;
    }
    [[nodiscard]] bool apart() const noexcept { return apart_; }

    /// Follows another active view, and the switch: views that part begin at the place that they
    /// shared, and views that are joined go to that of the active one.
    void follow(const ViewSet& views);
    /// `box`: of a view, logical pixels. No `image`: the size of the picture stays.
    void sync(SizePx box, double devicePixelRatio, std::optional<SizePx> image);
    /// The whole picture in every view.
    void fitAll();

private:
    ViewTransform active_;
    std::array<ViewTransform, ViewSet::kMost> others_;  ///< by view; of the active one outdated
    std::size_t activeIndex_ = 0;
    bool apart_ = false;
};

}  // namespace mcj
