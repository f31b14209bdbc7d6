#include "tests/support/video_check.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <random>

namespace mcj::test {

namespace {

constexpr int kProcessMs = 120000;
// One small picture: what is asked for is decoded, not remembered.
constexpr std::size_t kHardlyAnyCache = 1 << 16;

struct ReadFrame {
    std::uint64_t hash = 0;
    std::optional<std::int64_t> pts;
};

SourceOptions withoutCache() {
    SourceOptions options;
    options.cacheBytes = kHardlyAnyCache;
    return options;
}

QString differs(const char* where, FrameIndex index, const FramePtr& frame,
                const ReadFrame& expected) {
    if (!frame) return QString("%1: frame %2 is missing").arg(where).arg(index);
    if (frame->index != index) return QString("%1: frame %2 is misnumbered").arg(where).arg(index);
    if (pixelHash(*frame) != expected.hash) {
        return QString("%1: frame %2 has other pixels").arg(where).arg(index);
    }
    if (frame->pts != expected.pts) {
        return QString("%1: frame %2 has another time").arg(where).arg(index);
    }
    return {};
}

QString readAtRandom(FrameSource& source, const char* where, const std::vector<ReadFrame>& expected,
                     int reads, unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < reads; ++i) {
        const auto index = static_cast<FrameIndex>(random() % expected.size());
        const QString problem =
            differs(where, index, source.read(index), expected[static_cast<std::size_t>(index)]);
        if (!problem.isEmpty()) return problem;
    }
    return {};
}

}  // namespace

QString probeVideo(const QString& path, ProbedVideo& probed) {
    QProcess process;
    process.start("ffprobe",
                  {"-v", "quiet", "-select_streams", "v:0", "-show_entries",
                   "frame=pts:stream=width,height:stream_side_data=rotation", "-of", "json", path});
    if (!process.waitForFinished(kProcessMs)) return "ffprobe does not finish";
    const QJsonObject all = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    const QJsonArray streams = all["streams"].toArray();
    if (streams.isEmpty()) return "ffprobe sees no video in " + path;
    const QJsonObject stream = streams[0].toObject();
    probed.size = {stream["width"].toInt(), stream["height"].toInt()};
    for (const QJsonValue side : stream["side_data_list"].toArray()) {
        if (side.toObject()["rotation"].toInt() % 180 != 0) {
            std::swap(probed.size.width, probed.size.height);
        }
    }
    probed.pts.clear();
    for (const QJsonValue frame : all["frames"].toArray()) {
        const QJsonValue pts = frame.toObject()["pts"];
        probed.pts.push_back(pts.isDouble() ? std::optional<std::int64_t>(pts.toInteger())
                                            : std::nullopt);
    }
    return {};
}

std::uint64_t pixelHash(const Frame& frame) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const std::uint8_t value : frame.rgb.values()) hash = (hash ^ value) * 0x100000001B3ULL;
    return hash;
}

QString compareWithProbe(const VideoInfo& info, const ProbedVideo& probed) {
    if (info.size != probed.size) {
        return QString("size %1x%2, ffprobe says %3x%4")
            .arg(info.size.width)
            .arg(info.size.height)
            .arg(probed.size.width)
            .arg(probed.size.height);
    }
    if (!info.frames) return "the count of frames is not known";
    if (*info.frames != static_cast<FrameIndex>(probed.pts.size())) {
        return QString("%1 frames, ffprobe says %2").arg(*info.frames).arg(probed.pts.size());
    }
    if (info.pts.size() != probed.pts.size()) return "not one timestamp a frame";
    for (std::size_t i = 0; i < probed.pts.size(); ++i) {
        if (info.pts[i] == probed.pts[i]) continue;
        const auto text = [](const std::optional<std::int64_t>& pts) {
            return pts ? QString::number(*pts) : QString("none");
        };
        return QString("frame %1 has the time %2, ffprobe says %3")
            .arg(i)
            .arg(text(info.pts[i]), text(probed.pts[i]));
    }
    return {};
}

QString compareRandomReads(const QString& path, int reads, unsigned seed, RandomReads sources) {
    const auto inOrder = openSource(path.toStdString(), withoutCache());
    std::vector<ReadFrame> expected;
    for (FrameIndex index = 0;; ++index) {
        const FramePtr frame = inOrder->read(index);
        if (!frame) break;
        expected.push_back({pixelHash(*frame), frame->pts});
    }
    if (expected.empty()) return "no frame can be read";
    QString problem = readAtRandom(*inOrder, "read in order before", expected, reads, seed + 2);
    if (!problem.isEmpty() || sources == RandomReads::SameSource) return problem;
    const auto scanned = openSource(path.toStdString(), withoutCache());
    scanToEnd(*scanned, nullptr);
    if (scanned->info().frames != static_cast<FrameIndex>(expected.size())) {
        return "the scan counts other frames than reading in order";
    }
    problem = readAtRandom(*scanned, "scanned", expected, reads, seed);
    if (!problem.isEmpty()) return problem;
    const auto fresh = openSource(path.toStdString(), withoutCache());
    problem = readAtRandom(*fresh, "not scanned", expected, reads, seed + 1);
    if (!problem.isEmpty()) return problem;
    if (scanned->read(static_cast<FrameIndex>(expected.size()))) return "a frame after the last";
    return {};
}

}  // namespace mcj::test
