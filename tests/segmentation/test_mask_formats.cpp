#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "segmentation/mask_export.h"
#include "segmentation/mask_formats/coco_shapes.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/mask_set_export.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
constexpr SizePx kSize{31, 23};

Mask filled(ObjectId label) {
    Mask mask(kSize);
    std::ranges::fill(mask.labels.values(), label);
    return mask;
}

/// Random labels, an empty mask, one pixel, a full frame, and objects that come and go.
std::vector<Mask> edgeCases() {
    Mask speck(kSize);
    speck.labels.at(kSize.height - 1, kSize.width - 1) = 2;
    return {randomMask(kSize, 5, 3), Mask(kSize), speck, filled(1), randomMask(kSize, 4, 9)};
}

MaskSet setOf(const std::vector<Mask>& masks) {
    MaskTrack track;
    for (std::size_t i = 0; i < masks.size(); ++i) {
        track.set(static_cast<FrameIndex>(i), makeEntry(masks[i], {}));
    }
    return maskSetOf(track, {}, masks.front().size(), 0, static_cast<FrameIndex>(masks.size()));
}

/// A set of one frame.
MaskSet setOf(FrameMasks masks, int objects) {
    MaskSet set;
    set.size = masks.size();
    set.end = 1;
    set.frames = {0};
    for (int id = 1; id <= objects; ++id) set.addObjects({id});
    set.read = [masks = std::move(masks)](FrameIndex) { return masks; };
    return set;
}

MaskSetExport to(const fs::path& folder, const MaskFormat& format) {
    MaskSetExport request;
    request.folder = folder;
    request.format = &format;
    return request;
}

MaskSet readBack(const fs::path& folder) {
    MaskReadRequest request;
    request.path = folder;
    return readMaskSet(detectMaskFormat(folder), request);
}

void writeText(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

std::string textOf(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void writeMask(const fs::path& path, const Mask& mask) {
    fs::create_directories(path.parent_path());
    writeDavisMask(path, mask);
}

/// The message with which reading ends; empty where it succeeds.
std::string refusal(const fs::path& path) {
    const auto outcome = runGuarded([&path] {
        const MaskSet set = readBack(path);
        for (const FrameIndex frame : set.frames) (void)set.read(frame);
        return true;
    });
    return outcome.ok() ? std::string() : std::string(outcome.error().what());
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool bothWays(const MaskFormat& format) {
    return format.read != nullptr && format.write != nullptr;
}

class TestMaskFormats : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFormatReadsBackWhatItWrote_data() {
        QTest::addColumn<QString>("id");
        for (const MaskFormat& format : maskFormats()) {
            if (bothWays(format)) QTest::newRow(format.id) << QString(format.id);
        }
    }
    void everyFormatReadsBackWhatItWrote() {
        QFETCH(QString, id);
        const MaskFormat& format = maskFormat(id.toStdString());
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "out";
        const std::vector<Mask> masks = edgeCases();
        MaskSet set = setOf(masks);
        set.objects.front().name = "Anna & \"<Bo>\"";
        set.objects.front().category = "person";
        set.source.size = kSize;
        set.source.frames = 5;
        set.source.timeBase = {1, 25};
        set.source.pts = {0, 1, 2, 3, 5};
        exportMaskSet(set, to(folder, format));
        QCOMPARE(QString(detectMaskFormat(folder).id), id);
        const MaskSet back = readBack(folder);
        QVERIFY(back.size == kSize);
        QCOMPARE(back.frames, set.frames);
        QCOMPARE(back.begin, FrameIndex{0});
        QCOMPARE(back.end, FrameIndex{5});
        for (std::size_t i = 0; i < masks.size(); ++i) {
            QVERIFY2(back.read(static_cast<FrameIndex>(i)).labels() == masks[i],
                     qPrintable(QString("frame %1").arg(i)));
        }
        QVERIFY(back.objects == set.objects);
        QVERIFY(back.source.pts == set.source.pts);
    }

    void gapsAndALateStartAreKept_data() { everyFormatReadsBackWhatItWrote_data(); }
    void gapsAndALateStartAreKept() {
        QFETCH(QString, id);
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "out";
        MaskTrack track;
        for (const FrameIndex frame : {3, 6}) {
            track.set(frame, makeEntry(diskMask(kSize, {10, 10}, 6, 2), {}));
        }
        MaskExportRequest request{folder, 2, 8, kSize};
        request.format = id.toStdString();
        exportMasks(track, request);
        const MaskSet back = readBack(folder);
        QVERIFY(back.frames == (std::vector<FrameIndex>{3, 6}));
        QCOMPARE(back.begin, FrameIndex{2});
        QCOMPARE(back.end, FrameIndex{8});
        QVERIFY(back.read(6).labels() == *track.mask(6));
    }

    void overlapsAreKeptOrNamed() {
        Raster<std::uint8_t> left(kSize, 1);
        Raster<std::uint8_t> all(kSize, 1, 1);
        for (int y = 0; y < kSize.height; ++y) std::fill_n(left.row(y), 9, std::uint8_t{1});
        const FrameMasks both(kSize, {{1, cocoRleOf(all)}, {2, cocoRleOf(left)}});
        QVERIFY(both.overlapping());
        const MaskSet set = setOf(both, 2);
        for (const MaskFormat& format : maskFormats()) {
            if (!bothWays(format)) continue;
            QTemporaryDir dir;
            const fs::path folder = fs::path(dir.path().toStdString()) / "out";
            MaskSetExport request = to(folder, format);
            if (format.traits.overlap) {
                exportMaskSet(set, request);
                QVERIFY2(readBack(folder).read(0).shapes() == both.shapes(), format.id);
                continue;
            }
            QCOMPARE(fitOf(set, format).lost.size(), std::size_t{1});
            QVERIFY_EXCEPTION_THROWN(exportMaskSet(set, request), Error);
            QVERIFY(!fs::exists(folder));
            request.loss = MaskLoss::Allow;
            exportMaskSet(set, request);
            const Mask flat = readBack(folder).read(0).labels();
            QCOMPARE(int{flat.labels.at(4, 3)}, 2);
            QCOMPARE(int{flat.labels.at(4, 12)}, 1);
        }
    }

    void threeHundredObjects() {
        Raster<std::uint16_t> labels({20, 15}, 1);
        for (std::size_t i = 0; i < 300; ++i) {
            labels.values()[i] = static_cast<std::uint16_t>(i + 1);
        }
        const MaskSet set = setOf(shapesOfLabels(labels), 300);
        for (const MaskFormat& format : maskFormats()) {
            if (!bothWays(format)) continue;
            QTemporaryDir dir;
            const fs::path folder = fs::path(dir.path().toStdString()) / "out";
            if (format.traits.highestId < 300) {
                QVERIFY(has(fitOf(set, format).lost.at(0), "46 objects"));
                continue;
            }
            exportMaskSet(set, to(folder, format));
            QVERIFY2(readBack(folder).read(0).wideLabels() == labels, format.id);
        }
    }

    void voidIsKeptOrNamed() {
        Mask mask = diskMask(kSize, {10, 10}, 5, 3);
        mask.labels.at(0, 0) = kVoid;
        const MaskSet set = setOf({mask, filled(kVoid)});
        for (const MaskFormat& format : maskFormats()) {
            if (!bothWays(format)) continue;
            QCOMPARE(fitOf(set, format).lost.empty(), format.traits.ignored);
            if (!format.traits.ignored) continue;
            QTemporaryDir dir;
            const fs::path folder = fs::path(dir.path().toStdString()) / "out";
            exportMaskSet(set, to(folder, format));
            QVERIFY2(readBack(folder).read(0).labels() == mask, format.id);
        }
    }

    void tableOfAreas() {
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "out";
        Mask mask(kSize);
        mask.labels.at(2, 3) = 1;
        mask.labels.at(5, 3) = 1;
        mask.labels.at(5, 7) = 1;
        MaskSet set = setOf({mask, Mask(kSize)});
        set.objects.front().name = "a, \"b\"";
        set.source.timeBase = {1, 10};
        set.source.pts = {0, 3};
        exportMaskSet(set, to(folder, maskFormat("csv")));
        QCOMPARE(textOf(folder / "areas.csv"),
                 std::string("frame,time_s,object,name,category,area_px,x0,y0,x1,y1\r\n"
                             "0,0.000000,1,\"a, \"\"b\"\"\",,3,3,2,8,6\r\n"
                             "1,0.300000,1,\"a, \"\"b\"\"\",,0,,,,\r\n"));
    }

    void cocoStringsAreThoseOfCocoapi() {
        // 3 x 2 pixels, columns (0 1), (1 1), (0 0): runs 1, 3, 2 are written as digits + 48.
        Raster<std::uint8_t> inside({3, 2}, 1);
        inside.at(1, 0) = inside.at(0, 1) = inside.at(1, 1) = 1;
        QCOMPARE(cocoCountsToString(cocoRleOf(inside).counts), std::string("132"));
        // A run of 40 needs two groups of five bits: 40 & 31 = 8 with the continuation bit, then 1.
        QCOMPARE(cocoCountsToString(std::vector<std::uint32_t>{40}), std::string("X1"));
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "out";
        exportMaskSet(setOf(FrameMasks(inside.size(), {{1, cocoRleOf(inside)}}), 1),
                      to(folder, maskFormat("coco")));
        const std::string text = textOf(folder / "annotations.json");
        QVERIFY2(has(text, R"("segmentation":{"size":[2,3],"counts":"132"},"area":3,)"
                           R"("bbox":[0,0,2,2])"),
                 text.c_str());
    }

    void cvatRunsGoRowByRowInsideTheBox() {
        Mask mask({6, 4});
        mask.labels.at(1, 3) = mask.labels.at(2, 2) = mask.labels.at(2, 3) = 1;
        QTemporaryDir dir;
        const fs::path folder = fs::path(dir.path().toStdString()) / "out";
        exportMaskSet(setOf({mask, Mask({6, 4})}), to(folder, maskFormat("cvat")));
        const std::string text = textOf(folder / "annotations.xml");
        const std::string pixels = R"(rle="1, 3" left="2" top="1" width="2" height="2")";
        QVERIFY2(has(text, R"(<mask frame="0" keyframe="1" outside="0" occluded="0" )" + pixels),
                 text.c_str());
        // The object has left in frame 1.
        QVERIFY(has(text, R"(<mask frame="1" keyframe="1" outside="1" occluded="0" )" + pixels));
    }

    void foreignFilesAreRead() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        writeText(root / "a.json",
                  R"({"images": [{"id": 7, "file_name": "v/00004.jpg", "width": 8, "height": 6}],
                      "categories": [{"id": 3, "name": "cat"}],
                      "annotations": [
                        {"image_id": 7, "category_id": 3, "segmentation": [[1,1,5,1,5,4,1,4]]},
                        {"image_id": 7, "category_id": 3,
                         "segmentation": {"size": [6, 8], "counts": [0, 1, 47]}}]})");
        const MaskSet coco = readBack(root / "a.json");
        QVERIFY(coco.frames == std::vector<FrameIndex>{4});
        QCOMPARE(coco.objects.size(), std::size_t{2});
        QCOMPARE(coco.objects[1].category, std::string("cat"));
        QCOMPARE(coco.notes.size(), std::size_t{1});
        const Mask labels = coco.read(4).labels();
        QCOMPARE(areaOf(labels, 1), std::int64_t{12});
        QVERIFY(boundsOf(labels, 1) == (BoxPx{1, 1, 5, 4}));
        QCOMPARE(int{labels.labels.at(0, 0)}, 2);

        writeText(root / "lm" / "frame_3.json",
                  R"({"shapes": [
                       {"label": "dog", "shape_type": "rectangle", "points": [[0,0],[2,3]]},
                       {"label": "dog", "points": [[4,0],[6,0],[6,2],[4,2]]}],
                      "imageHeight": 6, "imageWidth": 8})");
        const MaskSet labelme = readBack(root / "lm");
        QVERIFY(labelme.frames == std::vector<FrameIndex>{3});
        QCOMPARE(labelme.objects.at(0).name, std::string("dog"));
        QCOMPARE(areaOf(labelme.read(3).labels(), 1), std::int64_t{10});

        writeMask(root / "sav" / "000" / "00000.png", filled(1));
        QCOMPARE(readBack(root / "sav").objects.at(0).id, 1);
    }

    void annotationsOfSavAreRead() {
        QTemporaryDir dir;
        const fs::path file = fs::path(dir.path().toStdString()) / "sav_000001_manual.json";
        const auto written = [&file](const std::string& count, const std::string& first) {
            writeText(file, R"({"video_id": "sav_000001", "video_height": 2.0, "video_width": 3.0,)"
                            R"( "video_frame_count": )" +
                                count + R"(, "masklet_id": [0, 4], "masklet": [[)" + first +
                                R"(, {"size": [2, 3], "counts": "06"}],)"
                                R"( [{"size": [2, 3], "counts": "6"}]]})");
        };
        // 3 x 2 pixels: the run lengths of the test of COCO.
        written("6.0", R"({"size": [2, 3], "counts": "132"})");
        const MaskSet set = readBack(file);
        QVERIFY(set.frames == (std::vector<FrameIndex>{0, 4}));
        QVERIFY(set.size == (SizePx{3, 2}));
        QCOMPARE(set.objects.size(), std::size_t{2});
        QCOMPARE(set.objects[1].id, 5);
        QVERIFY(set.read(0).overlapping());
        QCOMPARE(factsOf(set.read(0).shapes().front().rle).area, std::int64_t{3});
        QVERIFY(set.read(4).shapes().empty());
        // One list for every frame.
        written("2.0", R"({"size": [2, 3], "counts": "132"})");
        QVERIFY(readBack(file).frames == (std::vector<FrameIndex>{0, 1}));
        written("4.0", R"({"size": [2, 3], "counts": "132"})");
        QVERIFY(has(refusal(file), "2 frames for a video of 4"));
        written("6.0", R"({"size": [2, 3], "counts": "13"})");
        QVERIFY(has(refusal(file), "masklet 0, object 0"));
        const auto exported = runGuarded([&] {
            return exportMaskSet(setOf({filled(1)}),
                                 to(file.parent_path() / "o", maskFormat("sa-v-json")));
        });
        QVERIFY(!exported.ok() && has(exported.error().what(), "not written"));
    }

    void badInputsNameFileAndEntry() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        const std::string head =
            R"({"images": [{"id": 1, "file_name": "0.jpg", "width": 8, "height": 6}],
                "annotations": [{"image_id": 1, "segmentation": )";
        const auto coco = [&](const std::string& segmentation) {
            writeText(root / "a.json", head + segmentation + "}]}");
            return refusal(root / "a.json");
        };
        const std::string entry = "a.json: annotation 0";
        for (const char* bad :
             {R"({"size": [6, 8], "counts": [3, 4]})", R"({"size": [8, 6], "counts": [48]})",
              R"({"size": [6, 8], "counts": "\u0001"})", R"({"size": [6, 8], "counts": [-1, 49]})",
              "[[1, 2, 3]]", "null"}) {
            const std::string said = coco(bad);
            QVERIFY2(has(said, entry), (bad + (": " + said)).c_str());
        }
        QVERIFY(has(coco(R"({"size": [6, 8], "counts": [3, 4]})"), "48"));
        writeText(root / "b.json", R"({"images": [)");
        QVERIFY(has(refusal(root / "b.json"), "b.json: it is not valid JSON"));
        writeText(root / "c.xml", "<annotations>\n<meta>\n</annotations>");
        QVERIFY(has(refusal(root / "c.xml"), "line 3"));
        writeText(root / "d.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><annotations/>");
        QVERIFY(has(refusal(root / "d.xml"), "document type"));
        writeText(root / "e.xml",
                  "<annotations><meta><task><size>2</size><original_size><width>8</width>"
                  "<height>6</height></original_size></task></meta>\n<track id=\"0\" label=\"a\">\n"
                  "<mask frame=\"5\" rle=\"1\" left=\"0\" top=\"0\" width=\"1\" height=\"1\"/>"
                  "</track></annotations>");
        QVERIFY(has(refusal(root / "e.xml"), "e.xml: line 3: frame is \"5\""));
        writeText(root / "f.txt", "0 1001 1 6 8 `0\n0 1002 1 6 8\n");
        QVERIFY(has(refusal(root / "f.txt"), "f.txt: line"));
        writeMask(root / "g" / "00000.png", filled(1));
        writeMask(root / "g" / "00001.png", Mask({4, 4}));
        QVERIFY(has(refusal(root / "g"), "00001.png is 4 x 4"));
        fs::create_directories(root / "none");
        QVERIFY(has(refusal(root / "none"), "no masks in a known format"));
        QVERIFY_EXCEPTION_THROWN((void)maskFormat("gif"), Error);
        QVERIFY_EXCEPTION_THROWN((void)parseWrittenFormats("coco,"), Error);
        QCOMPARE(parseWrittenFormats("coco,davis,coco").size(), std::size_t{2});
    }

    void sharedSequencesKeepTheirIndices() {
        const char* given = std::getenv("MCJ_TEST_DATA");
        const fs::path root =
            fs::path(given != nullptr ? given : MCJ_SOURCE_DIR "/../shared/data") / "davis";
        if (!fs::is_directory(root)) QSKIP("the data folder is not here");
        for (const char* name : {"judo", "bmx-trees"}) {
            QTemporaryDir dir;
            const fs::path out = dir.path().toStdString();
            const MaskSet set = readBack(root / name / "masks");
            exportMaskSet(set, to(out / "coco", maskFormat("coco")));
            exportMaskSet(readBack(out / "coco"), to(out / "davis", maskFormat("davis")));
            for (const fs::path& file : listMaskFiles(root / name / "masks")) {
                const auto frame = trailingNumber(file.stem().string());
                QVERIFY(frame.has_value());
                QVERIFY(readDavisMask(out / "davis" / davisFileName(*frame)) ==
                        readDavisMask(file));
            }
        }
    }

    void pycocotoolsAndPillowAgree() {
        const QString python = MCJ_SOURCE_DIR "/.deps/python/bin/python";
        if (QProcess::execute(python, {"-c", "import pycocotools.mask, PIL"}) != 0) {
            QSKIP("there is no Python with pycocotools and Pillow");
        }
        QTemporaryDir dir;
        const fs::path out = dir.path().toStdString();
        const MaskSet set = setOf(edgeCases());
        exportMaskSet(set, to(out / "coco", maskFormat("coco")));
        exportMaskSet(set, to(out / "davis", maskFormat("davis")));
        const std::vector<PolygonCorner> corners{{2.5, 1.25}, {27.9, 4}, {20.1, 21.7}, {6, 12.4}};
        writeText(out / "polygon.txt", cocoCountsToString(rleOfPolygon(corners, kSize).counts));
        QProcess process;
        process.start(python, {MCJ_SOURCE_DIR "/tests/segmentation/compare_masks.py", dir.path()});
        QVERIFY(process.waitForFinished(60000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskFormats)
#include "test_mask_formats.moc"
