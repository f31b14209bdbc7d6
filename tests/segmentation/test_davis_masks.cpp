#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>
#include <fstream>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

void touch(const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x";
}

fs::path dataFolder() {
    const char* given = std::getenv("MCJ_TEST_DATA");
    return given != nullptr ? fs::path(given) : fs::path(MCJ_SOURCE_DIR "/../shared/data");
}

class TestDavisMasks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readingInvertsWriting() {
        QTemporaryDir dir;
        const fs::path folder = dir.path().toStdString();
        for (std::uint32_t seed = 0; seed < 6; ++seed) {
            const Mask mask = randomMask({61, 37}, seed % 2 == 0 ? 256 : 3, seed);
            const fs::path file = folder / davisFileName(seed);
            writeDavisMask(file, mask);
            QVERIFY(readDavisMask(file) == mask);
            QVERIFY(readIndexedPng(file).palette.at(1) == (Rgb8{128, 0, 0}));
        }
        QCOMPARE(davisFileName(42), std::string("00042.png"));
        QCOMPARE(davisFileName(123456), std::string("123456.png"));
        QCOMPARE(listMaskFiles(folder).size(), std::size_t{6});
    }

    void meaningOf255IsTheFolders() {
        QTemporaryDir dir;
        const fs::path folder = dir.path().toStdString();
        const Mask only = diskMask({20, 20}, {9, 9}, 4, kVoid);
        writeDavisMask(folder / "1.png", only);
        writeDavisMask(folder / "2.png", diskMask({20, 20}, {9, 9}, 4, 1));
        QVERIFY(MaskFolder(listMaskFiles(folder)).read(0) == diskMask({20, 20}, {9, 9}, 4, 1));
        Mask both = diskMask({20, 20}, {9, 9}, 4, 1);
        both.labels.at(0, 0) = kVoid;
        writeDavisMask(folder / "10.png", both);
        const MaskFolder masks(listMaskFiles(folder));
        QCOMPARE(masks.files().back().filename().string(), std::string("10.png"));
        QVERIFY(masks.read(0) == only);
        QVERIFY(masks.read(2) == both);
    }

    void findsPlainSequences() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        for (const char* name : {"f/frames/a_1.jpg", "f/frames/a_2.jpg", "f/frames/a_10.jpg",
                                 "f/masks/00002.png", "f/masks/a_10.png", "f/frames/notes.txt",
                                 "g/frames/0.png", "g/masks/0.png", "other/file.txt"}) {
            touch(root / name);
        }
        const auto sequences = discoverSequences(root);
        QCOMPARE(sequences.size(), std::size_t{2});
        QCOMPARE(sequences[0].name, std::string("f"));
        QCOMPARE(sequences[0].frames.size(), std::size_t{3});
        QCOMPARE(sequences[0].masks.size(), std::size_t{2});
        QCOMPARE(sequences[0].masks[0].frame, FrameIndex{1});
        QCOMPARE(sequences[0].masks[1].frame, FrameIndex{2});
        QVERIFY(!sequences[0].fullTruth());
        QVERIFY(sequences[1].fullTruth());
        QCOMPARE(discoverSequences(root / "g").at(0).name, std::string("g"));
        QCOMPARE(discoverSequences(root / "g" / "").at(0).name, std::string("g"));
    }

    void findsTheOfficialLayout() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        for (const char* name : {"b", "a", "c"}) {
            for (const char* frame : {"00000", "00001"}) {
                touch(root / "JPEGImages/480p" / name / (std::string(frame) + ".jpg"));
                touch(root / "Annotations/480p" / name / (std::string(frame) + ".png"));
            }
        }
        QCOMPARE(discoverSequences(root).size(), std::size_t{3});
        touch(root / "ImageSets/2017/val.txt");
        std::ofstream(root / "ImageSets/2017/val.txt") << "c\na\n";
        const auto sequences = discoverSequences(root);
        QCOMPARE(sequences.size(), std::size_t{2});
        QCOMPARE(sequences[0].name, std::string("c"));
        QVERIFY(sequences[1].fullTruth());
    }

    void whatIsNotThereIsNamed() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        QVERIFY_EXCEPTION_THROWN((void)discoverSequences(root), Error);
        QVERIFY_EXCEPTION_THROWN((void)discoverSequences(root / "none"), Error);
        QVERIFY_EXCEPTION_THROWN((void)listMaskFiles(root), Error);
        QVERIFY_EXCEPTION_THROWN((void)listMaskFiles(root / "none"), Error);
        touch(root / "s/frames/1.jpg");
        touch(root / "s/masks/2.png");
        try {
            (void)discoverSequences(root);
            QFAIL("a mask without a frame must not be taken");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("2.png") != std::string::npos);
        }
        QVERIFY_EXCEPTION_THROWN((void)readDavisMask(root / "s/masks/2.png"), Error);
    }

    void readsTheSharedSequences() {
        const fs::path root = dataFolder() / "davis";
        if (!fs::is_directory(root)) QSKIP("the data folder is not here");
        const auto sequences = discoverSequences(root);
        int full = 0;
        for (const SequenceLayout& sequence : sequences) {
            full += sequence.fullTruth() ? 1 : 0;
            const Mask mask = readDavisMask(sequence.masks.front().path);
            QVERIFY(highestObject(mask) >= 1);
            QVERIFY(mask.size() == readRgbImage(sequence.frames.front()).size());
            if (sequence.name == "judo") QCOMPARE(sequence.masks.back().frame, FrameIndex{13});
        }
        QCOMPARE(full, static_cast<int>(sequences.size()) - 2);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestDavisMasks)
#include "test_davis_masks.moc"
