#include "segmentation/packed_mask.h"

#include <utility>

#include "segmentation/byte_codec.h"
#include "segmentation/rle.h"

namespace mcj {
namespace {

/// The covered parts follow the runs of what is on top by ascending object, each as its length and
/// the runs of a raster in which only its object occurs.
constexpr const char* kWhat = "a mask's covered parts";

Raster<std::uint8_t> labelled(const Region& region, ObjectId object) {
    Raster<std::uint8_t> labels = region;
    for (std::uint8_t& value : labels.values()) value = value == 0 ? kBackground : object;
    return labels;
}

/// The object of a covered part. Throws `Error{Input}` where it has none or several.
ObjectId objectOf(const RleSummary& part, const ByteReader& reader) {
    ObjectSet objects = part.labels;
    objects.reset(kBackground);
    if (objects.count() != 1) reader.fail("does not have one object in each part");
    ObjectId object = kBackground;
    while (!objects.test(object)) ++object;
    if (object == kVoid) reader.fail("has void pixels");
    return object;
}

}  // namespace

PackedMask::PackedMask(SizePx size, std::vector<std::uint8_t> bytes, const ObjectSet& labels)
    : size_(size), bytes_(std::move(bytes)), topBytes_(bytes_.size()), labels_(labels),
      objects_(labels) {
    objects_.reset(kBackground);
    objects_.reset(kVoid);
}

PackedMaskPtr PackedMask::pack(const Mask& mask) { return fromBytes(encodeRle(mask.labels)); }

PackedMaskPtr PackedMask::pack(const LayeredMask& mask) {
    std::vector<std::uint8_t> bytes = encodeRle(mask.top().labels);
    ByteWriter writer;
    for (const auto& [object, region] : mask.covered()) {
        writer.block(encodeRle(labelled(region, object)));
    }
    const std::vector<std::uint8_t> parts = writer.take();
    bytes.insert(bytes.end(), parts.begin(), parts.end());
    return fromBytes(std::move(bytes));
}

PackedMaskPtr PackedMask::fromBytes(std::vector<std::uint8_t> bytes) {
    const RleSummary summary = checkRleHead(bytes);
    const std::span<const std::uint8_t> all(bytes);
    ObjectSet covered;
    ByteReader reader(all.subspan(summary.bytes), kWhat);
    for (ObjectId last = kBackground; !reader.atEnd();) {
        const auto part = reader.block();
        const ObjectId object = objectOf(checkRle(part), reader);
        if (object <= last) reader.fail("does not have its parts in order");
        checkCoveredRle(all.first(summary.bytes), part, object);
        covered.set(object);
        last = object;
    }
    auto* made = new PackedMask(summary.size, std::move(bytes), summary.labels);
    made->topBytes_ = summary.bytes;
    made->covered_ = covered;
    return PackedMaskPtr(made);
}

PackedMaskPtr PackedMask::without(ObjectId object, const ObjectOrder& order) const {
    if (!layered()) return fromBytes(relabelRle(bytes_, object, kBackground));
    LayeredMask rest = unpackLayers();
    rest.take(object, order);
    return pack(rest);
}

MaskPtr PackedMask::unpack() const { return std::make_shared<const Mask>(decodeRle(topBytes())); }

LayeredMask PackedMask::unpackLayers() const {
    LayeredMask::Covered covered;
    ByteReader reader(bytes().subspan(topBytes_), kWhat);
    while (!reader.atEnd()) {
        Region region = decodeRle(reader.block());
        ObjectId object = kBackground;
        for (std::uint8_t& value : region.values()) {
            if (value == kBackground) continue;
            object = value;
            value = 1;
        }
        covered.emplace(object, std::move(region));
    }
    Mask top(decodeRle(topBytes()));
    if (covered.empty()) return LayeredMask(std::move(top));
    return {std::move(top), std::move(covered)};
}

PackedMaskPtr packDrawn(const PackedMaskPtr& before, const Mask& after, const DrawingRules& rules) {
    const bool plain =
        before == nullptr || (!before->layered() && rules.overlaps == Overlaps::Replace);
    if (plain) return PackedMask::pack(after);
    LayeredMask drawn = before->unpackLayers();
    drawn.draw(after, rules);
    return PackedMask::pack(drawn);
}

PackedMaskPtr packRegion(const PackedMaskPtr& before, const Region& region, BrushAction action,
                         ObjectId object, const DrawingRules& rules) {
    const bool plain = rules.overlaps == Overlaps::Replace;
    if (before == nullptr || (plain && !before->layered())) {
        Mask mask = before ? *before->unpack() : Mask(region.size());
        if (paintRegion(mask, region, action, object).empty()) return nullptr;
        return PackedMask::pack(mask);
    }
    LayeredMask drawn = before->unpackLayers();
    switch (action) {
    case BrushAction::Paint: drawn.give(region, object, rules); break;
    case BrushAction::EraseObject: drawn.take(region, object, rules.order); break;
    case BrushAction::EraseAll: drawn.takeTop(region, rules.order); break;
    }
    PackedMaskPtr packed = PackedMask::pack(drawn);
    return *packed == *before ? nullptr : packed;
}

}  // namespace mcj
