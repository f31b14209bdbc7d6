#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "media/base/error.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/image_sequence_reader.h"
#include "media/io/picture_look.h"

using namespace mcj;

namespace {

Raster<std::uint8_t> plain(SizePx size, int level) {
    return Raster<std::uint8_t>(size, 3, static_cast<std::uint8_t>(level));
}

class TestImageSequence : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void namesAreOrderedAsPeopleCount();
    void folderIsReadInOrder();
    void globIsReadInOrder();
    void gapsAreSaid_data();
    void gapsAreSaid();
    void otherSizesAreSaidAndRefused();
    void damagedPicturesAreNamed();
    void readingBeyondTheEndFindsTheCount();
    void onePictureIsASequence();
    void emptyFoldersAreRefused();
    void headersTellTheSize();

private:
    void write(const QString& name, int level, SizePx size = {8, 6});
    [[nodiscard]] std::string path(const QString& name = {}) const {
        return (name.isEmpty() ? folder_->path() : folder_->filePath(name)).toStdString();
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestImageSequence::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(folder_->isValid());
}

void TestImageSequence::write(const QString& name, int level, SizePx size) {
    writeRgbPng(path(name), plain(size, level));
}

void TestImageSequence::namesAreOrderedAsPeopleCount() {
    QVERIFY(naturalLess("frame9", "frame10"));
    QVERIFY(!naturalLess("frame10", "frame9"));
    QVERIFY(naturalLess("a2b3", "a2b12"));
    QVERIFY(naturalLess("a", "b"));
    QVERIFY(naturalLess("a", "a1"));
    QVERIFY(naturalLess("1/20", "2/3"));
    QVERIFY(naturalLess("x99999999999999999999998", "x99999999999999999999999"));
    QVERIFY(naturalLess("01", "1") != naturalLess("1", "01"));
    QVERIFY(!naturalLess("same", "same"));
    QVERIFY(naturalLess("f007", "f8"));
}

void TestImageSequence::folderIsReadInOrder() {
    for (const int i : {10, 9, 11, 8}) write(QString("f%1.png").arg(i), i);
    QFile(folder_->filePath("notes.txt")).open(QIODevice::WriteOnly);
    const auto source = openSource(path());
    QCOMPARE(source->info().size, (SizePx{8, 6}));
    scanToEnd(*source, nullptr);
    const VideoInfo& info = source->info();
    QCOMPARE(info.frames, std::optional<FrameIndex>(4));
    QCOMPARE(info.pts.size(), std::size_t{4});
    QVERIFY(!info.pts[0]);
    QCOMPARE(info.averageFps, 0.0);
    QVERIFY(info.warnings.empty());
    QVERIFY(!info.damaged);
    for (const int i : {3, 0, 2, 1, 0}) {
        const FramePtr frame = source->read(i);
        QVERIFY(frame);
        QCOMPARE(int(frame->rgb.at(2, 2)), 8 + i);
        QCOMPARE(frame->index, FrameIndex(i));
        QVERIFY(!frame->pts);
    }
    QVERIFY(!source->read(4));
    QVERIFY(!source->read(-1));
}

void TestImageSequence::globIsReadInOrder() {
    for (const int i : {2, 1, 10}) write(QString("left_%1.png").arg(i), i);
    write("right_1.png", 99);
    const auto source = openSource(path("left_*.png"));
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(3));
    QCOMPARE(int(source->read(2)->rgb.at(0, 0)), 10);
    QCOMPARE(source->info().warnings.size(), std::size_t{1});
}

void TestImageSequence::gapsAreSaid_data() {
    QTest::addColumn<QList<int>>("numbers");
    QTest::addColumn<QString>("words");
    QTest::newRow("none") << QList<int>{0, 1, 2, 3} << "";
    QTest::newRow("every fifth") << QList<int>{0, 5, 10, 15} << "";
    QTest::newRow("one gap") << QList<int>{0, 1, 2, 5, 6}
                             << "1 gap, the first between 2.png and 5.png";
    QTest::newRow("two gaps") << QList<int>{1, 2, 4, 5, 6, 9} << "2 gaps";
    QTest::newRow("gap in steps") << QList<int>{0, 5, 10, 20, 25} << "1 gap";
    QTest::newRow("two files") << QList<int>{1, 3} << "1 gap";
}

void TestImageSequence::gapsAreSaid() {
    QFETCH(QList<int>, numbers);
    QFETCH(QString, words);
    std::vector<std::filesystem::path> files;
    for (const int number : numbers) files.emplace_back(std::to_string(number) + ".png");
    const auto warnings = numberingWarnings(files);
    QCOMPARE(warnings.empty(), words.isEmpty());
    if (words.isEmpty()) return;
    QVERIFY2(QString::fromStdString(warnings[0]).contains(words), warnings[0].c_str());
}

void TestImageSequence::otherSizesAreSaidAndRefused() {
    write("0.png", 1);
    write("1.png", 2, {9, 6});
    write("2.png", 3);
    const auto source = openSource(path());
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().warnings.size(), std::size_t{1});
    QVERIFY(source->info().warnings[0].find("1.png is 9 x 6") != std::string::npos);
    QVERIFY(source->read(0) && source->read(2));
    try {
        static_cast<void>(source->read(1));
        QFAIL("a picture of another size was given");
    } catch (const Error& error) {
        QCOMPARE(static_cast<int>(error.code()), static_cast<int>(ErrorCode::Input));
        QVERIFY(QString(error.what()).contains("1.png"));
    }
}

void TestImageSequence::damagedPicturesAreNamed() {
    write("0.png", 1);
    QFile bad(folder_->filePath("1.png"));
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write("not a picture");
    bad.close();
    const auto source = openSource(path());
    scanToEnd(*source, nullptr);
    QVERIFY(source->info().damaged);
    QVERIFY(source->info().damaged->find("1.png") != std::string::npos);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(source->read(1)), Error);
    QVERIFY(source->read(0));
}

void TestImageSequence::readingBeyondTheEndFindsTheCount() {
    write("a1.png", 10);
    write("a2.png", 20);
    const auto source = openSource(path());
    QVERIFY(!source->info().frames);
    const FrameRead beyond = source->read(2, ReadLimit());
    QVERIFY(beyond.state == ReadState::End);
    QCOMPARE(source->info().frames.value_or(0), FrameIndex{2});
}

void TestImageSequence::onePictureIsASequence() {
    write("only.png", 77);
    const auto source = openSource(path("only.png"));
    scanToEnd(*source, nullptr);
    QCOMPARE(source->info().frames, std::optional<FrameIndex>(1));
    QVERIFY(source->info().warnings.empty());
    QCOMPARE(int(source->read(0)->rgb.at(1, 1)), 77);
}

void TestImageSequence::emptyFoldersAreRefused() {
    try {
        static_cast<void>(openSource(path()));
        QFAIL("an empty folder was opened");
    } catch (const Error& error) {
        QCOMPARE(static_cast<int>(error.code()), static_cast<int>(ErrorCode::Input));
        QVERIFY(QString(error.what()).contains(folder_->path()));
    }
}

void TestImageSequence::headersTellTheSize() {
    write("a.png", 5, {123, 45});
    QCOMPARE(lookAtPictureFile(path("a.png")).size, std::optional<SizePx>(SizePx{123, 45}));
    QVERIFY(lookAtPictureFile(path("a.png")).damage.empty());
    QFile cut(folder_->filePath("a.png"));
    QVERIFY(cut.resize(20));
    QVERIFY(!lookAtPictureFile(path("a.png")).size);
    QVERIFY(!lookAtPictureFile(path("a.png")).damage.empty());
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(lookAtPictureFile(path("missing.png"))), Error);
}

}  // namespace

QTEST_GUILESS_MAIN(TestImageSequence)
#include "test_image_sequence.moc"
