#include "media/io/image_file.h"

#include <png.h>

#include <QTemporaryDir>
#include <QtTest>
#include <cstdio>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <random>
#include <set>

#include "media/base/error.h"

namespace {

namespace fs = std::filesystem;

std::string bytesOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void writeBytes(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

template <typename Read>
QString complaint(Read&& read) {
    try {
        read();
    } catch (const mcj::Error& error) {
        return error.code() == mcj::ErrorCode::Input ? QString(error.what()) : QString();
    }
    return {};
}

struct Stored {
    int bitDepth = 8;
    int colorType = PNG_COLOR_TYPE_PALETTE;
    int interlace = PNG_INTERLACE_NONE;
};

/// A PNG written by libpng alone; values are a byte a sample.
void writeStored(const fs::path& path, mcj::Raster<std::uint8_t> values, Stored stored,
                 const std::vector<mcj::Rgb8>& palette = {}) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, static_cast<png_uint_32>(values.width()),
                 static_cast<png_uint_32>(values.height()), stored.bitDepth, stored.colorType,
                 stored.interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    std::vector<png_color> colors;
    for (const auto& color : palette) colors.push_back({color[0], color[1], color[2]});
    if (!colors.empty()) png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
    // Transparency of entry 0 must not make a reader expand the palette.
    const png_byte clear = 0;
    if (!colors.empty()) png_set_tRNS(png, info, &clear, 1, nullptr);
    png_write_info(png, info);
    png_set_packing(png);
    std::vector<png_bytep> rows;
    for (int y = 0; y < values.height(); ++y) rows.push_back(values.row(y));
    png_write_image(png, rows.data());
    png_write_end(png, nullptr);
    png_destroy_write_struct(&png, &info);
    std::fclose(file);
}

mcj::Raster<std::uint8_t> someValues(mcj::SizePx size, int channels, int levels) {
    std::mt19937 random(5);
    mcj::Raster<std::uint8_t> values(size, channels);
    for (auto& value : values.values()) {
        value = static_cast<std::uint8_t>(random() % static_cast<unsigned>(levels));
    }
    return values;
}

std::uint32_t crcOf(const std::string& bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int i = 0; i < 8; ++i) crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
    return ~crc;
}

class TestImageFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// First, while the codecs are not open yet: a failure is said and tried again.
    void missingCodecsAreADeviceError() {
        mcj::writeRgbPng(file("first.png"), someValues({5, 4}, 3, 256));
        qputenv("MCJ_PICTURES_LIBRARY", "/nowhere/libmcj_pictures.so");
        try {
            (void)mcj::readRgbImage(file("first.png"));
            QFAIL("read without codecs");
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Device);
            QVERIFY(QString(error.what()).contains("/nowhere/libmcj_pictures.so"));
        }
        qunsetenv("MCJ_PICTURES_LIBRARY");
        QCOMPARE(mcj::readRgbImage(file("first.png")).width(), 5);
    }

    void rgbPngReturnsWhatWasWritten() {
        const auto rgb = someValues({33, 19}, 3, 256);
        mcj::writeRgbPng(file("a.png"), rgb);
        QVERIFY(mcj::readRgbImage(file("a.png")) == rgb);
        const cv::Mat bgr = cv::imread(file("a.png").string());
        QCOMPARE(int(bgr.at<cv::Vec3b>(3, 5)[2]), int(rgb.at(3, 5, 0)));
    }

    void indicesAndPaletteSurvive() {
        const auto values = someValues({31, 13}, 1, 21);
        mcj::writeIndexedPng(file("m.png"), {values, mcj::davisPalette()});
        const mcj::IndexedImage back = mcj::readIndexedPng(file("m.png"));
        QVERIFY(back.indices == values);
        QVERIFY(back.palette == mcj::davisPalette());
        // To people it shows the palette's colours.
        const auto rgb = mcj::readRgbImage(file("m.png"));
        const auto color = mcj::davisPalette()[values.at(2, 7)];
        for (int c = 0; c < 3; ++c) QCOMPARE(rgb.at(2, 7, c), color[static_cast<std::size_t>(c)]);
    }

    void greyMasksKeepTheirValues() {
        const auto values = someValues({9, 4}, 1, 256);
        mcj::writeIndexedPng(file("g.png"), {values, {}});
        const mcj::IndexedImage back = mcj::readIndexedPng(file("g.png"));
        QVERIFY(back.indices == values);
        QVERIFY(back.palette.empty());
    }

    void shortPalettesAreContinued() {
        mcj::Raster<std::uint8_t> values({2, 1}, 1);
        values.at(0, 1) = 200;
        mcj::writeIndexedPng(file("s.png"), {values, {{1, 2, 3}}});
        const mcj::IndexedImage back = mcj::readIndexedPng(file("s.png"));
        QVERIFY(back.indices == values);
        QCOMPARE(back.palette.size(), std::size_t{201});
        QVERIFY((back.palette[0] == mcj::Rgb8{1, 2, 3}));
        QVERIFY(back.palette[200] == mcj::davisPalette()[200]);
    }

    void oneTwoAndFourBitsAreNeverScaled_data() {
        QTest::addColumn<int>("bits");
        QTest::addColumn<int>("colorType");
        QTest::addColumn<int>("interlace");
        for (const int bits : {1, 2, 4, 8}) {
            for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
                QTest::addRow("palette %d %d", bits, interlace)
                    << bits << int(PNG_COLOR_TYPE_PALETTE) << interlace;
                QTest::addRow("grey %d %d", bits, interlace)
                    << bits << int(PNG_COLOR_TYPE_GRAY) << interlace;
            }
        }
    }
    void oneTwoAndFourBitsAreNeverScaled() {
        QFETCH(int, bits);
        QFETCH(int, colorType);
        QFETCH(int, interlace);
        const auto values = someValues({29, 11}, 1, 1 << bits);
        std::vector<mcj::Rgb8> palette;
        if (colorType == PNG_COLOR_TYPE_PALETTE) {
            palette.assign(mcj::davisPalette().begin(), mcj::davisPalette().begin() + (1 << bits));
        }
        writeStored(file("b.png"), values, {bits, colorType, interlace}, palette);
        const mcj::IndexedImage back = mcj::readIndexedPng(file("b.png"));
        QVERIFY(back.indices == values);
        QVERIFY(back.palette == palette);
    }

    void rgbInDavisColoursIsMappedBack() {
        const auto values = someValues({17, 6}, 1, 256);
        mcj::Raster<std::uint8_t> rgb({17, 6}, 3);
        for (int y = 0; y < 6; ++y) {
            for (int x = 0; x < 17; ++x) {
                for (int c = 0; c < 3; ++c) {
                    rgb.at(y, x, c) =
                        mcj::davisPalette()[values.at(y, x)][static_cast<std::size_t>(c)];
                }
            }
        }
        mcj::writeRgbPng(file("d.png"), rgb);
        QVERIFY(mcj::readIndexedPng(file("d.png")).indices == values);
        rgb.at(3, 4, 0) = 1;
        rgb.at(3, 4, 1) = 2;
        rgb.at(3, 4, 2) = 3;
        mcj::writeRgbPng(file("d.png"), rgb);
        const QString text = complaint([&] { (void)mcj::readIndexedPng(file("d.png")); });
        QVERIFY2(text.contains("d.png") && text.contains("#010203") && text.contains("(4, 3)"),
                 qPrintable(text));
    }

    void whiteOnBlackSavedAsRgbIsItsGreyValue() {
        mcj::Raster<std::uint8_t> rgb({4, 2}, 3);
        for (int c = 0; c < 3; ++c) rgb.at(1, 2, c) = 255;
        mcj::writeRgbPng(file("w.png"), rgb);
        const mcj::IndexedImage image = mcj::readIndexedPng(file("w.png"));
        QCOMPARE(int(image.indices.at(1, 2)), 255);
        QCOMPARE(int(image.indices.at(0, 0)), 0);
    }

    void davisPaletteIsTheKnownOne() {
        const auto& palette = mcj::davisPalette();
        QCOMPARE(palette.size(), std::size_t{256});
        const std::vector<mcj::Rgb8> first = {{0, 0, 0},     {128, 0, 0},     {0, 128, 0},
                                              {128, 128, 0}, {0, 0, 128},     {128, 0, 128},
                                              {0, 128, 128}, {128, 128, 128}, {64, 0, 0}};
        QVERIFY(std::equal(first.begin(), first.end(), palette.begin()));
        QVERIFY((palette[255] == mcj::Rgb8{224, 224, 192}));
        QCOMPARE(std::set<mcj::Rgb8>(palette.begin(), palette.end()).size(), std::size_t{256});
    }

    void sixteenBitsSurvive() {
        for (const int channels : {1, 3}) {
            mcj::Raster<std::uint16_t> values({7, 5}, channels);
            std::uint16_t next = 1;
            for (auto& value : values.values()) {
                next = static_cast<std::uint16_t>(next * 77);
                value = next;
            }
            mcj::writePng16(file("h.png"), values);
            QVERIFY(mcj::readPng16(file("h.png")) == values);
            const cv::Mat theirs = cv::imread(file("h.png").string(), cv::IMREAD_UNCHANGED);
            QCOMPARE(theirs.depth(), CV_16U);
            QCOMPARE(int(theirs.ptr<std::uint16_t>(2)[0]), int(values.at(2, 0, channels - 1)));
        }
        QVERIFY(complaint([&] { (void)mcj::readIndexedPng(file("h.png")); }).contains("16 bits"));
        mcj::writeRgbPng(file("8.png"), mcj::Raster<std::uint8_t>({2, 2}, 3));
        QVERIFY(complaint([&] { (void)mcj::readPng16(file("8.png")); }).contains("8 bits"));
    }

    void sixteenBitPicturesAreRounded() {
        mcj::Raster<std::uint16_t> values({4, 1}, 1);
        const int stored[] = {128, 129, 0x01FF, 65535};
        const int expected[] = {0, 1, 2, 255};
        for (int x = 0; x < 4; ++x) values.at(0, x) = static_cast<std::uint16_t>(stored[x]);
        mcj::writePng16(file("r.png"), values);
        const auto rgb = mcj::readRgbImage(file("r.png"));
        for (int x = 0; x < 4; ++x) {
            for (int c = 0; c < 3; ++c) QCOMPARE(int(rgb.at(0, x, c)), expected[x]);
        }
    }

    void alphaIsDroppedNotMixedIn() {
        cv::Mat bgra(2, 2, CV_8UC4, cv::Scalar(10, 20, 30, 0));
        QVERIFY(cv::imwrite(file("alpha.png").string(), bgra));
        const auto rgb = mcj::readRgbImage(file("alpha.png"));
        QVERIFY(rgb.at(1, 1, 0) == 30 && rgb.at(1, 1, 1) == 20 && rgb.at(1, 1, 2) == 10);
    }

    void exifOrientationIsHonoured() {
        // Left half black, right half white, turned by a quarter for display: the black half is up.
        cv::Mat grey(16, 32, CV_8U, cv::Scalar(0));
        grey.colRange(16, 32).setTo(255);
        std::vector<std::uint8_t> jpeg;
        QVERIFY(cv::imencode(".jpg", grey, jpeg));
        const std::uint8_t exif[] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,    'M', 'M',
                                     0,    42,   0, 0,  0,   8,   0,   1,   1, 0x12, 0,   3,
                                     0,    0,    0, 1,  0,   6,   0,   0,   0, 0,    0,   0};
        jpeg.insert(jpeg.begin() + 2, std::begin(exif), std::end(exif));
        writeBytes(file("turned.jpg"), {jpeg.begin(), jpeg.end()});
        const auto rgb = mcj::readRgbImage(file("turned.jpg"));
        QVERIFY((rgb.size() == mcj::SizePx{16, 32}));
        QVERIFY(rgb.at(2, 8, 0) < 40 && rgb.at(29, 8, 0) > 215);
    }

    void damagedPicturesAreNamed() {
        QVERIFY(complaint([&] { (void)mcj::readRgbImage(file("no.png")); }).contains("no.png"));
        writeBytes(file("empty.png"), "");
        QVERIFY(complaint([&] { (void)mcj::readRgbImage(file("empty.png")); }).contains("empty"));
        writeBytes(file("text.jpg"), "not a picture at all");
        QVERIFY(complaint([&] { (void)mcj::readRgbImage(file("text.jpg")); }).contains("text.jpg"));
        cv::Mat noise(64, 64, CV_8UC3);
        cv::randu(noise, 0, 255);
        for (const char* name : {"cut.jpg", "cut.png"}) {
            QVERIFY(cv::imwrite(file(name).string(), noise));
            const std::string bytes = bytesOf(file(name));
            writeBytes(file(name), bytes.substr(0, bytes.size() / 2));
            const QString text = complaint([&] { (void)mcj::readRgbImage(file(name)); });
            QVERIFY2(text.contains(name), name);
        }
    }

    void everyTruncationOfAMaskIsAnError() {
        mcj::writeIndexedPng(file("whole.png"), {someValues({9, 9}, 1, 9), mcj::davisPalette()});
        const std::string bytes = bytesOf(file("whole.png"));
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            writeBytes(file("cut.png"), bytes.substr(0, length));
            QVERIFY(
                complaint([&] { (void)mcj::readIndexedPng(file("cut.png")); }).contains("cut.png"));
        }
    }

    void aHeaderThatClaimsTooMuchIsRefused() {
        mcj::writeIndexedPng(file("lie.png"), {someValues({9, 9}, 1, 9), {}});
        for (const std::uint32_t side : {60000U, 65537U, 0x7FFFFFFFU, 0U}) {
            std::string bytes = bytesOf(file("lie.png"));
            const auto put = [&bytes](std::size_t at, std::uint32_t value) {
                for (unsigned i = 0; i < 4; ++i) {
                    bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
                }
            };
            put(16, side);
            put(20, side);
            put(29, crcOf(bytes.substr(12, 17)));
            writeBytes(file("lie2.png"), bytes);
            QVERIFY(complaint([&] {
                        (void)mcj::readIndexedPng(file("lie2.png"));
                    }).contains("lie2.png"));
        }
    }

    void writingWhereNothingCanBeWrittenNamesTheFile() {
        const auto rgb = someValues({2, 2}, 3, 256);
        const QString text =
            complaint([&] { mcj::writeRgbPng(file("no/such/folder/a.png"), rgb); });
        QVERIFY2(text.contains("no/such/folder/a.png"), qPrintable(text));
    }

private:
    fs::path file(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    QTemporaryDir folder_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestImageFile)
#include "test_image_file.moc"
