#pragma once

#include <QString>
#include <QStringList>

#include "media/base/frame.h"

namespace mcj::test {

/// Writes a video whose every frame carries its number as a bar code of 20 upright bars, so that it
/// is read off any picture, also after lossy coding. `coding`: the encoder's options and those of
/// the container that the ending names. Returns what went wrong, else nothing.
[[nodiscard]] QString writeNumbered(int frames, SizePx size, const QStringList& coding,
                                    const QString& path);

/// The number in the bar code of a picture (H x W x 3), whatever its size.
[[nodiscard]] FrameIndex numberIn(const Raster<std::uint8_t>& rgb);

/// H.264 that is made and decoded fast, with a key frame every `gop` frames.
[[nodiscard]] QStringList fastX264(int gop);

}  // namespace mcj::test
