#include "segmentation/object_table.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr auto kById = [](const MaskObject& object, ObjectId id) { return object.id < id; };

// M. Okabe and K. Ito, "Color Universal Design", 2008. Neighbouring ids get different hues.
constexpr std::array<Rgb8, 7> kVisionSafe{{{0xe6, 0x9f, 0x00},
                                           {0x56, 0xb4, 0xe9},
                                           {0xd5, 0x5e, 0x00},
                                           {0x00, 0x9e, 0x73},
                                           {0xf0, 0xe4, 0x42},
                                           {0x00, 0x72, 0xb2},
                                           {0xcc, 0x79, 0xa7}}};

}  // namespace

Rgb8 objectColor(ObjectColors colors, ObjectId id) {
    if (colors == ObjectColors::Davis) return davisPalette()[id];
    // Background has no colour of its own.
    return kVisionSafe[(std::max<std::size_t>(id, 1) - 1) % kVisionSafe.size()];
}

MaskObject defaultObject(ObjectId id) {
    return {id, "Object " + std::to_string(id), davisPalette()[id]};
}

const MaskObject* ObjectTable::find(ObjectId id) const noexcept {
    const auto found = std::lower_bound(rows_.begin(), rows_.end(), id, kById);
    return found == rows_.end() || found->id != id ? nullptr : &*found;
}

std::optional<ObjectId> ObjectTable::freeId() const noexcept {
    int free = 1;
    for (const MaskObject& object : rows_) {
        if (object.id != free) break;
        ++free;
    }
    if (free >= kVoid) return std::nullopt;
    return static_cast<ObjectId>(free);
}

ObjectOrder ObjectTable::order() const noexcept {
    ObjectOrder order;
    for (const MaskObject& object : rows_) order.setDepth(object.id, object.depth);
    return order;
}

std::vector<ObjectId> ObjectTable::backToFront() const {
    std::vector<ObjectId> ids;
    for (const MaskObject& object : rows_) ids.push_back(object.id);
    const ObjectOrder now = order();
    std::ranges::sort(ids, [&now](ObjectId a, ObjectId b) { return now.above(b, a); });
    return ids;
}

std::vector<MaskObject> ObjectTable::moved(ObjectId id, StackMove move) const {
    std::vector<ObjectId> ids = backToFront();
    const auto at = std::ranges::find(ids, id);
    if (at == ids.end()) return {};
    switch (move) {
    case StackMove::Forward:
        if (at + 1 != ids.end()) std::iter_swap(at, at + 1);
        break;
    case StackMove::Backward:
        if (at != ids.begin()) std::iter_swap(at, at - 1);
        break;
    case StackMove::ToFront: std::rotate(at, at + 1, ids.end()); break;
    case StackMove::ToBack: std::rotate(ids.begin(), at, at + 1); break;
    }
    if (ids == backToFront()) return {};
    // The least depths that give this order: without any move all are 0, and an object that is
    // added later, with the next id, lies on top.
    std::vector<MaskObject> changed;
    int depth = 0;
    int above = kVoid;
    for (auto next = ids.rbegin(); next != ids.rend(); ++next) {
        if (*next > above) ++depth;
        above = *next;
        MaskObject row = *find(*next);
        if (row.depth == depth) continue;
        row.depth = static_cast<std::uint8_t>(depth);
        changed.push_back(std::move(row));
    }
    return changed;
}

void ObjectTable::set(MaskObject object) {
    if (object.id == kBackground || object.id == kVoid) {
        throw Error(ErrorCode::Internal,
                    "an object cannot have the id " + std::to_string(object.id));
    }
    const auto place = std::lower_bound(rows_.begin(), rows_.end(), object.id, kById);
    if (place != rows_.end() && place->id == object.id) {
        *place = std::move(object);
    } else {
        rows_.insert(place, std::move(object));
    }
}

void ObjectTable::erase(ObjectId id) {
    std::erase_if(rows_, [id](const MaskObject& object) { return object.id == id; });
}

void ObjectTable::addMissing(const ObjectSet& ids) {
    for (int id = 1; id < kVoid; ++id) {
        const auto object = static_cast<ObjectId>(id);
        if (ids.test(object) && find(object) == nullptr) set(defaultObject(object));
    }
}

}  // namespace mcj
