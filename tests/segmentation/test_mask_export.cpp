#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <map>
#include <string>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_export.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/segmentation/made_masks.h"

namespace {
int flushedFiles = 0;
}

// In place of the library's: counts.
extern "C" int fsync(int) {
    ++flushedFiles;
    return 0;
}

namespace mcj {
namespace {

namespace fs = std::filesystem;
constexpr SizePx kSize{50, 40};

MaskTrack someTrack() {
    MaskTrack track;
    for (const FrameIndex frame : {2, 3, 5}) {
        track.set(frame, makeEntry(randomMask(kSize, 6, static_cast<std::uint32_t>(frame)), {}));
    }
    return track;
}

std::size_t entriesIn(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

class TestMaskExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void exportReadsBackAsTheTrack() {
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "masks";
        const MaskTrack track = someTrack();
        std::int64_t last = 0;
        const MaskExportReport report = exportMasks(track, {folder, 2, 7, kSize},
                                                    [&last](std::int64_t done, std::int64_t total) {
                                                        last = done;
                                                        return total == 5;
                                                    });
        QCOMPARE(report.files, std::int64_t{5});
        QCOMPARE(report.emptyFrames, std::int64_t{2});
        QCOMPARE(last, std::int64_t{5});
        QCOMPARE(entriesIn(folder), std::size_t{6});
        // Who reads a folder of masks does not stumble over the manifest.
        QCOMPARE(listMaskFiles(folder).size(), std::size_t{5});
        for (FrameIndex frame = 2; frame < 7; ++frame) {
            const MaskPtr mask = track.mask(frame);
            QVERIFY(readDavisMask(folder / davisFileName(frame)) == (mask ? *mask : Mask(kSize)));
        }
        QCOMPARE(entriesIn(dir.path().toStdString()), std::size_t{1});
    }

    void masksAreNotFlushedOneByOne() {
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "masks";
        flushedFiles = 0;
        exportMasks(someTrack(), {folder, 0, 40, kSize});
        // The manifest alone; the folder is flushed as a whole before it gets its name.
        QVERIFY2(flushedFiles <= 1, qPrintable(QString::number(flushedFiles)));
    }

    void theManifestSaysWhereMasksComeFrom() {
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "masks";
        MaskTrack track;
        const auto put = [&track](FrameIndex frame, MaskOrigin origin, ObjectId object) {
            MaskFacts facts;
            facts.origin = origin;
            track.set(frame, makeEntry(diskMask(kSize, {20, 20}, 8, object), facts));
        };
        put(1, MaskOrigin::Painted, 1);
        put(2, MaskOrigin::Painted, 1);
        put(3, MaskOrigin::Propagated, 1);
        put(4, MaskOrigin::Propagated, 3);
        put(6, MaskOrigin::Imported, 3);
        put(9, MaskOrigin::Painted, 7);  // not in the range
        MaskExportRequest request{folder, 1, 8, kSize};
        request.manifest.program = "a test";
        request.manifest.sourceSha256 = std::string(64, 'a');
        exportMasks(track, request);
        const Manifest manifest = readManifest(folder / "manifest.json");
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.program, request.manifest.program);
        QCOMPARE(manifest.sourceSha256, request.manifest.sourceSha256);
        const std::map<std::string, std::string> options{
            {"format", "davis"},   {"range", "1:8:1"}, {"objects", "1,3"},     {"painted", "1:3"},
            {"propagated", "3:5"}, {"imported", "6"},  {"without-mask", "5,7"}};
        QVERIFY(manifest.options == options);
        QCOMPARE(manifest.files.size(), std::size_t{7});
        for (const std::string& file : manifest.files) QVERIFY(fs::exists(folder / file));
    }

    void aStoppedExportLeavesNothing() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        try {
            exportMasks(someTrack(), {root / "masks", 0, 6, kSize},
                        [](std::int64_t done, std::int64_t) { return done < 3; });
            QFAIL("the stop was not heard");
        } catch (const Error& error) {
            QCOMPARE(int(error.code()), int(ErrorCode::Interrupted));
        }
        QCOMPARE(entriesIn(root), std::size_t{0});
    }

    void existingFoldersAreReplacedOnlyOnRequest() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        MaskExportRequest request{root / "masks" / "", 2, 4, kSize};
        fs::create_directory(root / "masks");
        std::ofstream(root / "masks" / "mine.txt") << "keep";
        QVERIFY_EXCEPTION_THROWN(exportMasks(someTrack(), request), Error);
        QVERIFY(fs::exists(root / "masks" / "mine.txt"));
        request.existing = ExistingFolder::Replace;
        exportMasks(someTrack(), request);
        QVERIFY(!fs::exists(root / "masks" / "mine.txt"));
        QCOMPARE(entriesIn(root / "masks"), std::size_t{3});
        QCOMPARE(entriesIn(root), std::size_t{1});
    }

    void wrongRequestsAreRefused() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        QVERIFY_EXCEPTION_THROWN(exportMasks(someTrack(), {root / "a" / "b", 0, 2, kSize}), Error);
        QVERIFY_EXCEPTION_THROWN(exportMasks(someTrack(), {root / "a", 2, 2, kSize}), Error);
        QVERIFY_EXCEPTION_THROWN(exportMasks(someTrack(), {root / "a", 2, 3, {5, 5}}), Error);
        QCOMPARE(entriesIn(root), std::size_t{0});
    }

    void blendingLeavesBackgroundAlone() {
        Raster<std::uint8_t> rgb(kSize, 3, 100);
        Mask mask = diskMask(kSize, {20, 20}, 8, 2);
        mask.labels.at(0, 0) = kVoid;
        const auto picture = blendMask(rgb, mask, {.opacity = 0.5F, .contourPx = 1});
        QCOMPARE(int{picture.at(39, 49, 1)}, 100);
        // DAVIS colour 2 is (0, 128, 0): half of it inside, all of it on the outline.
        QCOMPARE(int{picture.at(20, 20, 0)}, 50);
        QCOMPARE(int{picture.at(20, 20, 1)}, 114);
        QCOMPARE(int{picture.at(20, 28, 0)}, 0);
        QCOMPARE(int{picture.at(20, 28, 1)}, 128);
        QCOMPARE(int{picture.at(0, 0, 0)}, 114);
        QVERIFY(blendMask(rgb, mask, {.opacity = 0.0F, .contourPx = 0}) == rgb);
        QVERIFY(blendMask(rgb, Mask(kSize)) == rgb);
        QVERIFY_EXCEPTION_THROWN((void)blendMask(rgb, Mask({3, 3})), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskExport)
#include "test_mask_export.moc"
