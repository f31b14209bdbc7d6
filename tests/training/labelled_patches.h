#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "training/sample_rng.h"

namespace mcj::test {

/// A picture of two classes and the class of its every pixel.
struct MadePicture {
    Raster<std::uint8_t> rgb;
    Raster<std::uint8_t> labels;
};

inline constexpr int kPatchPx = 32;

/// Patches of two classes in a random order. `paint(label, x, y)`: grey of a pixel.
template <typename Paint>
MadePicture patches(SizePx size, std::uint64_t number, Paint&& paint) {
    SampleRng rng(11, 0, number);
    MadePicture made{Raster<std::uint8_t>(size, 3), Raster<std::uint8_t>(size, 1)};
    for (int y0 = 0; y0 < size.height; y0 += kPatchPx) {
        for (int x0 = 0; x0 < size.width; x0 += kPatchPx) {
            const int label = rng.integer(0, 1);
            const int brightness = rng.integer(-20, 20);
            for (int y = y0; y < std::min(size.height, y0 + kPatchPx); ++y) {
                for (int x = x0; x < std::min(size.width, x0 + kPatchPx); ++x) {
                    made.labels.at(y, x) = static_cast<std::uint8_t>(label);
                    const int grey = paint(label, x, y) + brightness + rng.integer(-6, 6);
                    for (int c = 0; c < 3; ++c) {
                        made.rgb.at(y, x, c) = static_cast<std::uint8_t>(grey);
                    }
                }
            }
        }
    }
    return made;
}

/// Stripes of 4 px upright or lying: every cell of 4 x 4 px has the same mean colour in both.
inline MadePicture striped(std::uint64_t number) {
    return patches({128, 128}, number,
                   [](int label, int x, int y) { return (label == 0 ? x : y) % 4 < 2 ? 90 : 170; });
}

/// Dark or bright; sides that are no multiples of 64.
inline MadePicture shaded(std::uint64_t number) {
    return patches({100, 70}, number, [](int label, int, int) { return label == 0 ? 80 : 170; });
}

/// `make(0)` to `make(count - 1)`.
template <typename Make>
std::vector<MadePicture> several(int count, Make&& make) {
    std::vector<MadePicture> pictures;
    for (int i = 0; i < count; ++i) pictures.push_back(make(static_cast<std::uint64_t>(i)));
    return pictures;
}

/// Packs them with their labels, in this order; returns the shard. `folder` is made.
inline std::filesystem::path packLabelled(const std::filesystem::path& folder,
                                          const std::vector<MadePicture>& pictures) {
    std::filesystem::create_directories(folder / "in");
    std::filesystem::create_directories(folder / "labels");
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const std::string file = "p" + std::to_string(100 + i) + ".png";
        writeRgbPng(folder / "in" / file, pictures[i].rgb);
        writeIndexedPng(folder / "labels" / file, {pictures[i].labels, {}});
    }
    packLabelledImages(folder / "in", folder / "labels", folder / "a.shard", {.jpegQuality = 95},
                       nullptr);
    return folder / "a.shard";
}

}  // namespace mcj::test
