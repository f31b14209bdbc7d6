#include "segmentation/mask_formats/mask_set.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

/// Collects the runs of one object while the columns are walked.
struct Builder {
    std::vector<std::uint32_t> counts;
    std::size_t end = 0;  ///< of the last run of ones

    void add(std::size_t begin, std::size_t length) {
        if (!counts.empty() && begin == end) {
            counts.back() += static_cast<std::uint32_t>(length);
        } else {
            counts.push_back(static_cast<std::uint32_t>(begin - end));
            counts.push_back(static_cast<std::uint32_t>(length));
        }
        end = begin + length;
    }
    CocoRle finish(SizePx size) && {
        if (end < size.area()) counts.push_back(static_cast<std::uint32_t>(size.area() - end));
        return {size, std::move(counts)};
    }
};

/// One pass over the columns, whatever the number of objects.
template <typename Label>
FrameMasks shapesByColumns(const Raster<Label>& labels, Label voidLabel) {
    const SizePx size = labels.size();
    std::map<Label, Builder> builders;
    std::size_t at = 0;
    for (int x = 0; x < size.width; ++x) {
        for (int y = 0; y < size.height;) {
            const Label label = labels.at(y, x);
            const int from = y;
            while (y < size.height && labels.at(y, x) == label) ++y;
            const auto length = static_cast<std::size_t>(y - from);
            if (label != 0) builders[label].add(at, length);
            at += length;
        }
    }
    std::vector<ObjectShape> shapes;
    std::optional<CocoRle> ignored;
    for (auto& [label, builder] : builders) {
        CocoRle rle = std::move(builder).finish(size);
        if (label == voidLabel) {
            ignored = std::move(rle);
        } else {
            shapes.push_back({static_cast<int>(label), std::move(rle)});
        }
    }
    return FrameMasks(size, std::move(shapes), std::move(ignored));
}

/// Calls `visit(y, x)` for every pixel of the shape.
template <typename Visit>
void visitPixels(const CocoRle& rle, Visit&& visit) {
    const auto height = static_cast<std::size_t>(rle.size.height);
    std::size_t at = 0;
    bool inside = false;
    for (const std::uint32_t count : rle.counts) {
        for (std::size_t i = at; inside && i < at + count; ++i) {
            visit(static_cast<int>(i % height), static_cast<int>(i / height));
        }
        at += count;
        inside = !inside;
    }
}

}  // namespace

std::string defaultObjectName(int id) { return "Object " + std::to_string(id); }

bool hasPixels(const CocoRle& rle) noexcept {
    for (std::size_t i = 1; i < rle.counts.size(); i += 2) {
        if (rle.counts[i] > 0) return true;
    }
    return false;
}

ShapeFacts factsOf(const CocoRle& rle) {
    ShapeFacts facts;
    const auto height = static_cast<std::size_t>(rle.size.height);
    BoxPx box{rle.size.width, rle.size.height, 0, 0};
    std::size_t at = 0;
    for (std::size_t i = 0; i < rle.counts.size(); at += rle.counts[i], ++i) {
        const std::size_t count = rle.counts[i];
        if (i % 2 == 0 || count == 0) continue;
        facts.area += static_cast<std::int64_t>(count);
        const std::size_t last = at + count - 1;
        box.x0 = std::min(box.x0, static_cast<int>(at / height));
        box.x1 = std::max(box.x1, static_cast<int>(last / height) + 1);
        const bool oneColumn = at / height == last / height;
        box.y0 = oneColumn ? std::min(box.y0, static_cast<int>(at % height)) : 0;
        box.y1 =
            oneColumn ? std::max(box.y1, static_cast<int>(last % height) + 1) : rle.size.height;
    }
    if (facts.area > 0) facts.box = box;
    return facts;
}

CocoRle cocoRleOf(const Raster<std::uint8_t>& inside) {
    return encodeCocoRle(Mask(inside), ObjectId{1});
}

FrameMasks::FrameMasks(SizePx size, std::vector<ObjectShape> shapes,
                       std::optional<CocoRle> ignored) {
    std::erase_if(shapes, [](const ObjectShape& shape) { return !hasPixels(shape.rle); });
    std::ranges::sort(shapes, {}, &ObjectShape::object);
    if (ignored && !hasPixels(*ignored)) ignored.reset();
    for (const ObjectShape& shape : shapes) {
        if (shape.rle.size == size) continue;
        throw Error(ErrorCode::Input, "object " + std::to_string(shape.object) + " has a mask of " +
                                          sizeText(shape.rle.size) + " in a frame of " +
                                          sizeText(size));
    }
    content_ = Shapes{size, std::move(shapes), std::move(ignored)};
}

FrameMasks::FrameMasks(const LayeredMask& layers) {
    if (layers.covered().empty()) {
        content_ = layers.top();
        return;
    }
    const FrameMasks onTop(layers.top());
    std::vector<ObjectShape> shapes = onTop.shapes();
    std::erase_if(shapes, [&layers](const ObjectShape& shape) {
        return layers.covered().contains(static_cast<ObjectId>(shape.object));
    });
    for (const auto& [object, region] : layers.covered()) {
        shapes.push_back({object, cocoRleOf(layers.pixelsOf(object))});
    }
    std::ranges::sort(shapes, {}, &ObjectShape::object);
    content_ = Shapes{layers.size(), std::move(shapes), onTop.ignored(), layers.top()};
}

SizePx FrameMasks::size() const noexcept {
    const auto* mask = std::get_if<Mask>(&content_);
    return mask != nullptr ? mask->size() : std::get<Shapes>(content_).size;
}

std::vector<ObjectShape> FrameMasks::shapes() const {
    if (const auto* mask = std::get_if<Mask>(&content_)) {
        return std::get<Shapes>(shapesByColumns<std::uint8_t>(mask->labels, kVoid).content_)
            .objects;
    }
    return std::get<Shapes>(content_).objects;
}

std::optional<CocoRle> FrameMasks::ignored() const {
    const auto* mask = std::get_if<Mask>(&content_);
    if (mask == nullptr) return std::get<Shapes>(content_).ignored;
    CocoRle rle = encodeCocoRle(*mask, kVoid);
    if (!hasPixels(rle)) return std::nullopt;
    return rle;
}

Raster<std::uint16_t> FrameMasks::wideLabels() const {
    Raster<std::uint16_t> wide(size(), 1);
    if (const auto* mask = std::get_if<Mask>(&content_)) {
        const auto from = mask->labels.values();
        const auto to = wide.values();
        for (std::size_t i = 0; i < to.size(); ++i) {
            to[i] = from[i] == kVoid ? kWideVoid : std::uint16_t{from[i]};
        }
        return wide;
    }
    const Shapes& shapes = std::get<Shapes>(content_);
    if (shapes.top) return FrameMasks(*shapes.top).wideLabels();
    if (shapes.ignored) {
        visitPixels(*shapes.ignored, [&wide](int y, int x) { wide.at(y, x) = kWideVoid; });
    }
    for (const ObjectShape& shape : shapes.objects) {
        const auto label = static_cast<std::uint16_t>(shape.object);
        visitPixels(shape.rle, [&wide, label](int y, int x) { wide.at(y, x) = label; });
    }
    return wide;
}

Mask FrameMasks::labels() const {
    if (const auto* mask = std::get_if<Mask>(&content_)) return *mask;
    const Raster<std::uint16_t> wide = wideLabels();
    Mask labels(size());
    const auto from = wide.values();
    const auto to = labels.labels.values();
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (from[i] < kVoid) to[i] = static_cast<ObjectId>(from[i]);
        if (from[i] == kWideVoid) to[i] = kVoid;
    }
    return labels;
}

LayeredMask FrameMasks::layers() const {
    Mask top = labels();
    if (!overlapping()) return top;
    LayeredMask::Covered covered;
    for (const ObjectShape& shape : std::get<Shapes>(content_).objects) {
        if (shape.object >= kVoid) continue;
        covered.emplace(static_cast<ObjectId>(shape.object), decodeCocoRle(shape.rle));
    }
    return {std::move(top), std::move(covered)};
}

bool FrameMasks::overlapping() const {
    if (std::holds_alternative<Mask>(content_)) return false;
    const Shapes& shapes = std::get<Shapes>(content_);
    std::int64_t sum = 0;
    Raster<std::uint8_t> covered(shapes.size, 1);
    for (const ObjectShape& shape : shapes.objects) {
        sum += factsOf(shape.rle).area;
        visitPixels(shape.rle, [&covered](int y, int x) { covered.at(y, x) = 1; });
    }
    return sum > std::ranges::count(covered.values(), std::uint8_t{1});
}

FrameMasks shapesOfLabels(const Raster<std::uint16_t>& labels) {
    return shapesByColumns<std::uint16_t>(labels, kWideVoid);
}

const SetObject* MaskSet::find(int id) const noexcept {
    const auto at = std::ranges::lower_bound(objects, id, {}, &SetObject::id);
    return at != objects.end() && at->id == id ? &*at : nullptr;
}

bool MaskSet::hasFrame(FrameIndex frame) const noexcept {
    return std::ranges::binary_search(frames, frame);
}

void MaskSet::addObjects(const std::vector<int>& ids) {
    for (const int id : ids) {
        if (find(id) == nullptr) {
            objects.insert(std::ranges::lower_bound(objects, id, {}, &SetObject::id),
                           {id, defaultObjectName(id), ""});
        }
    }
}

MaskSet maskSetOf(const MaskTrack& track, const ObjectTable& objects, SizePx size, FrameIndex begin,
                  FrameIndex end) {
    MaskSet set;
    set.size = size;
    set.begin = begin;
    set.end = end;
    ObjectSet present;
    for (const auto& [frame, entry] : track.entries()) {
        if (frame < begin || frame >= end) continue;
        if (entry.packed->size() != size) {
            throw Error(ErrorCode::Input, "the mask of frame " + std::to_string(frame) +
                                              " does not have the video's size");
        }
        set.frames.push_back(frame);
        present |= entry.packed->allObjects();
    }
    for (int id = 1; id < kVoid; ++id) {
        if (!present.test(static_cast<std::size_t>(id))) continue;
        const MaskObject* object = objects.find(static_cast<ObjectId>(id));
        const bool named = object != nullptr && !object->name.empty();
        set.objects.push_back({id, named ? object->name : defaultObjectName(id), ""});
    }
    set.read = [track](FrameIndex frame) {
        return FrameMasks(track.find(frame)->packed->unpackLayers());
    };
    return set;
}

MaskTrack importedTrack(const MaskSet& set, SizePx size, FrameIndex frames, const StopToken& stop,
                        ImportedAs as, const ObjectOrder& order) {
    if (set.size != size) {
        throw Error(
            ErrorCode::Input,
            "the masks are " + sizeText(set.size) + ", but the frames are " + sizeText(size),
            "Use masks of the size of the frames.");
    }
    if (!set.frames.empty() && set.frames.back() >= frames) {
        throw Error(ErrorCode::Input,
                    "there is a mask of frame " + std::to_string(set.frames.back()) +
                        ", but the clip has " + std::to_string(frames) + " frames",
                    "Frames are counted from 0.");
    }
    if (!set.objects.empty() && set.objects.back().id >= kVoid) {
        throw Error(ErrorCode::Input, "the masks have objects with ids above 254",
                    "A project holds up to 254 objects.");
    }
    MaskFacts facts;
    facts.origin = MaskOrigin::Imported;
    if (as == ImportedAs::Results) {
        facts.origin = MaskOrigin::Propagated;
        facts.confidence = kUnknownConfidence;
    }
    MaskTrack track;
    for (const FrameIndex frame : set.frames) {
        stop.throwIfStopped("importing masks");
        LayeredMask mask = set.read(frame).layers();
        mask.arrange(order);
        track.set(frame, {PackedMask::pack(mask), facts});
    }
    return track;
}

}  // namespace mcj
