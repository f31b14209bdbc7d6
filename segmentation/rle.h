#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "segmentation/mask.h"

namespace mcj {

// Two run-length codes. `encodeRle` keeps every label of a raster, row by row, for project files
// and undo. COCO's code has one object, column by column, for exchange with other programs.

/// The limit of the decoders: without it a few bytes could ask for any amount of memory.
constexpr std::size_t kRleMaxPixels = std::size_t{1} << 27;

/// Layout: width, height, then (label byte, run length) pairs in row-major order until the raster
/// is full; numbers are little-endian base-128 (LEB128). `labels` is H x W x 1.
[[nodiscard]] std::vector<std::uint8_t> encodeRle(const Raster<std::uint8_t>& labels);

/// The inverse of `encodeRle`. Throws `Error{Input}` unless the bytes are exactly one raster of at
/// most `maxPixels`.
[[nodiscard]] Raster<std::uint8_t> decodeRle(std::span<const std::uint8_t> bytes,
                                             std::size_t maxPixels = kRleMaxPixels);

/// The size at the head of the bytes, without decoding the rest. Throws `Error{Input}`.
[[nodiscard]] SizePx rleSize(std::span<const std::uint8_t> bytes);

/// Facts from the runs without decoding them.
struct RleSummary {
    SizePx size;
    ObjectSet labels;       ///< that occur, background and void included
    std::size_t bytes = 0;  ///< the length of the code
};

/// Checks the bytes as `decodeRle` does, in one pass over the runs and without allocating memory.
[[nodiscard]] RleSummary checkRle(std::span<const std::uint8_t> bytes,
                                  std::size_t maxPixels = kRleMaxPixels);

/// The same where the bytes may continue after the raster.
[[nodiscard]] RleSummary checkRleHead(std::span<const std::uint8_t> bytes,
                                      std::size_t maxPixels = kRleMaxPixels);

/// Throws `Error{Input}` unless the pixels of `part`, a raster of background and one object, lie
/// under other objects in `top`, at least one pixel does, and both have the same size. Both were
/// checked; nothing is decoded.
void checkCoveredRle(std::span<const std::uint8_t> top, std::span<const std::uint8_t> part,
                     ObjectId object);

/// The same raster with every pixel of label `from` set to `to`; the cost grows with the number of
/// runs, not of pixels. Throws `Error{Input}` as `checkRle`.
[[nodiscard]] std::vector<std::uint8_t> relabelRle(std::span<const std::uint8_t> bytes,
                                                   std::uint8_t from, std::uint8_t to);

/// COCO's run lengths of one binary mask: columns from the left, each from the top; the counts
/// alternate between 0 and 1 and begin with (possibly no) zeros.
struct CocoRle {
    SizePx size;
    std::vector<std::uint32_t> counts;
    friend bool operator==(const CocoRle&, const CocoRle&) = default;
};

[[nodiscard]] CocoRle encodeCocoRle(const Mask& mask, ObjectId object);

/// H x W x 1 of zeros and ones. Throws `Error{Input}` unless the counts sum to the size.
[[nodiscard]] Raster<std::uint8_t> decodeCocoRle(const CocoRle& rle,
                                                 std::size_t maxPixels = kRleMaxPixels);

/// The "compressed" string of pycocotools (rleToString in cocoapi's maskApi.c): differences to the
/// count two before, in groups of 5 bits, as printable characters.
[[nodiscard]] std::string cocoCountsToString(std::span<const std::uint32_t> counts);

/// The inverse. Throws `Error{Input}` for a character outside the alphabet, a cut number, a count
/// outside 0 .. 2^32 - 1, or more than `maxCounts` counts.
[[nodiscard]] std::vector<std::uint32_t> cocoCountsFromString(
    std::string_view text, std::size_t maxCounts = kRleMaxPixels);

}  // namespace mcj
