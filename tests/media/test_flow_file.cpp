#include "media/io/flow_file.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/video/tracking.hpp>
#include <random>

#include "media/base/error.h"
#include "media/io/array_file.h"
#include "media/io/image_file.h"

namespace {

namespace fs = std::filesystem;
using mcj::FlowFormat;

constexpr FlowFormat kFormats[] = {FlowFormat::Flo, FlowFormat::KittiPng, FlowFormat::Pfm,
                                   FlowFormat::Npy, FlowFormat::Exr};

/// Vectors up to +-300 px with every seventh unknown; sides that no reader rounds.
mcj::FlowField someFlow(mcj::SizePx size) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(-300.0F, 300.0F);
    mcj::FlowField flow(size);
    int count = 0;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            flow.set(y, x, {uniform(random), uniform(random)});
            if (++count % 7 == 0) {
                flow.set(y, x, {mcj::FlowField::kUnknown, mcj::FlowField::kUnknown});
            }
        }
    }
    return flow;
}

/// The largest difference of a component; infinity where size or known pixels differ.
float worstDifference(const mcj::FlowField& a, const mcj::FlowField& b) {
    if (a.size() != b.size()) return INFINITY;
    float worst = 0.0F;
    for (int y = 0; y < a.size().height; ++y) {
        for (int x = 0; x < a.size().width; ++x) {
            const mcj::PointF p = a.at(y, x);
            const mcj::PointF q = b.at(y, x);
            if (mcj::FlowField::known(p) != mcj::FlowField::known(q)) return INFINITY;
            if (!mcj::FlowField::known(p)) continue;
            worst = std::max({worst, std::abs(p.x - q.x), std::abs(p.y - q.y)});
        }
    }
    return worst;
}

void writeBytes(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

std::string bytesOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string raw(const void* data, std::size_t count) {
    return {static_cast<const char*>(data), count};
}

/// The message of the Error{Input} that reading throws; empty where it does not.
QString complaint(const fs::path& path) {
    try {
        (void)mcj::readFlow(path);
    } catch (const mcj::Error& error) {
        return error.code() == mcj::ErrorCode::Input ? QString(error.what()) : QString();
    }
    return {};
}

fs::path dataFolder() {
    const QByteArray given = qgetenv("MCJ_TEST_DATA");
    return given.isEmpty() ? fs::path(MCJ_SOURCE_DIR) / ".." / "shared" / "data"
                           : fs::path(given.toStdString());
}

class TestFlowFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFormatReturnsWhatWasWritten() {
        const mcj::FlowField flow = someFlow({37, 23});
        for (const FlowFormat format : kFormats) {
            const fs::path path = file(std::string("a").append(mcj::flowExtension(format)));
            const auto report = mcj::writeFlow(path, flow, format);
            QCOMPARE(report.clampedVectors, 0);
            const float worst = worstDifference(mcj::readFlow(path), flow);
            // KITTI rounds to 1/64 px; the others keep every bit.
            QVERIFY2(worst <= (format == FlowFormat::KittiPng ? 1.0F / 128.0F : 0.0F),
                     qPrintable(QString::fromStdString(path) + QString::number(worst)));
        }
        QCOMPARE(std::distance(fs::directory_iterator(folder_.path().toStdString()), {}), 5);
    }

    void theFormatIsKnownByContentNotByName() {
        const mcj::FlowField flow = someFlow({5, 4});
        for (const FlowFormat format : kFormats) {
            mcj::writeFlow(file("nameless"), flow, format);
            QVERIFY(worstDifference(mcj::readFlow(file("nameless")), flow) <= 1.0F / 128.0F);
        }
    }

    void floIsTheSameToOpenCv() {
        const mcj::FlowField flow = someFlow({31, 17});
        mcj::writeFlow(file("a.flo"), flow, FlowFormat::Flo);
        const cv::Mat theirs = cv::readOpticalFlow(file("a.flo").string());
        QCOMPARE(theirs.size(), cv::Size(31, 17));
        for (int y = 0; y < 17; ++y) {
            for (int x = 0; x < 31; ++x) {
                const auto vector = theirs.at<cv::Point2f>(y, x);
                const mcj::PointF ours = flow.at(y, x);
                if (mcj::FlowField::known(ours)) {
                    QVERIFY(vector.x == ours.x && vector.y == ours.y);
                } else {
                    QVERIFY(vector.x == 1e10F && vector.y == 1e10F);
                }
            }
        }
        QVERIFY(cv::writeOpticalFlow(file("b.flo").string(), theirs));
        QCOMPARE(worstDifference(mcj::readFlow(file("b.flo")), flow), 0.0F);
    }

    void kittiIsTheSameToOpenCv() {
        const mcj::FlowField flow = someFlow({31, 17});
        mcj::writeFlow(file("a.png"), flow, FlowFormat::KittiPng);
        const cv::Mat bgr = cv::imread(file("a.png").string(), cv::IMREAD_UNCHANGED);
        QCOMPARE(bgr.type(), CV_16UC3);
        for (int y = 0; y < 17; ++y) {
            for (int x = 0; x < 31; ++x) {
                const auto pixel = bgr.at<cv::Vec3w>(y, x);  // valid, v, u
                const mcj::PointF ours = flow.at(y, x);
                QCOMPARE(pixel[0], mcj::FlowField::known(ours) ? 1 : 0);
                if (pixel[0] == 0) {
                    QVERIFY(pixel[1] == 0 && pixel[2] == 0);
                    continue;
                }
                QVERIFY(std::abs((pixel[2] - 32768.0F) / 64.0F - ours.x) <= 1.0F / 128.0F);
                QVERIFY(std::abs((pixel[1] - 32768.0F) / 64.0F - ours.y) <= 1.0F / 128.0F);
            }
        }
    }

    void kittiClampsAndCounts() {
        mcj::FlowField flow({5, 1});
        flow.set(0, 0, {-512.0F, 511.984375F});  // the ends of the range
        flow.set(0, 1, {-512.1F, 0.0F});
        flow.set(0, 2, {0.0F, 600.0F});
        flow.set(0, 3, {INFINITY, -INFINITY});
        flow.set(0, 4, {mcj::FlowField::kUnknown, 700.0F});
        const auto report = mcj::writeFlow(file("c.png"), flow, FlowFormat::KittiPng);
        QCOMPARE(report.clampedVectors, 3);
        const mcj::FlowField back = mcj::readFlow(file("c.png"));
        QVERIFY((back.at(0, 0) == mcj::PointF{-512.0F, 511.984375F}));
        QVERIFY((back.at(0, 1) == mcj::PointF{-512.0F, 0.0F}));
        QVERIFY((back.at(0, 2) == mcj::PointF{0.0F, 511.984375F}));
        QVERIFY((back.at(0, 3) == mcj::PointF{511.984375F, -512.0F}));
        QVERIFY(!mcj::FlowField::known(back.at(0, 4)));
    }

    void unknownIsTheFormatsOwnMark() {
        mcj::FlowField flow({3, 1});
        flow.set(0, 0, {mcj::FlowField::kUnknown, 2.0F});  // one NaN makes both unknown
        flow.set(0, 1, {2e9F, 0.0F});                      // past the format's bound
        flow.set(0, 2, {1.0F, -1.0F});
        mcj::writeFlow(file("u.flo"), flow, FlowFormat::Flo);
        const std::string bytes = bytesOf(file("u.flo"));
        QCOMPARE(bytes.size(), 12U + 3U * 8U);
        QCOMPARE(bytes.substr(0, 4), std::string("PIEH"));
        float values[6];
        std::memcpy(values, bytes.data() + 12, sizeof(values));
        for (int i = 0; i < 4; ++i) QCOMPARE(values[i], 1e10F);
        QVERIFY(values[4] == 1.0F && values[5] == -1.0F);
        const mcj::FlowField back = mcj::readFlow(file("u.flo"));
        QVERIFY(std::isnan(back.at(0, 0).x) && std::isnan(back.at(0, 0).y));
        QVERIFY(std::isnan(back.at(0, 1).x) && std::isnan(back.at(0, 1).y));
    }

    void pfmIsReadInBothByteOrdersBottomRowFirst() {
        // Two rows of one pixel: the file's first row is the lower one.
        const float values[] = {1.0F, 2.0F, 0.0F, 3.0F, 4.0F, 0.0F};
        std::string little;
        std::string big;
        for (const float value : values) {
            const auto bits = std::bit_cast<std::uint32_t>(value);
            for (int i = 0; i < 4; ++i) little += static_cast<char>(bits >> (8 * i));
            for (int i = 3; i >= 0; --i) big += static_cast<char>(bits >> (8 * i));
        }
        writeBytes(file("l.pfm"), "PF\n1 2\n-1.0\n" + little);
        writeBytes(file("b.pfm"), "PF\n1 2\n1.0\n" + big);
        for (const char* name : {"l.pfm", "b.pfm"}) {
            const mcj::FlowField flow = mcj::readFlow(file(name));
            QVERIFY((flow.size() == mcj::SizePx{1, 2}));
            QVERIFY((flow.at(0, 0) == mcj::PointF{3.0F, 4.0F}));
            QVERIFY((flow.at(1, 0) == mcj::PointF{1.0F, 2.0F}));
        }
    }

    void npyIsReadWithChannelsFirstToo() {
        const mcj::FlowField flow = someFlow({6, 4});
        mcj::FloatArray planar{{2, 4, 6}, {}};
        for (int c = 0; c < 2; ++c) {
            for (int y = 0; y < 4; ++y) {
                for (int x = 0; x < 6; ++x) planar.values.push_back(flow.vectors.at(y, x, c));
            }
        }
        mcj::writeNpy(file("chw.npy"), planar);
        QCOMPARE(worstDifference(mcj::readFlow(file("chw.npy")), flow), 0.0F);
        planar.shape = {1, 2, 4, 6};
        mcj::writeNpy(file("bchw.npy"), planar);
        QCOMPARE(worstDifference(mcj::readFlow(file("bchw.npy")), flow), 0.0F);
        planar.shape = {8, 6};
        mcj::writeNpy(file("flat.npy"), planar);
        QVERIFY(complaint(file("flat.npy")).contains("H x W x 2"));
    }

    void headersThatLieAreRefusedBeforeMemoryIsTaken() {
        const std::int32_t lies[][2] = {
            {2147483647, 2147483647}, {65537, 1}, {0, 5}, {-3, 5}, {65536, 65536}};
        for (const auto& sides : lies) {
            writeBytes(file("lie.flo"), "PIEH" + raw(sides, 8) + std::string(64, '\0'));
            QVERIFY(complaint(file("lie.flo")).contains("lie.flo"));
        }
        for (const char* header :
             {"PF\n2147483648 2\n-1\n", "PF\n65536 65536\n-1\n", "PF\n1 1\n0\n", "PF\n1 1\nnan\n",
              "PF\n-1 1\n-1\n", "PF\nx 1\n-1\n", "PF\n1", "PF\n"}) {
            writeBytes(file("lie.pfm"), header + std::string(12, 'x'));
            QVERIFY2(complaint(file("lie.pfm")).contains("lie.pfm"), header);
        }
        // A PNG whose header was changed to about 60000 x 60000.
        mcj::writeFlow(file("lie.png"), someFlow({4, 4}), FlowFormat::KittiPng);
        std::string png = bytesOf(file("lie.png"));
        png[18] = png[22] = '\xEA';
        writeBytes(file("lie.png"), png);
        QVERIFY(complaint(file("lie.png")).contains("lie.png"));
    }

    void everyTruncationIsAnErrorThatNamesTheFile() {
        for (const FlowFormat format : kFormats) {
            mcj::writeFlow(file("whole"), someFlow({7, 5}), format);
            const std::string bytes = bytesOf(file("whole"));
            for (std::size_t length = 0; length < bytes.size(); length += 3) {
                writeBytes(file("cut"), bytes.substr(0, length));
                QVERIFY2(complaint(file("cut")).contains("cut"),
                         qPrintable(QString("%1 bytes of %2")
                                        .arg(length)
                                        .arg(QString::fromStdString(mcj::flowExtension(format)))));
            }
        }
    }

    void whatIsNoFlowIsNamed() {
        QVERIFY(complaint(file("missing.flo")).contains("missing.flo"));
        QVERIFY(complaint(folder_.path().toStdString()).contains("regular file"));
        writeBytes(file("text"), "hello, this is no flow");
        QVERIFY(complaint(file("text")).contains("not a flow file"));
        mcj::writeRgbPng(file("picture.png"), mcj::Raster<std::uint8_t>({4, 4}, 3));
        QVERIFY(complaint(file("picture.png")).contains("16 bits"));
    }

    void exrSaysThatVPointsDown() {
        mcj::writeFlow(file("a.exr"), someFlow({4, 4}), FlowFormat::Exr);
        std::string bytes = bytesOf(file("a.exr"));
        const std::size_t at = bytes.find("down", bytes.find("flowVAxis"));
        QVERIFY(at != std::string::npos);
        for (const char* text : {"forward.u", "forward.v", "flowConvention"}) {
            QVERIFY(bytes.find(text) != std::string::npos);
        }
        // The attribute is not decoration: a file whose v points up is turned round on reading.
        const std::size_t sizeAt = at - 4;
        bytes.replace(at, 4, "up");
        bytes[sizeAt] = 2;
        mcj::FlowField down = mcj::readFlow(file("a.exr"));
        // The table of offsets follows the header, now two bytes earlier.
        patchOffsets(bytes, -2);
        writeBytes(file("up.exr"), bytes);
        const mcj::FlowField up = mcj::readFlow(file("up.exr"));
        for (int y = 0; y < 4; ++y) {
            for (int x = 0; x < 4; ++x) {
                down.set(y, x, {down.at(y, x).x, -down.at(y, x).y});
            }
        }
        QCOMPARE(worstDifference(down, up), 0.0F);
    }

    void theTestDataReadsTheSameHereAndInOpenCv() {
        const fs::path root = dataFolder() / "flow";
        if (!fs::is_directory(root)) QSKIP("the flow data folder is not here");
        int files = 0;
        for (const auto& entry : fs::directory_iterator(root)) {
            const fs::path path = entry.path() / "flow.flo";
            if (!fs::exists(path)) continue;
            const mcj::FlowField ours = mcj::readFlow(path);
            const cv::Mat theirs = cv::readOpticalFlow(path.string());
            QCOMPARE(cv::Size(ours.size().width, ours.size().height), theirs.size());
            for (int y = 0; y < theirs.rows; ++y) {
                for (int x = 0; x < theirs.cols; ++x) {
                    const auto vector = theirs.at<cv::Point2f>(y, x);
                    const bool known = std::abs(vector.x) <= 1e9F && std::abs(vector.y) <= 1e9F;
                    QCOMPARE(mcj::FlowField::known(ours.at(y, x)), known);
                    if (known) QVERIFY((ours.at(y, x) == mcj::PointF{vector.x, vector.y}));
                }
            }
            ++files;
            if (fs::exists(entry.path() / "flow.png")) {
                QVERIFY(worstDifference(mcj::readFlow(entry.path() / "flow.png"), ours) <=
                        1.0F / 64.0F);
            }
        }
        QVERIFY(files > 0);
    }

private:
    fs::path file(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }

    /// Moves every entry of the chunk table of a small one-chunk EXR.
    static void patchOffsets(std::string& bytes, int by) {
        // One chunk: its offset is the only 64-bit value that points at a chunk of row 0.
        for (std::size_t at = 0; at + 16 <= bytes.size(); ++at) {
            std::uint64_t offset = 0;
            std::memcpy(&offset, bytes.data() + at, 8);
            if (offset != at + 8 - static_cast<std::size_t>(by)) continue;
            offset += static_cast<std::uint64_t>(static_cast<std::int64_t>(by));
            std::memcpy(bytes.data() + at, &offset, 8);
            return;
        }
    }

    QTemporaryDir folder_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestFlowFile)
#include "test_flow_file.moc"
