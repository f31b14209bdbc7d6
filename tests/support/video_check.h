#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/io/frame_source.h"

namespace mcj::test {

/// What ffprobe says of a file's first video stream.
struct ProbedVideo {
    SizePx size;                                   ///< after rotation
    std::vector<std::optional<std::int64_t>> pts;  ///< one a decoded frame
};

/// Runs ffprobe over the whole file. Returns what went wrong, else nothing.
[[nodiscard]] QString probeVideo(const QString& path, ProbedVideo& probed);

/// 64-bit FNV-1a of the pixels.
[[nodiscard]] std::uint64_t pixelHash(const Frame& frame);

/// Compares size, count and every timestamp of a scanned source with ffprobe's word. Returns the
/// first difference, else nothing.
[[nodiscard]] QString compareWithProbe(const VideoInfo& info, const ProbedVideo& probed);

/// Which sources frames are read from at random: the one that was just read in order, or also one
/// that was scanned before and one of which nothing is known yet.
enum class RandomReads { SameSource, EverySource };

/// Reads `path` in order, then `reads` frames at random places, always with hardly any cache.
/// Returns the first frame whose pixels or time differ from the reading in order, else nothing.
[[nodiscard]] QString compareRandomReads(const QString& path, int reads, unsigned seed,
                                         RandomReads sources = RandomReads::EverySource);

}  // namespace mcj::test
