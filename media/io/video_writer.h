#pragma once

#include <filesystem>
#include <memory>

#include "media/base/frame.h"

namespace mcj {

/// Codec, container and pixels of a video that is written.
enum class VideoFormat {
    H264,        ///< MP4, yuv420p, bt709 limited, CRF 18; odd sides are padded by one pixel
    ProRes4444,  ///< MOV, 4:4:4 with 10 bits, bt709 limited, and alpha; odd sides are padded
    Ffv1Alpha,   ///< Matroska, lossless RGB and alpha of 8 bits; times are rounded to milliseconds
};

/// Of the pictures: red, green, blue, and alpha (not premultiplied) where the format has it.
[[nodiscard]] constexpr int channelsOf(VideoFormat format) noexcept {
    return format == VideoFormat::H264 ? 3 : 4;
}

/// Writes a video whose frame times are the ones given. The file appears under its name only when
/// `finish` has returned; destroying the writer before that leaves no file. One thread at a time.
class VideoWriter {
public:
    /// `timeBase`: of the pts given to `add`. `sampleAspect`: pixel width over height; square where
    /// it is not positive. Throws `Error{Input}` where `path` cannot be written.
    VideoWriter(std::filesystem::path path, SizePx size, Rational timeBase,
                Rational sampleAspect = {1, 1}, VideoFormat format = VideoFormat::H264);
    ~VideoWriter();
    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    /// `picture` is H x W x `channelsOf(format)` of the size given; `pts` must increase.
    void add(const Raster<std::uint8_t>& picture, std::int64_t pts);
    void finish();
    /// So far; the encoder may hold pictures that are not in the file yet. 0 after `finish`.
    [[nodiscard]] std::uint64_t writtenBytes() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
