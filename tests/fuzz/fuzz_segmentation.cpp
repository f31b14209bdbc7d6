#include <cstdlib>

#include "segmentation/class_list.h"
#include "segmentation/edit.h"
#include "segmentation/frame_change.h"
#include "segmentation/mask_patch.h"
#include "segmentation/packed_mask.h"
#include "segmentation/rle.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/segmentation/format_1_writer.h"
#include "tests/segmentation/made_masks.h"

namespace mcj::fuzz {
namespace {

/// What decodes must encode to something that decodes to the same.
void require(bool held) {
    if (!held) std::abort();
}

Bytes changeSeed() {
    FrameChange change;
    change.frame = 300;
    change.before = MaskFacts{.origin = MaskOrigin::Propagated, .confidence = 0.5F};
    change.after = MaskFacts{.locked = true};
    change.patch = diffMasks(randomMask({19, 14}, 4, 1), randomMask({19, 14}, 4, 2));
    return encodeChange(change);
}

Bytes cocoSeed(std::uint32_t seed) {
    const CocoRle rle = encodeCocoRle(randomMask({40, 25}, 3, seed), 1);
    const std::string text = cocoCountsToString(rle.counts);
    return {text.begin(), text.end()};
}

void readRle(std::span<const std::uint8_t> bytes) {
    const Raster<std::uint8_t> labels = decodeRle(bytes, std::size_t{1} << 24);
    require(rleSize(bytes) == labels.size());
    require(decodeRle(encodeRle(labels)) == labels);
    require(checkRle(relabelRle(bytes, 1, 0)).size == labels.size());
}

Bytes layersSeed() {
    LayeredMask mask(randomMask({19, 14}, 3, 1));
    const auto add = [&mask](std::uint32_t seed) {
        mask.layOver(randomMask({19, 14}, 3, seed), {});
    };
    add(2);
    add(3);
    const PackedMaskPtr packed = PackedMask::pack(mask);
    return {packed->bytes().begin(), packed->bytes().end()};
}

void readLayers(std::span<const std::uint8_t> bytes) {
    const PackedMaskPtr packed = PackedMask::fromBytes({bytes.begin(), bytes.end()});
    if (packed->size().area() > (std::size_t{1} << 18)) return;
    const LayeredMask layers = packed->unpackLayers();
    require(PackedMask::pack(layers)->unpackLayers() == layers);
    require(layers.covered().size() == packed->coveredObjects().count());
}

void readPatch(std::span<const std::uint8_t> bytes) {
    const MaskPatch patch = decodePatch(bytes);
    require(decodePatch(encodePatch(patch)) == patch);
    if (patch.maskSize.area() > (std::size_t{1} << 22)) return;
    const Mask after = applyPatch(Mask(patch.maskSize), patch);
    require(revertPatch(applyPatch(after, patch), patch).size() == patch.maskSize);
}

void readChange(std::span<const std::uint8_t> bytes) {
    const FrameChange change = decodeChange(bytes);
    // Compared as bytes: a confidence may be NaN.
    require(encodeChange(decodeChange(encodeChange(change))) == encodeChange(change));
}

void readObject(std::span<const std::uint8_t> bytes) {
    const MaskObject object = decodeObject(bytes);
    require(decodeObject(encodeObject(object)) == object);
}

void readFacts(std::span<const std::uint8_t> bytes) {
    require(encodeFacts(decodeFacts(encodeFacts(decodeFacts(bytes)))) ==
            encodeFacts(decodeFacts(bytes)));
}

void readStatus(std::span<const std::uint8_t> bytes) {
    const StatusNote noted = decodeStatus(bytes);
    require(decodeStatus(encodeStatus(noted)) == noted);
}

void readClasses(std::span<const std::uint8_t> bytes) {
    const std::string text(bytes.begin(), bytes.end());
    const ClassList classes = parseClassList(text, "a list");
    require(parseClassList(classListToJson(classes), "a list") == classes);
}

Bytes textSeed(const std::string& text) { return {text.begin(), text.end()}; }

void readCoco(std::span<const std::uint8_t> bytes) {
    const std::string text(bytes.begin(), bytes.end());
    const auto counts = cocoCountsFromString(text, 100000);
    require(cocoCountsFromString(cocoCountsToString(counts)) == counts);
    (void)decodeCocoRle({{40, 25}, counts});
}

}  // namespace

std::vector<FuzzTarget> segmentationTargets() {
    return {
        {"rle",
         {encodeRle(randomMask({23, 17}, 256, 1).labels),
          encodeRle(randomMask({90, 4}, 2, 2).labels)},
         readRle,
         {},
         40000},
        {"layered mask", {layersSeed()}, readLayers, {}, 40000},
        {"mask patch",
         {encodePatch(diffMasks(randomMask({19, 14}, 4, 1), randomMask({19, 14}, 4, 2))),
          encodePatch(diffMasks(Mask({8, 8}), Mask({8, 8})))},
         readPatch,
         {},
         40000},
        {"change", {changeSeed()}, readChange, {}, 40000},
        {"object", {encodeObject({7, "a name", {1, 2, 3}})}, readObject, {}, 40000},
        {"facts", {encodeFacts({.locked = true, .confidence = 0.5F})}, readFacts, {}, 40000},
        {"status", {encodeStatus({WorkStatus::Done, "a note"})}, readStatus, {}, 40000},
        {"class list",
         {textSeed("car, #102030\nstreet light\n"),
          textSeed("[{\"name\": \"car\", \"color\": \"#102030\"}, {\"name\": \"tree\"}]"),
          textSeed("{\"categories\": [\"car\"]}")},
         readClasses,
         {},
         40000},
        {"coco rle", {cocoSeed(1), cocoSeed(2)}, readCoco, {}, 40000},
    };
}

}  // namespace mcj::fuzz
