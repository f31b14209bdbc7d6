#include "segmentation/layered_mask.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "media/base/error.h"

namespace mcj {
namespace {

bool isObject(ObjectId label) { return label != kBackground && label != kVoid; }

bool lacksPixels(const Region& region) {
    return std::ranges::all_of(region.values(), [](std::uint8_t value) { return value == 0; });
}

}  // namespace

LayeredMask::LayeredMask(Mask top, Covered covered)
    : top_(std::move(top)), covered_(std::move(covered)) {
    const auto labels = std::as_const(top_).labels.values();
    for (auto& [object, region] : covered_) {
        checkSize(region.size());
        const auto inside = region.values();
        for (std::size_t i = 0; i < inside.size(); ++i) {
            const bool under = isObject(labels[i]) && labels[i] != object;
            inside[i] = under && inside[i] != 0 ? 1 : 0;
        }
    }
    dropEmpty();
}

void LayeredMask::checkSize(SizePx size) const {
    if (size == top_.size()) return;
    throw Error(ErrorCode::Input, "parts of a mask have different sizes");
}

void LayeredMask::dropEmpty() {
    std::erase_if(covered_, [](const auto& part) { return lacksPixels(part.second); });
}

Region LayeredMask::pixelsOf(ObjectId object) const {
    Region inside(top_.size(), 1);
    if (const auto part = covered_.find(object); part != covered_.end()) inside = part->second;
    const auto labels = top_.labels.values();
    const auto values = inside.values();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (labels[i] == object) values[i] = 1;
    }
    return inside;
}

Mask LayeredMask::below(const ObjectOrder& order) const {
    Mask next(top_.size());
    const auto labels = next.labels.values();
    // Part by part: large pictures are asked for after every stroke.
    for (const auto& [object, region] : covered_) {
        const auto inside = region.values();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (inside[i] == 0) continue;
            if (labels[i] == kBackground || order.above(object, labels[i])) labels[i] = object;
        }
    }
    return next;
}

void LayeredMask::cover(std::size_t at, ObjectId object) {
    covered_.try_emplace(object, top_.size(), 1).first->second.values()[at] = 1;
}

void LayeredMask::clearBelow(std::size_t at) {
    for (auto& [object, region] : covered_) region.values()[at] = 0;
}

void LayeredMask::givePixel(std::size_t at, ObjectId object, const DrawingRules& rules) {
    ObjectId& top = top_.labels.values()[at];
    if (top == object) return;
    if (rules.overlaps == Overlaps::Replace || !isObject(top)) {
        clearBelow(at);
        top = object;
    } else if (rules.order.above(object, top)) {
        if (const auto own = covered_.find(object); own != covered_.end()) {
            own->second.values()[at] = 0;
        }
        cover(at, std::exchange(top, object));
    } else {
        cover(at, object);
    }
}

void LayeredMask::takePixel(std::size_t at, const ObjectOrder& order) {
    ObjectId next = kBackground;
    for (const auto& [object, region] : covered_) {
        if (region.values()[at] == 0) continue;
        if (next == kBackground || order.above(object, next)) next = object;
    }
    if (next != kBackground) covered_.at(next).values()[at] = 0;
    top_.labels.values()[at] = next;
}

void LayeredMask::give(const Region& region, ObjectId object, const DrawingRules& rules) {
    checkSize(region.size());
    const auto chosen = region.values();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (chosen[i] != 0) givePixel(i, object, rules);
    }
    dropEmpty();
}

void LayeredMask::takeTop(const Region& region, const ObjectOrder& order) {
    checkSize(region.size());
    const auto chosen = region.values();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (chosen[i] != 0) takePixel(i, order);
    }
    dropEmpty();
}

void LayeredMask::take(const Region& region, ObjectId object, const ObjectOrder& order) {
    checkSize(region.size());
    const auto chosen = region.values();
    const auto labels = std::as_const(top_).labels.values();
    const auto part = covered_.find(object);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (chosen[i] == 0) continue;
        if (part != covered_.end()) part->second.values()[i] = 0;
        if (labels[i] == object) takePixel(i, order);
    }
    dropEmpty();
}

void LayeredMask::take(ObjectId object, const ObjectOrder& order) {
    take(pixelsOf(object), object, order);
}

void LayeredMask::draw(const Mask& after, const DrawingRules& rules) {
    checkSize(after.size());
    const auto drawn = after.labels.values();
    const auto labels = std::as_const(top_).labels.values();
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        if (drawn[i] == labels[i]) continue;
        if (drawn[i] == kBackground) {
            takePixel(i, rules.order);
        } else if (drawn[i] == kVoid) {
            clearBelow(i);
            top_.labels.values()[i] = kVoid;
        } else {
            givePixel(i, drawn[i], rules);
        }
    }
    dropEmpty();
}

void LayeredMask::layOver(const Mask& given, const ObjectOrder& order) {
    checkSize(given.size());
    const ObjectSet objects = objectsIn(given);
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (objects.test(id)) take(static_cast<ObjectId>(id), order);
    }
    const auto labels = given.labels.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (isObject(labels[i])) {
            givePixel(i, labels[i], {.overlaps = Overlaps::Keep, .order = order});
        } else if (labels[i] == kVoid && top_.labels.values()[i] == kBackground) {
            top_.labels.values()[i] = kVoid;
        }
    }
}

void LayeredMask::arrange(const ObjectOrder& order) {
    const auto labels = top_.labels.values();
    // Parts that are added on the way are of objects that were on top and are not any more.
    for (auto& [object, region] : covered_) {
        const auto inside = region.values();
        for (std::size_t i = 0; i < inside.size(); ++i) {
            if (inside[i] == 0 || !order.above(object, labels[i])) continue;
            inside[i] = 0;
            cover(i, std::exchange(labels[i], object));
        }
    }
    dropEmpty();
}

void LayeredMask::renumber(const std::array<ObjectId, 256>& numbers) {
    for (ObjectId& label : top_.labels.values()) label = numbers[label];
    Covered covered;
    for (auto& [object, region] : covered_) covered.emplace(numbers[object], std::move(region));
    covered_ = std::move(covered);
}

}  // namespace mcj
