#include <QTest>

#include "media/io/frame_runs.h"

using namespace mcj;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot = "/sets";

std::vector<fs::path> filesOf(std::initializer_list<const char*> names) {
    std::vector<fs::path> files;
    for (const char* name : names) files.push_back(kRoot / name);
    return files;
}

/// "pattern: first .. last (count)", one a run.
QStringList summaryOf(const std::vector<FrameRun>& runs) {
    QStringList lines;
    for (const FrameRun& run : runs) {
        lines << QString("%1: %2 .. %3 (%4)")
                     .arg(QString::fromStdString(run.name),
                          QString::fromStdString(run.files.front().filename().string()),
                          QString::fromStdString(run.files.back().filename().string()))
                     .arg(run.files.size());
    }
    return lines;
}

}  // namespace

class TestFrameRuns : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void setsAreReadAsTheyAreGivenOut_data() {
        QTest::addColumn<QStringList>("names");
        QTest::addColumn<QStringList>("runs");
        QTest::newRow("Sintel") << QStringList{"alley_1/frame_0001.png", "alley_1/frame_0002.png",
                                               "alley_2/frame_0001.png", "alley_2/frame_0002.png"}
                                << QStringList{
                                       "alley_1/frame_#: frame_0001.png .. frame_0002.png (2)",
                                       "alley_2/frame_#: frame_0001.png .. frame_0002.png (2)"};
        QTest::newRow("KITTI") << QStringList{"000000_10.png", "000000_11.png", "000001_10.png",
                                              "000001_11.png"}
                               << QStringList{"000000_#: 000000_10.png .. 000000_11.png (2)",
                                              "000001_#: 000001_10.png .. 000001_11.png (2)"};
        QTest::newRow("Flying Chairs")
            << QStringList{"00001_img1.ppm", "00001_img2.ppm", "00002_img1.ppm", "00002_img2.ppm"}
            << QStringList{"00001_img#: 00001_img1.ppm .. 00001_img2.ppm (2)",
                           "00002_img#: 00002_img1.ppm .. 00002_img2.ppm (2)"};
        QTest::newRow("DAVIS") << QStringList{"bear/00000.jpg", "bear/00001.jpg", "bear/00002.jpg"}
                               << QStringList{"bear/#: 00000.jpg .. 00002.jpg (3)"};
        QTest::newRow("every fifth")
            << QStringList{"0.png", "5.png", "10.png"} << QStringList{"#: 0.png .. 10.png (3)"};
        QTest::newRow("a gap") << QStringList{"1.png", "2.png", "9.png", "10.png"}
                               << QStringList{"#: 1.png .. 2.png (2)", "#: 9.png .. 10.png (2)"};
        QTest::newRow("one number more")
            << QStringList{"0.png", "10.png", "20.png", "21.png", "30.png", "40.png"}
            << QStringList{"#: 0.png .. 40.png (6)"};
        QTest::newRow("two formats") << QStringList{"1.jpg", "1.png", "2.jpg", "2.png"}
                                     << QStringList{"#: 1.jpg .. 2.jpg (2)"};
    }

    void setsAreReadAsTheyAreGivenOut() {
        QFETCH(QStringList, names);
        QFETCH(QStringList, runs);
        std::vector<fs::path> files;
        for (const QString& name : names) files.push_back(kRoot / name.toStdString());
        int alone = -1;
        QCOMPARE(summaryOf(frameRunsOf(files, kRoot, alone)), runs);
        QCOMPARE(alone, 0);
    }

    void picturesWithoutNeighboursAreCounted() {
        int alone = 0;
        const auto runs = frameRunsOf(
            filesOf({"cover.png", "1.png", "2.png", "7.png", "other/3.png"}), kRoot, alone);
        QCOMPARE(runs.size(), std::size_t{1});
        QCOMPARE(alone, 3);
    }
};

QTEST_APPLESS_MAIN(TestFrameRuns)
#include "test_frame_runs.moc"
