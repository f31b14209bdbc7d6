#include "segmentation/object_table.h"

#include <algorithm>

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr auto kById = [](const MaskObject& object, ObjectId id) { return object.id < id; };

}  // namespace

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
