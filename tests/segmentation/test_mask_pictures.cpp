// What the pixels of PNGs stand for that are given as masks: labels or shades.
#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "tests/segmentation/made_masks.h"
#include "tests/segmentation/soft_pictures.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

PngImage grey(const Shades& shades) {
    PngImage png;
    png.kind = PngKind::Grey;
    png.values8 = shades;
    return png;
}

/// Every channel from a function of the shade.
PngImage coloured(const Shades& shades, PngKind kind, int (*value)(int shade, int channel)) {
    PngImage png;
    png.kind = kind;
    png.values8 = Raster<std::uint8_t>(shades.size(), pngChannels(kind));
    for (int y = 0; y < shades.height(); ++y) {
        for (int x = 0; x < shades.width(); ++x) {
            for (int c = 0; c < png.values8.channels(); ++c) {
                png.values8.at(y, x, c) = static_cast<std::uint8_t>(value(shades.at(y, x), c));
            }
        }
    }
    return png;
}

PngImage asRgb(const Shades& shades) {
    return coloured(shades, PngKind::Rgb, [](int shade, int) { return shade; });
}

PngImage sixteenBits(const Shades& shades) {
    PngImage png;
    png.kind = PngKind::Grey;
    png.bitDepth = 16;
    png.values16 = Raster<std::uint16_t>(shades.size(), 1);
    for (std::size_t i = 0; i < shades.values().size(); ++i) {
        png.values16.values()[i] = static_cast<std::uint16_t>(shades.values()[i] * 257);
    }
    return png;
}

PngImage greyPalette(const Shades& shades) {
    PngImage png = grey(shades);
    png.kind = PngKind::Palette;
    for (int i = 0; i < 256; ++i) {
        const auto value = static_cast<std::uint8_t>(i);
        png.palette.push_back({value, value, value});
    }
    return png;
}

std::map<QString, PngImage> softPictures() {
    return {
        {"antialiased 2 x 2", grey(antialiasedDisc(2))},
        {"antialiased 4 x 4", grey(antialiasedDisc(4))},
        {"antialiased 16 x 16", grey(antialiasedDisc(16))},
        {"blurred a little", grey(blurredDisc(0.6))},
        {"blurred", grey(blurredDisc(3.0))},
        {"blurred widely", grey(blurredDisc(12.0))},
        {"enlarged", grey(enlargedDisc())},
        {"lossy", grey(lossyDisc())},
        {"photograph", grey(greyPhoto())},
        {"16 bits", sixteenBits(antialiasedDisc(8))},
        {"grey palette", greyPalette(antialiasedDisc(8))},
        {"white as RGB", asRgb(antialiasedDisc(8))},
        {"lossy as RGB", asRgb(lossyDisc())},
        {"red as RGB", coloured(antialiasedDisc(8), PngKind::Rgb,
                                [](int shade, int c) { return c == 0 ? shade : 0; })},
        {"DAVIS red of few shades",
         coloured(antialiasedDisc(2), PngKind::Rgb,
                  [](int shade, int c) { return c == 0 ? (shade + 1) / 64 * 32 : 0; })},
        {"grey with alpha", coloured(antialiasedDisc(8), PngKind::GreyAlpha,
                                     [](int shade, int c) { return c == 0 ? shade : 255; })},
        {"white in alpha alone", coloured(antialiasedDisc(8), PngKind::RgbAlpha,
                                          [](int shade, int c) { return c == 3 ? shade : 255; })},
        {"black in alpha alone", coloured(antialiasedDisc(8), PngKind::GreyAlpha,
                                          [](int shade, int c) { return c == 1 ? shade : 0; })},
        {"hard in alpha alone", coloured(blurredDisc(1e-3), PngKind::RgbAlpha,
                                         [](int shade, int c) { return c == 3 ? shade : 255; })},
    };
}

std::map<QString, PngImage> labelMaps() {
    const auto same = [](int i) { return i; };
    const auto shuffled = [](int i) { return i * 101 % 251; };
    PngImage davis = grey(randomMask({61, 37}, 256, 5).labels);
    davis.kind = PngKind::Palette;
    davis.palette = davisPalette();
    // Soft edges in the labels of DAVIS's own palette are what somebody meant.
    PngImage davisSoft = grey(antialiasedDisc(4));
    davisSoft.kind = PngKind::Palette;
    davisSoft.palette = davisPalette();
    PngImage trimap = grey(blurredDisc(1e-3));
    for (int y = 0; y < kSoftSize.height; ++y) {
        for (int x = 0; x < kSoftSize.width; ++x) {
            if (std::abs(discDistance(y, x)) < 4.0) trimap.values8.at(y, x) = 128;
        }
    }
    return {
        {"one object", grey(blurredDisc(1e-3))},
        {"100 cells", grey(cellMap({160, 120}, 100, same))},
        {"100 small cells", grey(cellMap({64, 48}, 100, shuffled))},
        {"250 cells", grey(cellMap({160, 120}, 250, shuffled))},
        {"100 blocks that touch", grey(blockMap({80, 60}, 10, 10, 0))},
        {"100 blocks apart", grey(blockMap({160, 120}, 10, 10, 3))},
        {"254 strips", grey(blockMap({508, 40}, 254, 1, 0))},
        {"rectangles and specks", grey(randomMask({160, 120}, 256, 2).labels)},
        {"object, band and void", trimap},
        {"DAVIS palette", davis},
        {"DAVIS palette, soft", davisSoft},
        {"grey as RGB", asRgb(blockMap({80, 60}, 4, 3, 2))},
        {"without an object", grey(Shades(kSoftSize, 1))},
    };
}

QString messageOf(const std::function<void()>& act) {
    const auto outcome = runGuarded([&] {
        act();
        return 0;
    });
    if (outcome.ok()) return {};
    return QString::fromStdString(std::string(outcome.error().what()) + " | " +
                                  outcome.error().hint());
}

class TestMaskPictures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void softPicturesAreRefusedOrThresholded_data() {
        QTest::addColumn<QString>("name");
        for (const auto& [name, png] : softPictures()) QTest::newRow(qPrintable(name)) << name;
    }

    void softPicturesAreRefusedOrThresholded() {
        QFETCH(QString, name);
        const fs::path path = file("soft.png");
        writePng(path, softPictures().at(name));
        const QString refused = messageOf([&] { (void)MaskFolder({path}); });
        QVERIFY2(refused.contains("soft.png") && refused.contains("--mask-threshold T"),
                 qPrintable(refused));
        QVERIFY(reasonAgainstLabels(path));
        const Mask mask = MaskFolder({path}, {.threshold = 128}).read(0);
        QVERIFY((objectsIn(mask) & ~ObjectSet().set(1)).none());
        if (name == "photograph") return;
        // Coloured edges are darker than white ones: what is sure are the middle and the outside.
        const std::int64_t bright = areaOf(MaskFolder({path}, {.threshold = 30}).read(0), 1);
        QVERIFY2(bright > 800 && bright < 4000, qPrintable(QString::number(bright)));
        QCOMPARE(int(MaskFolder({path}, {.threshold = 30}).read(0).labels.at(30, 41)), 1);
    }

    void theThresholdIsWhereTheObjectBegins() {
        const Shades shades = blurredDisc(4.0);
        writePng(file("t.png"), grey(shades));
        for (const int threshold : {1, 60, 128, 255}) {
            const Mask mask = MaskFolder({file("t.png")}, {.threshold = threshold}).read(0);
            for (std::size_t i = 0; i < shades.values().size(); ++i) {
                QCOMPARE(mask.labels.values()[i] == 1, shades.values()[i] >= threshold);
            }
        }
    }

    void labelMapsStayWhatTheyAre_data() {
        QTest::addColumn<QString>("name");
        for (const auto& [name, png] : labelMaps()) QTest::newRow(qPrintable(name)) << name;
    }

    void labelMapsStayWhatTheyAre() {
        QFETCH(QString, name);
        const fs::path path = file("labels.png");
        writePng(path, labelMaps().at(name));
        QVERIFY2(!reasonAgainstLabels(path), qPrintable(name));
        const PngImage png = labelMaps().at(name);
        Mask expected(Raster<std::uint8_t>(png.size(), 1));
        for (int y = 0; y < png.size().height; ++y) {
            for (int x = 0; x < png.size().width; ++x) {
                expected.labels.at(y, x) = png.values8.at(y, x);
            }
        }
        expected = normalizeImportedMask(expected);
        QVERIFY(MaskFolder({path}).read(0) == expected);
        // A threshold is for other pictures.
        QVERIFY(MaskFolder({path}, {.threshold = 128}).read(0) == expected);
    }

    void greyAsRgbIsDecidedOverAllMasks() {
        // (128, 128, 128) is a colour of DAVIS's palette, (77, 77, 77) is not.
        const auto square = [&](const std::string& name, std::uint8_t value) {
            Shades shades(kSoftSize, 1);
            for (int y = 10; y < 30; ++y) {
                for (int x = 10; x < 30; ++x) shades.at(y, x) = value;
            }
            writePng(file(name), asRgb(shades));
            return file(name);
        };
        const fs::path first = square("0.png", 128);
        const fs::path second = square("4.png", 77);
        const MaskFolder both({first, second});
        QCOMPARE(int(highestObject(both.read(0))), 128);
        QCOMPARE(int(highestObject(both.read(1))), 77);
        const MaskFolder turned({second, first});
        QCOMPARE(int(highestObject(turned.read(1))), 128);
        QCOMPARE(int(highestObject(MaskFolder({first}).read(0))), 128);
        // Colours of the palette beside it say that it was expanded from that palette.
        PngImage red = coloured(blurredDisc(1e-3), PngKind::Rgb,
                                [](int shade, int c) { return c == 0 && shade > 0 ? 128 : 0; });
        writePng(file("8.png"), red);
        const MaskFolder expanded({first, file("8.png")});
        QCOMPARE(int(highestObject(expanded.read(0))), 7);
        QCOMPARE(int(highestObject(expanded.read(1))), 1);
    }

    void aSetWithSoftPicturesIsThresholdedAlike() {
        // In the second picture the object is nearly gone: two pixels of edge alone.
        Shades nearlyGone(kSoftSize, 1);
        nearlyGone.at(5, 5) = 200;
        nearlyGone.at(5, 6) = 90;
        nearlyGone.at(5, 4) = 255;
        writePng(file("a.png"), grey(antialiasedDisc(8)));
        writePng(file("b.png"), grey(nearlyGone));
        writeDavisMask(file("c.png"), diskMask(kSoftSize, {20, 20}, 6, 3));
        const MaskFolder masks({file("a.png"), file("b.png"), file("c.png")}, {.threshold = 128});
        QCOMPARE(areaOf(masks.read(1), 1), std::int64_t{2});
        QVERIFY(masks.read(2) == diskMask(kSoftSize, {20, 20}, 6, 3));
        // The shape lies in the alpha channel of one: of the other as well, where it is empty.
        const auto inAlpha = [](int shade, int c) { return c == 3 ? shade : 255; };
        writePng(file("a.png"), coloured(antialiasedDisc(8), PngKind::RgbAlpha, inAlpha));
        writePng(file("b.png"), coloured(Shades(kSoftSize, 1), PngKind::RgbAlpha, inAlpha));
        const MaskFolder alpha({file("b.png"), file("a.png")}, {.threshold = 128});
        QVERIFY(objectsIn(alpha.read(0)).none());
        QVERIFY(objectsIn(alpha.read(1)).test(1));
    }

    void meaningOf255IsDecidedOverAllMasks() {
        const Mask only = diskMask({20, 20}, {9, 9}, 4, kVoid);
        Mask both = diskMask({20, 20}, {9, 9}, 4, 1);
        both.labels.at(0, 0) = kVoid;
        writeIndexedPng(file("1.png"), {only.labels, {}});
        writeIndexedPng(file("2.png"), {both.labels, {}});
        const MaskFolder masks({file("1.png"), file("2.png")});
        QVERIFY(masks.read(0) == only);
        QVERIFY(masks.read(1) == both);
    }

    void otherKindsOfPicturesAreNamed_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("kind");
        QTest::newRow("JPEG") << QByteArray("\xff\xd8\xff\xe0 jpeg", 9) << "JPEG";
        QTest::newRow("TIFF") << QByteArray("II*\0 tiff", 9) << "TIFF";
        QTest::newRow("TIFF, big-endian") << QByteArray("MM\0* tiff", 9) << "TIFF";
        QTest::newRow("BMP") << QByteArray("BM\x36\0\0\0 bmp", 10) << "BMP";
        QTest::newRow("GIF") << QByteArray("GIF89a gif", 10) << "GIF";
        QTest::newRow("WebP") << QByteArray("RIFF\0\0\0\0WEBPVP8 ", 16) << "WebP";
    }

    void otherKindsOfPicturesAreNamed() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, kind);
        std::ofstream(file("m.png"), std::ios::binary).write(bytes.data(), bytes.size());
        const QString text = messageOf([&] { (void)MaskFolder({file("m.png")}); });
        QVERIFY2(text.contains("is a " + kind + " image, but masks must be PNG"), qPrintable(text));
        QVERIFY2(!text.contains("damaged"), qPrintable(text));
        const QString png = messageOf([&] { (void)readIndexedPng(file("m.png")); });
        QVERIFY2(png.contains("is a " + kind + " image, not a PNG"), qPrintable(png));
        std::ofstream(file("m.png"), std::ios::binary) << "no picture at all";
        const QString other = messageOf([&] { (void)MaskFolder({file("m.png")}); });
        QVERIFY2(other.contains("damaged"), qPrintable(other));
    }

    void theSharedLabelMapsAreLabelMaps() {
        const char* given = std::getenv("MCJ_TEST_DATA");
        const fs::path root = given != nullptr ? fs::path(given) : MCJ_SOURCE_DIR "/../shared/data";
        if (!fs::is_directory(root / "davis")) QSKIP("the data folder is not here");
        for (const SequenceLayout& sequence : discoverSequences(root / "davis")) {
            for (const FrameMaskFile& mask : sequence.masks) {
                QVERIFY2(!reasonAgainstLabels(mask.path), mask.path.c_str());
            }
        }
        for (const auto& entry : fs::recursive_directory_iterator(root / "semseg")) {
            const std::string folder = entry.path().parent_path().filename().string();
            const bool labels = folder.find("annot") != std::string::npos ||
                                folder.find("label") != std::string::npos ||
                                folder.find("Segmentation") != std::string::npos;
            if (!labels || entry.path().extension() != ".png") continue;
            QVERIFY2(!reasonAgainstLabels(entry.path()), entry.path().c_str());
        }
    }

private:
    [[nodiscard]] fs::path file(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    QTemporaryDir folder_;
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskPictures)
#include "test_mask_pictures.moc"
