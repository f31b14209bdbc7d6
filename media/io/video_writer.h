#pragma once

#include <filesystem>
#include <memory>

#include "media/base/frame.h"

namespace mcj {

/// Writes an H.264 MP4 (yuv420p, bt709 limited, CRF 18; odd sides are padded by one pixel) whose
/// frame times are the ones given. The file appears under its name only when `finish` has returned;
/// destroying the writer before that leaves no file. One thread at a time.
class VideoWriter {
public:
    /// `timeBase`: of the pts given to `add`. `sampleAspect`: pixel width over height; square where
    /// it is not positive. Throws `Error{Input}` where `path` cannot be written.
    VideoWriter(std::filesystem::path path, SizePx size, Rational timeBase,
                Rational sampleAspect = {1, 1});
    ~VideoWriter();
    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    /// `rgb` is H x W x 3 of the size given; `pts` must increase.
    void add(const Raster<std::uint8_t>& rgb, std::int64_t pts);
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
