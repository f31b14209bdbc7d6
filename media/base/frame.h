#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/base/raster.h"

namespace mcj {

/// A frame's identity: its ordinal among the decoded frames of its source, from 0.
using FrameIndex = std::int64_t;

/// A number that differs between any two opened sources of this process.
using SourceId = std::uint64_t;

/// Time base of a stream: one tick is num / den seconds.
struct Rational {
    std::int64_t num = 0;
    std::int64_t den = 1;
    [[nodiscard]] double value() const noexcept {
        return den == 0 ? 0.0 : static_cast<double>(num) / static_cast<double>(den);
    }
    friend bool operator==(const Rational&, const Rational&) = default;
};

/// One decoded picture, upright (the rotation flag is applied), 8-bit RGB, H x W x 3.
/// Immutable once shared; any thread may read it.
struct Frame {
    SourceId source = 0;
    FrameIndex index = 0;
    std::optional<std::int64_t>
        pts;  ///< in ticks of `VideoInfo::timeBase`; none where the stream has no timestamp
    Raster<std::uint8_t> rgb;

    [[nodiscard]] SizePx size() const noexcept { return rgb.size(); }
};
using FramePtr = std::shared_ptr<const Frame>;

/// The facts about a video. `frames`, `pts` and `damaged` are complete only after the source was
/// scanned to its end (`FrameSource::scan`).
struct VideoInfo {
    std::string path;  ///< as given
    SizePx size;       ///< of the frames that `read` returns: after rotation, coded pixels
    std::optional<FrameIndex> frames;
    std::vector<std::optional<std::int64_t>> pts;  ///< one per frame, in ticks of `timeBase`
    Rational timeBase;
    double averageFps = 0.0;  ///< 0 where unknown (image folders)
    bool variableRate = false;
    bool interlaced = false;    ///< at least one frame holds two fields
    bool clockMayJump = false;  ///< the format's timestamps may restart within a file (TS, PS)
    int rotationDeg = 0;        ///< clockwise, already applied: 0, 90, 180 or 270
    Rational sampleAspect{1, 1};
    std::string pixelFormat;  ///< FFmpeg's name of the coded format
    std::string codec;
    std::string colorMatrix;  ///< the matrix and range used for the conversion, "bt709 limited"
    double durationSecs = 0.0;
    std::optional<std::string> damaged;  ///< what is wrong with the file; none where it is intact
    FrameIndex unreadableFrames = 0;     ///< how many of `frames` `read` refuses (damaged pictures)
    std::optional<FrameIndex> firstUnreadable;
    std::vector<std::string>
        warnings;                    ///< gaps and mixed sizes in image folders, dropped alpha ...
    FrameIndex estimatedFrames = 0;  ///< from the container, for progress bars before the scan
};

}  // namespace mcj
