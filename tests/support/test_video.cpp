#include "tests/support/test_video.h"

#include <QByteArray>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>
#include <cmath>

namespace mcj::test {

namespace {

constexpr int kProcessMs = 600000;

// Smooth, without repetition inside small pictures, and different in each channel.
std::uint8_t textureAt(float x, float y, int layer, int channel) {
    const float phase = static_cast<float>(layer) * 1.7F + static_cast<float>(channel) * 0.9F;
    const float waves = std::sin(0.31F * x + 0.17F * y + phase) +
                        std::sin(0.13F * x - 0.29F * y + 2.1F * phase) +
                        std::sin(0.071F * x + 0.053F * y + 0.6F * phase);
    const float level = 127.5F + 38.0F * waves + (layer % 2 == 0 ? 0.0F : 10.0F);
    return static_cast<std::uint8_t>(std::lround(std::fmin(std::fmax(level, 0.0F), 255.0F)));
}

}  // namespace

int MovingScene::discAt(float x, float y, int t) const {
    for (int i = static_cast<int>(discs_.size()) - 1; i >= 0; --i) {
        const MovingDisc& disc = discs_[static_cast<std::size_t>(i)];
        const float dx = x - disc.centre.x - disc.velocity.x * static_cast<float>(t);
        const float dy = y - disc.centre.y - disc.velocity.y * static_cast<float>(t);
        if (dx * dx + dy * dy <= disc.radiusPx * disc.radiusPx) return i;
    }
    return -1;
}

Raster<std::uint8_t> MovingScene::picture(int t) const {
    Raster<std::uint8_t> rgb(size_, 3);
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x) {
            const int disc = discAt(static_cast<float>(x), static_cast<float>(y), t);
            const PointF velocity =
                disc < 0 ? backgroundVelocity_ : discs_[static_cast<std::size_t>(disc)].velocity;
            const float ownX = static_cast<float>(x) - velocity.x * static_cast<float>(t);
            const float ownY = static_cast<float>(y) - velocity.y * static_cast<float>(t);
            for (int c = 0; c < 3; ++c) rgb.at(y, x, c) = textureAt(ownX, ownY, disc + 1, c);
        }
    }
    return rgb;
}

FlowField MovingScene::flow(int t) const {
    FlowField flow(size_);
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x) {
            const int disc = discAt(static_cast<float>(x), static_cast<float>(y), t);
            flow.set(
                y, x,
                disc < 0 ? backgroundVelocity_ : discs_[static_cast<std::size_t>(disc)].velocity);
        }
    }
    return flow;
}

FlowField MovingScene::backwardFlow(int t) const {
    FlowField back = flow(t + 1);
    for (float& value : back.vectors.values()) value = -value;
    return back;
}

Raster<std::uint8_t> MovingScene::mask(int t) const {
    Raster<std::uint8_t> labels(size_, 1);
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x) {
            labels.at(y, x) = static_cast<std::uint8_t>(
                discAt(static_cast<float>(x), static_cast<float>(y), t) + 1);
        }
    }
    return labels;
}

QString runFfmpeg(const QStringList& arguments, const QByteArray& standardInput) {
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    QStringList all{"-hide_banner", "-loglevel", "error", "-y"};
    if (standardInput.isEmpty()) all << "-nostdin";
    process.start("ffmpeg", all + arguments);
    if (!process.waitForStarted()) return "ffmpeg cannot be started";
    process.write(standardInput);
    process.closeWriteChannel();
    if (!process.waitForFinished(kProcessMs)) return "ffmpeg does not finish";
    if (process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0) return {};
    return "ffmpeg " + arguments.join(' ') + ": " + QString::fromUtf8(process.readAll());
}

QString writeLossless(const MovingScene& scene, int count, const QString& path) {
    QByteArray raw;
    for (int t = 0; t < count; ++t) {
        const Raster<std::uint8_t> rgb = scene.picture(t);
        raw.append(reinterpret_cast<const char*>(rgb.data()), static_cast<qsizetype>(rgb.bytes()));
    }
    const QString size = QString("%1x%2").arg(scene.size().width).arg(scene.size().height);
    return runFfmpeg({"-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-framerate",
                      "25", "-i", "-", "-c:v", "ffv1", "-pix_fmt", "gbrp", path},
                     raw);
}

bool haveFfmpeg() {
    return !QStandardPaths::findExecutable("ffmpeg").isEmpty() &&
           !QStandardPaths::findExecutable("ffprobe").isEmpty();
}

bool haveEncoder(const QString& name) {
    static const QString encoders = [] {
        QProcess process;
        process.start("ffmpeg", {"-hide_banner", "-encoders"});
        if (!process.waitForFinished(kProcessMs)) return QString();
        return QString::fromUtf8(process.readAllStandardOutput());
    }();
    return encoders.contains(' ' + name + ' ');
}

QString testDataFolder() {
    const QString named = qEnvironmentVariable("MCJ_TEST_DATA");
    const QString folder =
        named.isEmpty() ? QStringLiteral(MCJ_SOURCE_DIR "/../shared/data") : named;
    return QDir(folder).exists() ? QDir::cleanPath(folder) : QString();
}

QString sharedCase(const QString& name) {
    const QString named = qEnvironmentVariable("MCJ_TEST_CASES");
    const QString folder =
        named.isEmpty() ? QStringLiteral(MCJ_SOURCE_DIR "/../shared/cases") : named;
    const QString path = QDir(folder).filePath(name);
    return QFileInfo::exists(path) ? QDir::cleanPath(path) : QString();
}

}  // namespace mcj::test
