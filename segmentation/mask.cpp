#include "segmentation/mask.h"

#include <algorithm>

#include "media/base/error.h"

namespace mcj {

ObjectId highestObject(const Mask& mask) {
    ObjectId highest = kBackground;
    for (const ObjectId label : mask.labels.values()) {
        if (label != kVoid) highest = std::max(highest, label);
    }
    return highest;
}

Mask normalizeImportedMask(Mask mask) {
    const auto labels = mask.labels.values();
    const bool hasObjects = std::any_of(labels.begin(), labels.end(), [](ObjectId label) {
        return label != kBackground && label != kVoid;
    });
    if (hasObjects) return mask;
    std::replace(labels.begin(), labels.end(), kVoid, ObjectId{1});
    return mask;
}

ObjectSet objectsIn(const Mask& mask) {
    ObjectSet objects;
    for (const ObjectId label : mask.labels.values()) objects.set(label);
    objects.reset(kBackground);
    objects.reset(kVoid);
    return objects;
}

std::int64_t areaOf(const Mask& mask, ObjectId object) {
    const auto labels = mask.labels.values();
    return std::count(labels.begin(), labels.end(), object);
}

BoxPx boundsOf(const Mask& mask, ObjectId object) {
    const SizePx size = mask.size();
    BoxPx box{size.width, size.height, 0, 0};
    for (int y = 0; y < size.height; ++y) {
        const ObjectId* row = mask.labels.row(y);
        const ObjectId* end = row + size.width;
        const ObjectId* first = std::find(row, end, object);
        if (first == end) continue;
        const ObjectId* last = end - 1;
        while (*last != object) --last;
        box.x0 = std::min(box.x0, static_cast<int>(first - row));
        box.x1 = std::max(box.x1, static_cast<int>(last - row) + 1);
        box.y0 = std::min(box.y0, y);
        box.y1 = y + 1;
    }
    return box.empty() ? BoxPx{} : box;
}

Mask mergeObjects(const Mask& carried, const Mask& given) {
    if (carried.size() != given.size()) {
        throw Error(ErrorCode::Input, "masks of different sizes cannot be merged",
                    "Give masks of the size of the video's frames.");
    }
    const ObjectSet named = objectsIn(given);
    Mask merged = given;
    const auto out = merged.labels.values();
    const auto from = carried.labels.values();
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] == kBackground && !named.test(from[i])) out[i] = from[i];
    }
    return merged;
}

}  // namespace mcj
