#pragma once

#include <QString>
#include <QStringList>
#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj::test {

/// A disc that moves in a straight line over the background; later ones hide earlier ones.
struct MovingDisc {
    PointF centre;    ///< at frame 0, pixels
    PointF velocity;  ///< pixels a frame
    float radiusPx = 10.0F;
};

/// A smooth textured background and textured discs, each moving at a constant velocity, so that
/// flow and masks are known exactly at every frame and for any velocity, also fractions of a pixel.
class MovingScene {
public:
    MovingScene(SizePx size, PointF backgroundVelocity, std::vector<MovingDisc> discs)
        : size_(size), backgroundVelocity_(backgroundVelocity), discs_(std::move(discs)) {}

    [[nodiscard]] SizePx size() const { return size_; }
    /// H x W x 3 at frame `t`.
    [[nodiscard]] Raster<std::uint8_t> picture(int t) const;
    /// From frame `t` to `t + 1`, on the grid of `t`; true also where the target is hidden.
    [[nodiscard]] FlowField flow(int t) const;
    /// From frame `t + 1` to `t`, on the grid of `t + 1`.
    [[nodiscard]] FlowField backwardFlow(int t) const;
    /// H x W x 1: 0 is background, disc i is i + 1.
    [[nodiscard]] Raster<std::uint8_t> mask(int t) const;

private:
    [[nodiscard]] int discAt(float x, float y, int t) const;

    SizePx size_;
    PointF backgroundVelocity_;
    std::vector<MovingDisc> discs_;
};

/// Writes frames 0 .. count - 1 of `scene` as lossless RGB (FFV1): reading gives the same pixels.
/// The file's ending names the container (".mkv", ".avi"). Returns what went wrong, else nothing.
[[nodiscard]] QString writeLossless(const MovingScene& scene, int count, const QString& path);

/// Whether the `ffmpeg` and `ffprobe` programs can be run.
[[nodiscard]] bool haveFfmpeg();
/// Runs ffmpeg with `arguments` (existing files are overwritten). Returns what went wrong, else
/// nothing.
[[nodiscard]] QString runFfmpeg(const QStringList& arguments, const QByteArray& standardInput = {});
/// Whether ffmpeg has the encoder.
[[nodiscard]] bool haveEncoder(const QString& name);

/// Where the shared test data lies: $MCJ_TEST_DATA or ../shared/data beside the tree; empty where
/// it is not there.
[[nodiscard]] QString testDataFolder();
/// A file or folder of the collected cases ("video/jump.ts"), in $MCJ_TEST_CASES or
/// ../shared/cases beside the tree; empty where it is not there.
[[nodiscard]] QString sharedCase(const QString& name);

}  // namespace mcj::test
