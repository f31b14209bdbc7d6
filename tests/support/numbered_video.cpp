#include "tests/support/numbered_video.h"

#include "tests/support/test_video.h"

namespace mcj::test {
namespace {

constexpr int kBars = 20;
constexpr int kBarPx = 2;  // of the raw picture, which ffmpeg enlarges

}  // namespace

QString writeNumbered(int frames, SizePx size, const QStringList& coding, const QString& path) {
    QByteArray raw;
    raw.reserve(static_cast<qsizetype>(frames) * kBars * kBarPx * 2);
    for (int number = 0; number < frames; ++number) {
        for (int row = 0; row < 2; ++row) {
            for (int bar = 0; bar < kBars; ++bar) {
                const bool set = ((number >> bar) & 1) != 0;
                raw.append(kBarPx, set ? '\xdc' : '\x28');
            }
        }
    }
    const QString scale = QString("scale=%1:%2:flags=neighbor").arg(size.width).arg(size.height);
    return runFfmpeg(QStringList{"-f", "rawvideo", "-pix_fmt", "gray", "-video_size",
                                 QString("%1x2").arg(kBars * kBarPx), "-framerate", "25", "-i", "-",
                                 "-vf", scale, "-pix_fmt", "yuv420p"} +
                         coding + QStringList{path},
                     raw);
}

FrameIndex numberIn(const Raster<std::uint8_t>& rgb) {
    FrameIndex number = 0;
    for (int bar = 0; bar < kBars; ++bar) {
        const int x = (2 * bar + 1) * rgb.width() / (2 * kBars);
        if (rgb.at(rgb.height() / 2, x, 1) > 128) number |= FrameIndex{1} << bar;
    }
    return number;
}

QStringList fastX264(int gop) {
    return {"-c:v", "libx264", "-preset", "ultrafast", "-g", QString::number(gop)};
}

}  // namespace mcj::test
