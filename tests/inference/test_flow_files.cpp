#include <QTest>

#include <QTemporaryDir>

#include <functional>

#include "inference/analysis/flow_files.h"
#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"

using namespace mcj;

namespace {

namespace fs = std::filesystem;
using Frames = std::vector<FrameIndex>;

constexpr SizePx kSize{8, 6};

/// Flow whose first vector says which file it is.
void write(const fs::path& file, float mark, FlowFormat format = FlowFormat::Flo) {
    fs::create_directories(file.parent_path());
    FlowField flow(kSize);
    flow.set(0, 0, {mark, 0.0F});
    writeFlow(file, flow, format);
}

Frames framesAt(const fs::path& path, std::optional<std::int64_t> firstPicture = {}) {
    return FlowFiles::open(path.string(), firstPicture)->frames();
}

/// The message and hint of the error, which has to be one of input.
std::string refusalOf(const std::function<void()>& work) {
    const auto outcome = runGuarded([&] {
        work();
        return true;
    });
    if (outcome.ok()) return "accepted";
    if (outcome.error().code() != ErrorCode::Input) return "another code";
    return outcome.error().what();
}

}  // namespace

class TestFlowFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        root_ = std::make_unique<QTemporaryDir>();
        folder_ = root_->path().toStdString();
    }

    void everyFormatIsReadByTheNumberOfItsFrame() {
        write(folder_ / "f0.flo", 1.0F);
        write(folder_ / "f1.png", 2.0F, FlowFormat::KittiPng);
        write(folder_ / "f2.pfm", 3.0F, FlowFormat::Pfm);
        write(folder_ / "f3.npy", 4.0F, FlowFormat::Npy);
        write(folder_ / "f10.exr", 5.0F, FlowFormat::Exr);
        writeTextAtomically(folder_ / "notes7.txt", "not flow");
        const FlowFilesPtr files = FlowFiles::open(folder_.string());
        QCOMPARE(files->frames(), (Frames{0, 1, 2, 3, 10}));
        float mark = 1.0F;
        for (const FrameIndex frame : files->frames()) {
            QCOMPARE(files->read(frame, kSize).at(0, 0).x, mark);
            mark += 1.0F;
        }
        QVERIFY(files->has(10));
        QVERIFY(!files->has(4));
        QCOMPARE(framesAt(folder_ / "f?.flo"), Frames{0});
    }

    void sintelAndKittiAreNumberedAsTheyAre() {
        for (const int number : {1, 2, 3}) {
            write(folder_ / "sintel" / ("frame_000" + std::to_string(number) + ".flo"), 0.0F);
            write(folder_ / "kitti" / ("00000" + std::to_string(number + 4) + "_10.png"), 0.0F,
                  FlowFormat::KittiPng);
        }
        QCOMPARE(framesAt(folder_ / "sintel"), (Frames{0, 1, 2}));
        QCOMPARE(framesAt(folder_ / "kitti"), (Frames{5, 6, 7}));
    }

    void numbersFollowThePicturesOfTheClip() {
        for (const char* name : {"p7.png", "p8.png", "p9.png"}) {
            fs::create_directories(folder_ / "clip");
            writeRgbPng(folder_ / "clip" / name, Raster<std::uint8_t>(kSize, 3, 10));
        }
        const auto first = firstPictureNumber((folder_ / "clip").string());
        QCOMPARE(first, std::optional<std::int64_t>(7));
        QCOMPARE(firstPictureNumber((folder_ / "clip" / "p7.png").string()),
                 std::optional<std::int64_t>());
        QCOMPARE(firstPictureNumber("no such folder"), std::optional<std::int64_t>());
        write(folder_ / "flow" / "a8.flo", 0.0F);
        write(folder_ / "flow" / "a9.flo", 0.0F);
        QCOMPARE(framesAt(folder_ / "flow", first), (Frames{1, 2}));
        // A lower number is not that of a picture, so the numbers are those of the frames.
        write(folder_ / "flow" / "a0.flo", 0.0F);
        QCOMPARE(framesAt(folder_ / "flow", first), (Frames{0, 8, 9}));
    }

    void ourOwnExportsHaveTheNumbersOfTheirFrames() {
        write(folder_ / "flow" / "000001.flo", 0.0F);
        write(folder_ / "flow" / "000002.flo", 0.0F);
        QCOMPARE(framesAt(folder_ / "flow"), (Frames{0, 1}));
        Manifest manifest;
        manifest.program = "mcjepa analyze";
        manifest.version = MCJ_VERSION;
        writeManifest(folder_ / "manifest.json", manifest);
        QCOMPARE(framesAt(folder_ / "flow"), (Frames{1, 2}));
    }

    void aSingleFileNeedsNoNumber() {
        write(folder_ / "flow.flo", 3.0F);
        const FlowFilesPtr files = FlowFiles::open((folder_ / "flow.flo").string());
        QCOMPARE(files->frames(), Frames{0});
        QCOMPARE(files->read(0, kSize).at(0, 0).x, 3.0F);
    }

    void whatCannotBeMatchedIsRefusedByName() {
        QVERIFY(refusalOf([&] { (void)FlowFiles::open("nowhere"); }).find("nowhere") !=
                std::string::npos);
        write(folder_ / "twice" / "a1.flo", 0.0F);
        write(folder_ / "twice" / "a1.pfm", 0.0F, FlowFormat::Pfm);
        QVERIFY(refusalOf([&] {
                    (void)FlowFiles::open((folder_ / "twice").string());
                }).find("same number") != std::string::npos);
        write(folder_ / "bare" / "a1.flo", 0.0F);
        write(folder_ / "bare" / "b.flo", 0.0F);
        QVERIFY(refusalOf([&] {
                    (void)FlowFiles::open((folder_ / "bare").string());
                }).find("b.flo") != std::string::npos);
        const FlowFilesPtr files = FlowFiles::open((folder_ / "twice" / "a1.flo").string());
        QVERIFY(refusalOf([&] { (void)files->read(0, {9, 6}); }).find("8 x 6") !=
                std::string::npos);
        QVERIFY(refusalOf([&] { (void)files->read(5, kSize); }).find("frame 5") !=
                std::string::npos);
    }

    void theIdChangesWithTheFiles() {
        write(folder_ / "a1.flo", 0.0F);
        const std::string path = folder_.string();
        const std::string before = FlowFiles::open(path)->id();
        QCOMPARE(FlowFiles::open(path)->id(), before);
        QVERIFY(isFlowFiles(before));
        QVERIFY(!flowNeedsEngine(before));
        QVERIFY(flowNeedsEngine("model"));
        QVERIFY(!flowNeedsEngine("dis"));
        // Another base gives the files to other frames.
        QVERIFY(FlowFiles::open(path, 0)->id() != before);
        write(folder_ / "a2.flo", 0.0F);
        QVERIFY(FlowFiles::open(path)->id() != before);
        const FlowFilesPtr files = FlowFiles::open(path);
        QCOMPARE(findFlowFiles(std::vector{files}, files->id()), files);
        QCOMPARE(findFlowFiles(std::vector{files}, before), FlowFilesPtr());
    }

private:
    std::unique_ptr<QTemporaryDir> root_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestFlowFiles)
#include "test_flow_files.moc"
