#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <utility>

#include "segmentation/object_order.h"
#include "segmentation/region.h"

namespace mcj {

/// What becomes of the objects that another object is drawn over.
enum class Overlaps {
    Replace,  ///< a pixel that an object newly gets on top belongs to it alone
    Keep,     ///< they keep their pixels; the order decides what is on top
};

struct DrawingRules {
    Overlaps overlaps = Overlaps::Replace;
    ObjectOrder order = {};
};

/// A frame's mask unpacked, with the pixels that lie under other objects. What is on top is one
/// label per pixel, as in a mask without overlaps; it need not follow the order (a locked frame
/// stays as it is), which decides only where something is drawn, taken away or put in order.
class LayeredMask {
public:
    /// Not 0 where the object lies under another one; by object, without empty ones.
    using Covered = std::map<ObjectId, Region>;

    /// Without overlaps.
    LayeredMask(Mask top) : top_(std::move(top)) {}
    /// Pixels of `covered` that do not lie under another object are dropped. Throws `Error{Input}`
    /// where the sizes differ.
    LayeredMask(Mask top, Covered covered);

    [[nodiscard]] const Mask& top() const noexcept { return top_; }
    [[nodiscard]] const Covered& covered() const noexcept { return covered_; }
    [[nodiscard]] SizePx size() const noexcept { return top_.size(); }
    /// All pixels of an object, on top or covered: H x W x 1, 1 inside.
    [[nodiscard]] Region pixelsOf(ObjectId object) const;
    /// The object that appears where what is on top is taken, by pixel; background for none.
    [[nodiscard]] Mask below(const ObjectOrder& order) const;

    // Edits. Regions and masks have this mask's size; otherwise they throw `Error{Input}`.
    /// Gives the pixels of `region` to an object: on top, or under what lies above it in the order.
    /// Pixels where the object is on top already stay as they are.
    void give(const Region& region, ObjectId object, const DrawingRules& rules);
    /// Removes what is on top (an object or void); what lies directly below appears.
    void takeTop(const Region& region, const ObjectOrder& order);
    /// Removes an object, on top or covered, from a region or from everywhere.
    void take(const Region& region, ObjectId object, const ObjectOrder& order);
    void take(ObjectId object, const ObjectOrder& order);
    /// Makes the change that a tool made to a copy of `top()`: pixels that became an object's are
    /// given to it, and from those that became background what was on top is taken.
    void draw(const Mask& after, const DrawingRules& rules);
    /// Lays `given` over this mask: its objects have exactly the pixels that they have there, in
    /// addition to the other objects', and void fills background.
    void layOver(const Mask& given, const ObjectOrder& order);
    /// Puts the topmost object of every pixel on top.
    void arrange(const ObjectOrder& order);
    /// Changes the ids of objects; `numbers` maps background and void to themselves.
    void renumber(const std::array<ObjectId, 256>& numbers);

    friend bool operator==(const LayeredMask&, const LayeredMask&) = default;

private:
    friend class LayeredStroke;  // draws pixel by pixel
    void givePixel(std::size_t at, ObjectId object, const DrawingRules& rules);
    void takePixel(std::size_t at, const ObjectOrder& order);
    void clearBelow(std::size_t at);
    void cover(std::size_t at, ObjectId object);
    void checkSize(SizePx size) const;
    void dropEmpty();

    Mask top_;
    Covered covered_;
};

}  // namespace mcj
