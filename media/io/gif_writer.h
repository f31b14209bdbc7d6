#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "media/base/raster.h"

namespace mcj {

/// Writes an animated GIF that repeats for ever, in 252 fixed colours: 6 steps of red, 7 of green,
/// 6 of blue, mixed by ordered dithering (a Bayer matrix of 8 x 8), so that areas that do not
/// change stay the same in every picture. The file appears under its name only when `finish` has
/// returned; destroying the writer before that leaves no file. One thread at a time.
class GifWriter {
public:
    /// Throws `Error{Input}` where `path` cannot be written, `Error{Usage}` for an empty size or a
    /// side above 65535.
    GifWriter(std::filesystem::path path, SizePx size);
    ~GifWriter();
    GifWriter(const GifWriter&) = delete;
    GifWriter& operator=(const GifWriter&) = delete;

    /// `rgb` is H x W x 3 of the size given. It is shown for `centiseconds`, 1 to 65535.
    void add(const Raster<std::uint8_t>& rgb, int centiseconds);
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
