#include <QTest>

#include <QDir>
#include <QTemporaryDir>

#include "inference/analysis/flow_pairs.h"
#include "media/base/error.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "media/io/natural_order.h"

using namespace mcj;

namespace {

namespace fs = std::filesystem;

void writePair(const fs::path& folder, SizePx size, FlowFormat format) {
    fs::create_directories(folder);
    writeRgbPng(folder / "frame1.png", Raster<std::uint8_t>(size, 3, 10));
    writeRgbPng(folder / "frame2.png", Raster<std::uint8_t>(size, 3, 20));
    FlowField flow(size);
    flow.set(1, 2, {1.5F, -2.0F});
    writeFlow(folder / (format == FlowFormat::Flo ? "flow.flo" : "flow.png"), flow, format);
}

}  // namespace

class TestFlowPairs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void natural() {
        QVERIFY(naturalLess("pair2", "pair10"));
        QVERIFY(!naturalLess("pair10", "pair2"));
        QVERIFY(naturalLess("a", "b"));
        QVERIFY(naturalLess("a", "a1"));
        QVERIFY(naturalLess("7", "0010"));
        QVERIFY(naturalLess("a007b", "a7c"));
        QVERIFY(!naturalLess("same", "same"));
        QVERIFY(naturalLess("123456789012345678901", "123456789012345678902"));
    }

    void findsAndReadsPairs() {
        const QTemporaryDir root;
        const fs::path folder = root.path().toStdString();
        writePair(folder / "set" / "p10", {8, 6}, FlowFormat::Flo);
        writePair(folder / "set" / "p2", {8, 6}, FlowFormat::KittiPng);
        fs::create_directories(folder / "notes");
        const auto pairs = findFlowPairs(folder);
        QCOMPARE(pairs.size(), std::size_t{2});
        QCOMPARE(pairs[0].name, std::string("set/p2"));
        QCOMPARE(pairs[1].name, std::string("set/p10"));
        const FlowPair first = readFlowPair(pairs[0], 0);
        const FlowPair second = readFlowPair(pairs[1], 1);
        QCOMPARE(first.truth.at(1, 2), (PointF{1.5F, -2.0F}));
        QCOMPARE(first.first->rgb.at(0, 0, 0), std::uint8_t{10});
        QCOMPARE(first.second->rgb.at(0, 0, 0), std::uint8_t{20});
        QVERIFY(first.first->source != second.first->source);
        QCOMPARE(first.first->source, first.second->source);
        QVERIFY(first.first->index != first.second->index);
        // A pair's own folder is a root, too.
        QCOMPARE(findFlowPairs(folder / "set" / "p10").size(), std::size_t{1});
    }

    void findsSintelsAndKittisOwnLayouts() {
        const QTemporaryDir root;
        const fs::path folder = root.path().toStdString();
        const Raster<std::uint8_t> picture(SizePx{8, 6}, 3, 10);
        for (const char* pass : {"clean", "final"}) {
            fs::create_directories(folder / "sintel/training" / pass / "alley_1");
            for (const char* frame : {"frame_0009.png", "frame_0010.png", "frame_0011.png"}) {
                writeRgbPng(folder / "sintel/training" / pass / "alley_1" / frame, picture);
            }
        }
        fs::create_directories(folder / "sintel/training/flow/alley_1");
        for (const char* frame : {"frame_0009.flo", "frame_0010.flo", "frame_0011.flo"}) {
            writeFlow(folder / "sintel/training/flow/alley_1" / frame, FlowField({8, 6}),
                      FlowFormat::Flo);
        }
        const auto sintel = findFlowPairs(folder / "sintel", PairLayout::Sintel);
        QCOMPARE(sintel.size(), std::size_t{4});  // the last frame has no successor
        QCOMPARE(sintel[0].name, std::string("clean/alley_1/0009"));
        QCOMPARE(sintel[0].second.filename().string(), std::string("frame_0010.png"));
        QCOMPARE(findFlowPairs(folder / "sintel/training", PairLayout::Sintel).size(),
                 std::size_t{4});

        fs::create_directories(folder / "kitti/training/image_2");
        fs::create_directories(folder / "kitti/training/flow_occ");
        writeRgbPng(folder / "kitti/training/image_2/000007_10.png", picture);
        writeRgbPng(folder / "kitti/training/image_2/000007_11.png", picture);
        writeFlow(folder / "kitti/training/flow_occ/000007_10.png", FlowField({8, 6}),
                  FlowFormat::KittiPng);
        const auto kitti = findFlowPairs(folder / "kitti", PairLayout::Kitti);
        QCOMPARE(kitti.size(), std::size_t{1});
        QCOMPARE(kitti[0].name, std::string("000007"));
        QCOMPARE(readFlowPair(kitti[0], 0).truth.size(), (SizePx{8, 6}));
        QVERIFY_EXCEPTION_THROWN((void)findFlowPairs(folder / "kitti", PairLayout::Sintel), Error);
    }

    void saysWhatIsWrong() {
        const QTemporaryDir root;
        const fs::path folder = root.path().toStdString();
        const auto messageOf = [](auto&& job) {
            const auto outcome = runGuarded(job);
            return outcome.ok() ? QString("no error") : QString(outcome.error().what());
        };
        QVERIFY(messageOf([&] { return findFlowPairs(folder); }).contains("no pairs"));
        QVERIFY(
            messageOf([&] { return findFlowPairs(folder / "nowhere"); }).contains("not a folder"));
        writePair(folder / "one", {8, 6}, FlowFormat::Flo);
        fs::remove(folder / "one" / "flow.flo");
        QVERIFY(messageOf([&] { return findFlowPairs(folder); }).contains("no ground-truth flow"));
        writeFlow(folder / "one" / "flow.flo", FlowField({9, 6}), FlowFormat::Flo);
        const auto pairs = findFlowPairs(folder);
        const auto outcome = runGuarded([&] { return readFlowPair(pairs.at(0), 0); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Input);
        QVERIFY(QString(outcome.error().what()).contains("9 x 6"));
    }
};

QTEST_GUILESS_MAIN(TestFlowPairs)
#include "test_flow_pairs.moc"
