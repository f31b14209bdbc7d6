#pragma once

#include <filesystem>
#include <string>

#include "media/base/flow_field.h"
#include "media/base/raster.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"

namespace mcj::test {

// Tiny copies of the benchmarks' folders, for tests of what walks through them.

inline void writeGrey(const std::filesystem::path& path, const Raster<std::uint8_t>& plane) {
    std::filesystem::create_directories(path.parent_path());
    // An indexed picture without a palette is a grey one.
    writeIndexedPng(path, {plane, {}});
}

inline void writeFrame(const std::filesystem::path& path, const Raster<std::uint8_t>& rgb) {
    std::filesystem::create_directories(path.parent_path());
    writeRgbPng(path, rgb);
}

inline void writeTruth(const std::filesystem::path& path, const FlowField& flow,
                       FlowFormat format) {
    std::filesystem::create_directories(path.parent_path());
    writeFlow(path, flow, format);
}

/// Flow of `motion` everywhere.
inline FlowField evenFlow(SizePx size, PointF motion) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) flow.set(y, x, motion);
    }
    return flow;
}

}  // namespace mcj::test
