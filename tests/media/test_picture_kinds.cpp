#include <tiffio.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <bit>
#include <cmath>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "media/base/error.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr int kWidth = 40;
constexpr int kHeight = 24;

/// 0 to 1, different everywhere and in each channel.
double levelAt(int x, int y, int c) {
    return (std::sin(0.21 * x + 0.9 * c) * std::cos(0.17 * y - 0.4 * c) + 1.0) / 2.0;
}

cv::Mat picture() {
    cv::Mat bgr(kHeight, kWidth, CV_8UC3);
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            for (int c = 0; c < 3; ++c) {
                bgr.at<cv::Vec3b>(y, x)[2 - c] =
                    static_cast<std::uint8_t>(std::lround(255.0 * levelAt(x, y, c)));
            }
        }
    }
    return bgr;
}

cv::Mat upright(const cv::Mat& stored, int orientation) {
    cv::Mat turned = stored;
    switch (orientation) {
    case 2: cv::flip(stored, turned, 1); break;
    case 3: cv::rotate(stored, turned, cv::ROTATE_180); break;
    case 4: cv::flip(stored, turned, 0); break;
    case 5: cv::transpose(stored, turned); break;
    case 6: cv::rotate(stored, turned, cv::ROTATE_90_CLOCKWISE); break;
    case 7:
        cv::transpose(stored, turned);
        cv::rotate(turned, turned, cv::ROTATE_180);
        break;
    case 8: cv::rotate(stored, turned, cv::ROTATE_90_COUNTERCLOCKWISE); break;
    default: break;
    }
    return turned;
}

int largestDifference(const Raster<std::uint8_t>& rgb, const cv::Mat& bgr) {
    if (rgb.size() != SizePx{bgr.cols, bgr.rows}) return 256;
    int largest = 0;
    for (int y = 0; y < rgb.height(); ++y) {
        for (int x = 0; x < rgb.width(); ++x) {
            for (int c = 0; c < 3; ++c) {
                largest =
                    std::max(largest, std::abs(rgb.at(y, x, c) - bgr.at<cv::Vec3b>(y, x)[2 - c]));
            }
        }
    }
    return largest;
}

QByteArray encoded(const char* ending, const cv::Mat& bgr, const std::vector<int>& options = {}) {
    std::vector<std::uint8_t> bytes;
    cv::imencode(ending, bgr, bytes, options);
    return {reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

QByteArray exifBlock(int orientation, bool big) {
    QByteArray block = big ? QByteArray::fromHex(
                                 "4d4d002a0000000800010112000300000001000000000000"
                                 "0000")
                           : QByteArray::fromHex(
                                 "49492a000800000001001201030001000000000000000000"
                                 "0000");
    block[big ? 19 : 18] = static_cast<char>(orientation);
    return block;
}

QByteArray number(quint32 value, bool big) {
    QByteArray bytes(4, 0);
    for (int i = 0; i < 4; ++i) {
        bytes[i] = static_cast<char>(value >> (8 * (big ? 3 - i : i)));
    }
    return bytes;
}

quint32 crcOf(const QByteArray& bytes) {
    quint32 crc = 0xFFFFFFFFU;
    for (const char c : bytes) {
        crc ^= static_cast<quint8>(c);
        for (int i = 0; i < 8; ++i) crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
    return ~crc;
}

QByteArray turnedPng(int orientation) {
    QByteArray png = encoded(".png", picture());
    const QByteArray named = "eXIf" + exifBlock(orientation, true);
    png.insert(33, number(static_cast<quint32>(named.size()) - 4, true) + named +
                       number(crcOf(named), true));
    return png;
}

QByteArray turnedWebP(int orientation) {
    const QByteArray plain = encoded(".webp", picture(), {cv::IMWRITE_WEBP_QUALITY, 101});
    QByteArray extended = QByteArray::fromHex("08000000");
    for (const int side : {kWidth - 1, kHeight - 1}) {
        extended += number(static_cast<quint32>(side), false).left(3);
    }
    const QByteArray exif = exifBlock(orientation, false);
    const QByteArray content = "WEBPVP8X" + number(10, false) + extended + plain.mid(12) + "EXIF" +
                               number(static_cast<quint32>(exif.size()), false) + exif;
    return "RIFF" + number(static_cast<quint32>(content.size()), false) + content;
}

QByteArray turnedJpeg(int orientation) {
    QByteArray jpeg = encoded(".jpg", picture(), {cv::IMWRITE_JPEG_QUALITY, 100});
    const QByteArray exif = QByteArray("Exif\0\0", 6) + exifBlock(orientation, true);
    QByteArray segment = QByteArray::fromHex("ffe1");
    segment += number(static_cast<quint32>(exif.size()) + 2, true).right(2) + exif;
    jpeg.insert(2, segment);
    return jpeg;
}

/// How a TIFF page is stored.
struct TiffPage {
    int format = SAMPLEFORMAT_UINT;
    int bits = 8;
    int channels = 3;
    int photometric = PHOTOMETRIC_RGB;
    int planar = PLANARCONFIG_CONTIG;
    int compression = COMPRESSION_NONE;
    bool tiled = false;
    int orientation = 1;
    int subfile = 0;
    double low = 0.0;  ///< what 0 and 1 of `levelAt` are stored as
    double high = 255.0;
    int shift = 0;  ///< moves the picture, to tell pages apart
};

void appendSample(QByteArray& row, double value, const TiffPage& page, int& bitsFree) {
    const auto put = [&row](auto number) {
        row.append(reinterpret_cast<const char*>(&number), sizeof(number));
    };
    if (page.format == SAMPLEFORMAT_IEEEFP) {
        if (page.bits == 32) return put(static_cast<float>(value));
        return put(value);
    }
    const auto whole = static_cast<std::int64_t>(std::llround(value));
    if (page.bits == 8) return put(static_cast<std::uint8_t>(whole));
    if (page.bits == 16) return put(static_cast<std::uint16_t>(whole));
    if (page.bits == 32) return put(static_cast<std::uint32_t>(whole));
    for (int bit = page.bits - 1; bit >= 0; --bit) {
        if (bitsFree == 0) {
            row.append('\0');
            bitsFree = 8;
        }
        --bitsFree;
        const int set = static_cast<int>(whole >> bit & 1);
        row[row.size() - 1] = static_cast<char>(row[row.size() - 1] | (set << bitsFree));
    }
}

QByteArray tiffRow(const TiffPage& page, int y, int first, int count, int x0, int x1) {
    QByteArray row;
    int bitsFree = 0;
    for (int x = x0; x < x1; ++x) {
        for (int c = first; c < first + count; ++c) {
            const double level =
                levelAt(std::min(x, kWidth - 1) + page.shift, std::min(y, kHeight - 1), c);
            appendSample(row, page.low + level * (page.high - page.low), page, bitsFree);
        }
    }
    return row;
}

void writeTiff(const QString& path, const std::vector<TiffPage>& pages) {
    TIFF* tiff = TIFFOpen(path.toStdString().c_str(), "w");
    for (const TiffPage& page : pages) {
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, kWidth);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, kHeight);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, page.bits);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, page.channels);
        TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, page.format);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, page.photometric);
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, page.planar);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, page.compression);
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, page.orientation);
        if (page.subfile != 0) TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, page.subfile);
        const bool planes = page.planar == PLANARCONFIG_SEPARATE;
        const int count = planes ? 1 : page.channels;
        if (page.tiled) {
            constexpr int kTile = 16;
            TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kTile);
            TIFFSetField(tiff, TIFFTAG_TILELENGTH, kTile);
            for (int first = 0; first < page.channels; first += count) {
                for (int y = 0; y < kHeight; y += kTile) {
                    for (int x = 0; x < kWidth; x += kTile) {
                        QByteArray tile;
                        for (int row = y; row < y + kTile; ++row) {
                            tile += tiffRow(page, row, first, count, x, x + kTile);
                        }
                        TIFFWriteTile(tiff, tile.data(), static_cast<std::uint32_t>(x),
                                      static_cast<std::uint32_t>(y), 0,
                                      static_cast<std::uint16_t>(first));
                    }
                }
            }
        } else {
            TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 7);
            for (int first = 0; first < page.channels; first += count) {
                for (int y = 0; y < kHeight; ++y) {
                    QByteArray row = tiffRow(page, y, first, count, 0, kWidth);
                    TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(y),
                                      static_cast<std::uint16_t>(first));
                }
            }
        }
        TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
}

bool warnsOf(const VideoInfo& info, const char* words) {
    return std::any_of(info.warnings.begin(), info.warnings.end(), [words](const auto& warning) {
        return warning.find(words) != std::string::npos;
    });
}

/// Pictures of every kind: upright, scaled by their type, all of a file's, and damage by name.
class TestPictureKinds : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void everyOrientationIsUpright_data();
    void everyOrientationIsUpright();
    void kindsAreToldByContent();
    void everySampleTypeIsRead_data();
    void everySampleTypeIsRead();
    void floatsOutsideTheUnitRangeAreSaid();
    void flatPicturesAreSaid();
    void pagesAreFrames();
    void animationsAreFrames_data();
    void animationsAreFrames();
    void stacksInAFolderAreSaid();
    void damagedPicturesAreNamed_data();
    void damagedPicturesAreNamed();
    void droppedTransparencyIsSaid();
    void sharedCases();

private:
    void write(const QString& name, const QByteArray& bytes) const {
        QFile file(folder_->filePath(name));
        if (file.open(QIODevice::WriteOnly)) file.write(bytes);
    }
    [[nodiscard]] std::string path(const QString& name = {}) const {
        return (name.isEmpty() ? folder_->path() : folder_->filePath(name)).toStdString();
    }
    [[nodiscard]] static VideoInfo scanned(const std::string& path) {
        const auto source = openSource(path);
        scanToEnd(*source, nullptr);
        return source->info();
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestPictureKinds::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(folder_->isValid());
}

void TestPictureKinds::everyOrientationIsUpright_data() {
    QTest::addColumn<QString>("ending");
    QTest::addColumn<int>("orientation");
    for (const char* ending : {"png", "webp", "jpg", "jfif", "tif"}) {
        for (int orientation = 1; orientation <= 8; ++orientation) {
            QTest::newRow(qPrintable(QString("%1 %2").arg(ending).arg(orientation)))
                << ending << orientation;
        }
    }
}

void TestPictureKinds::everyOrientationIsUpright() {
    QFETCH(QString, ending);
    QFETCH(int, orientation);
    const bool lossy = ending.startsWith('j');
    for (int i = 0; i < 3; ++i) {
        const QString name = QString("%1.%2").arg(i).arg(ending);
        if (ending == "png") write(name, turnedPng(orientation));
        if (ending == "webp") write(name, turnedWebP(orientation));
        if (lossy) write(name, turnedJpeg(orientation));
        if (ending == "tif") {
            TiffPage page;
            page.orientation = orientation;
            writeTiff(folder_->filePath(name), {page});
        }
    }
    cv::Mat stored = picture();
    if (lossy) {
        const QByteArray jpeg = encoded(".jpg", stored, {cv::IMWRITE_JPEG_QUALITY, 100});
        stored = cv::imdecode(std::vector<char>(jpeg.begin(), jpeg.end()), cv::IMREAD_COLOR);
    }
    const cv::Mat expected = upright(stored, orientation);
    QCOMPARE(largestDifference(readRgbImage(path("0." + ending)), expected), 0);
    const VideoInfo info = scanned(path());
    QCOMPARE(info.size, (SizePx{expected.cols, expected.rows}));
    QCOMPARE(info.frames, std::optional<FrameIndex>(3));
    QVERIFY2(info.warnings.empty(), info.warnings.empty() ? "" : info.warnings[0].c_str());
    QVERIFY(!info.damaged);
    // Alone, and under a name that says nothing.
    QVERIFY(QFile::rename(folder_->filePath("0." + ending), folder_->filePath("alone.dat")));
    QCOMPARE(scanned(path("alone.dat")).size, info.size);
}

void TestPictureKinds::kindsAreToldByContent() {
    write("jpeg.png", turnedJpeg(6));
    write("png.jpg", turnedPng(6));
    write("webp.tif", turnedWebP(6));
    for (const char* name : {"jpeg.png", "png.jpg", "webp.tif"}) {
        const VideoInfo info = scanned(path(name));
        QCOMPARE(info.size, (SizePx{kHeight, kWidth}));
        QCOMPARE(QString::fromStdString(info.codec), QString(name).section('.', 0, 0));
    }
}

void TestPictureKinds::everySampleTypeIsRead_data() {
    QTest::addColumn<int>("format");
    QTest::addColumn<int>("bits");
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    const auto row = [](const char* name, int format, int bits, double low, double high) {
        QTest::newRow(name) << format << bits << low << high;
    };
    row("unsigned 8", SAMPLEFORMAT_UINT, 8, 0.0, 255.0);
    row("unsigned 12", SAMPLEFORMAT_UINT, 12, 0.0, 4095.0);
    row("unsigned 16", SAMPLEFORMAT_UINT, 16, 0.0, 65535.0);
    row("unsigned 32", SAMPLEFORMAT_UINT, 32, 0.0, 4294967295.0);
    row("signed 8", SAMPLEFORMAT_INT, 8, -128.0, 127.0);
    row("signed 16", SAMPLEFORMAT_INT, 16, -32768.0, 32767.0);
    row("signed 32", SAMPLEFORMAT_INT, 32, -2147483648.0, 2147483647.0);
    row("float", SAMPLEFORMAT_IEEEFP, 32, 0.0, 1.0);
    row("double", SAMPLEFORMAT_IEEEFP, 64, 0.0, 1.0);
}

void TestPictureKinds::everySampleTypeIsRead() {
    QFETCH(int, format);
    QFETCH(int, bits);
    QFETCH(double, low);
    QFETCH(double, high);
    for (const int channels : {1, 3}) {
        for (const bool tiled : {false, true}) {
            for (const int planar : {PLANARCONFIG_CONTIG, PLANARCONFIG_SEPARATE}) {
                TiffPage page;
                page.format = format;
                page.bits = bits;
                page.low = low;
                page.high = high;
                page.channels = channels;
                page.photometric = channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
                page.planar = planar;
                page.tiled = tiled;
                page.compression = tiled ? COMPRESSION_LZW : COMPRESSION_NONE;
                writeTiff(folder_->filePath("type.tif"), {page});
                std::vector<std::string> notes;
                const auto rgb = readRgbImage(path("type.tif"), &notes);
                QVERIFY2(notes.empty(), notes.empty() ? "" : notes[0].c_str());
                for (int y = 0; y < kHeight; ++y) {
                    for (int x = 0; x < kWidth; ++x) {
                        for (int c = 0; c < 3; ++c) {
                            const double wanted = 255.0 * levelAt(x, y, channels == 3 ? c : 0);
                            QVERIFY(std::abs(rgb.at(y, x, c) - wanted) < 0.6);
                        }
                    }
                }
            }
        }
    }
}

void TestPictureKinds::floatsOutsideTheUnitRangeAreSaid() {
    TiffPage page;
    page.format = SAMPLEFORMAT_IEEEFP;
    page.bits = 32;
    page.channels = 1;
    page.photometric = PHOTOMETRIC_MINISBLACK;
    page.low = -100.0;
    page.high = 3000.0;
    writeTiff(folder_->filePath("wide.tif"), {page});
    const VideoInfo info = scanned(path("wide.tif"));
    QVERIFY(warnsOf(info, "not between 0 and 1"));
    const auto rgb = readRgbImage(path("wide.tif"));
    const auto [least, most] = std::minmax_element(rgb.values().begin(), rgb.values().end());
    QCOMPARE(int(*least), 0);
    QCOMPARE(int(*most), 255);
}

void TestPictureKinds::flatPicturesAreSaid() {
    TiffPage page;
    page.bits = 32;
    page.high = 255.0;
    writeTiff(folder_->filePath("dark.tif"), {page});
    QVERIFY(warnsOf(scanned(path("dark.tif")), "almost no contrast"));
}

void TestPictureKinds::pagesAreFrames() {
    std::vector<TiffPage> pages(4);
    for (int i = 0; i < 4; ++i) pages[static_cast<std::size_t>(i)].shift = 3 * i;
    TiffPage thumbnail = pages[0];
    thumbnail.subfile = FILETYPE_REDUCEDIMAGE;
    pages.insert(pages.begin() + 1, thumbnail);
    for (const char* name : {"stack.tif", "stack.dat"}) {
        writeTiff(folder_->filePath(name), pages);
        const auto source = openSource(path(name));
        scanToEnd(*source, nullptr);
        QCOMPARE(source->info().frames, std::optional<FrameIndex>(4));
        QCOMPARE(source->info().codec, std::string("tiff"));
        QVERIFY(source->info().warnings.empty());
        for (const int i : {3, 0, 2, 1, 3}) {
            const FramePtr frame = source->read(i);
            QVERIFY(frame);
            QCOMPARE(frame->index, FrameIndex(i));
            QCOMPARE(int(frame->rgb.at(5, 6, 1)),
                     int(std::lround(255.0 * levelAt(6 + 3 * i, 5, 1))));
        }
        QVERIFY(!source->read(4));
    }
    QFile file(folder_->filePath("stack.tif"));
    QVERIFY(file.resize(file.size() / 2));
    // libtiff writes a page's directory behind its pixels: the pages before the cut are whole.
    const VideoInfo cut = scanned(path("stack.tif"));
    QVERIFY(cut.damaged || *cut.frames < 4);
}

void TestPictureKinds::animationsAreFrames_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("coding");
    QTest::addColumn<QString>("encoder");
    const QStringList webp{"-c:v", "libwebp_anim", "-lossless", "1", "-f", "webp"};
    const QStringList apng{"-c:v", "apng", "-f", "apng"};
    QTest::newRow("WebP") << "a.webp" << webp << "libwebp_anim";
    QTest::newRow("WebP as PNG") << "webp.png" << webp << "libwebp_anim";
    QTest::newRow("APNG") << "a.apng" << apng << "apng";
    QTest::newRow("APNG as PNG") << "apng.png" << apng << "apng";
    QTest::newRow("GIF as PNG") << "gif.png" << QStringList{"-f", "gif"} << "gif";
}

void TestPictureKinds::animationsAreFrames() {
    QFETCH(QString, name);
    QFETCH(QStringList, coding);
    QFETCH(QString, encoder);
    if (!haveFfmpeg() || !haveEncoder(encoder)) QSKIP("this ffmpeg lacks the encoder");
    QCOMPARE(runFfmpeg(QStringList{"-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1"} +
                       coding + QStringList{folder_->filePath(name)}),
             QString());
    const auto source = openSource(path(name));
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(10));
    QCOMPARE(source->info().size, (SizePx{64, 48}));
    QVERIFY(!source->info().damaged);
    QVERIFY2(std::abs(source->info().averageFps - 10.0) < 0.2,
             qPrintable(QString::number(source->info().averageFps)));
    SourceOptions hardlyAnyCache;
    hardlyAnyCache.cacheBytes = 1;
    const auto again = openSource(path(name), hardlyAnyCache);
    for (const int i : {0, 9, 4, 5, 1, 9}) {
        const FramePtr frame = again->read(i);
        QVERIFY(frame && frame->pts);
        QVERIFY(frame->rgb == source->read(i)->rgb);
        if (i > 0) QVERIFY(!(frame->rgb == source->read(i - 1)->rgb));
    }
}

void TestPictureKinds::stacksInAFolderAreSaid() {
    writeTiff(folder_->filePath("0.tif"), std::vector<TiffPage>(3));
    QCOMPARE(scanned(path()).frames, std::optional<FrameIndex>(3));
    writeTiff(folder_->filePath("1.tif"), std::vector<TiffPage>(2));
    const VideoInfo info = scanned(path());
    QCOMPARE(info.frames, std::optional<FrameIndex>(2));
    QVERIFY(warnsOf(info, "contain several images"));
}

void TestPictureKinds::damagedPicturesAreNamed_data() {
    QTest::addColumn<QString>("ending");
    QTest::addColumn<double>("kept");
    for (const char* ending : {"png", "jpg", "webp", "tif", "bmp", "ppm"}) {
        for (const double kept : {0.0, 0.02, 0.5, 0.93}) {
            QTest::newRow(qPrintable(QString("%1 %2").arg(ending).arg(kept))) << ending << kept;
        }
    }
    QTest::newRow("a byte changed") << "png" << -0.5;
}

void TestPictureKinds::damagedPicturesAreNamed() {
    QFETCH(QString, ending);
    QFETCH(double, kept);
    const QByteArray whole = encoded(qPrintable("." + ending), picture());
    for (int i = 0; i < 6; ++i) {
        QByteArray bytes = whole;
        if (i == 2 || i == 4) {
            const auto at =
                static_cast<qsizetype>(std::abs(kept) * static_cast<double>(bytes.size()));
            if (kept < 0.0) {
                bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
            } else {
                bytes.truncate(at);
            }
        }
        write(QString("%1.%2").arg(i).arg(ending), bytes);
    }
    const VideoInfo info = scanned(path());
    QVERIFY(info.damaged);
    const QString text = QString::fromStdString(*info.damaged);
    QVERIFY2(text.contains("frame 2 ") && text.contains("2." + ending) &&
                 !text.contains("OpenCV", Qt::CaseInsensitive),
             qPrintable(text));
    QCOMPARE(info.frames, std::optional<FrameIndex>(6));
    QCOMPARE(info.unreadableFrames, FrameIndex(2));
    QCOMPARE(info.firstUnreadable, std::optional<FrameIndex>(2));
    QVERIFY(info.warnings.empty());
    const auto source = openSource(path());
    QVERIFY(source->read(1) && source->read(3) && source->read(5));
    for (const int bad : {2, 4}) {
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(source->read(bad)), Error);
    }
}

void TestPictureKinds::droppedTransparencyIsSaid() {
    cv::Mat clear(kHeight, kWidth, CV_8UC4, cv::Scalar(10, 20, 30, 40));
    for (const char* ending : {"png", "webp", "tif"}) {
        const QString name = QString("clear.") + ending;
        write(name,
              encoded(qPrintable(QString(".") + ending), clear, {cv::IMWRITE_WEBP_QUALITY, 101}));
        QVERIFY2(warnsOf(scanned(path(name)), "transparency"), ending);
    }
}

void TestPictureKinds::sharedCases() {
    if (sharedCase("pictures").isEmpty()) QSKIP("the shared cases are not here");
    const auto info = [](const char* name) {
        return scanned(sharedCase(QString("pictures/") + name).toStdString());
    };
    QVERIFY(info("exif_webp").size.height > info("exif_webp").size.width);
    QVERIFY(info("turned_photo.jfif").size.height > info("turned_photo.jfif").size.width);
    QVERIFY(info("exif_png").warnings.empty());
    QVERIFY(info("tif_f32_01").warnings.empty());
    QCOMPARE(info("tif_f32_01").frames, std::optional<FrameIndex>(3));
    QVERIFY(info("tif_i16").warnings.empty());
    QCOMPARE(info("stack.tif").frames, std::optional<FrameIndex>(6));
    QVERIFY(info("cut_png").damaged->find("003.png") != std::string::npos);
    const VideoInfo empty = info("empty_pic");
    QVERIFY(empty.damaged->find("00002.png") != std::string::npos);
    QCOMPARE(empty.unreadableFrames, FrameIndex(1));
    QCOMPARE(empty.firstUnreadable, std::optional<FrameIndex>(2));
}

}  // namespace

QTEST_GUILESS_MAIN(TestPictureKinds)
#include "test_picture_kinds.moc"
