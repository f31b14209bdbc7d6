// Inputs of other kinds than a command expects: one clear sentence, or the right result.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "media/io/png_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"
#include "tests/app/made_benchmarks.h"
#include "tests/segmentation/soft_pictures.h"
#include "tests/support/disc_clip.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = test::DiscClip::kFrames;

/// The mask's levels on the grid of the clip, softened along its edge.
Shades softened(const Shades& mask) {
    Shades soft(mask.size(), 1);
    const int width = mask.width();
    const int height = mask.height();
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            int sum = 0;
            for (int dy = -2; dy <= 2; ++dy) {
                for (int dx = -2; dx <= 2; ++dx) {
                    const int fromY = std::clamp(y + dy, 0, height - 1);
                    const int fromX = std::clamp(x + dx, 0, width - 1);
                    sum += mask.at(fromY, fromX) != 0 ? 255 : 0;
                }
            }
            soft.at(y, x) = static_cast<std::uint8_t>(sum / 25);
        }
    }
    return soft;
}

Raster<std::uint8_t> greyAsRgb(const Shades& shades) {
    Raster<std::uint8_t> rgb(shades.size(), 3);
    for (std::size_t i = 0; i < shades.values().size(); ++i) {
        for (std::size_t c = 0; c < 3; ++c) rgb.values()[3 * i + c] = shades.values()[i];
    }
    return rgb;
}

/// True where an XML reader reaches the end.
bool isWellFormed(const QByteArray& text) {
    QXmlStreamReader reader(text);
    while (!reader.atEnd()) reader.readNext();
    return !reader.hasError();
}

}  // namespace

class TestOddInputs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        writeIndexedPng(at("soft.png"), {softened(clip_.scene().mask(0)), {}});
        for (int t = 0; t < kFrames; ++t) {
            fs::create_directories(at("sequence/frames"));
            fs::create_directories(at("sequence/masks"));
            fs::create_directories(at("hard/masks"));
            writeRgbPng(at("sequence/frames") / davisFileName(t), clip_.scene().picture(t));
            writeIndexedPng(at("sequence/masks") / davisFileName(t),
                            {softened(clip_.scene().mask(t)), {}});
            writeDavisMask(at("hard/masks") / davisFileName(t), Mask(clip_.scene().mask(t)));
        }
    }

    void softMasksAreRefusedEverywhere_data() {
        QTest::addColumn<QStringList>("line");
        const QString soft = path("soft.png");
        QTest::newRow("propagate")
            << QStringList{"propagate", clip_.video(), "--mask", soft,
                           "--method",  "identity",    "-o",     path("r/out")};
        QTest::newRow("figure") << QStringList{"figure", "masks",    clip_.video(),       "--mask",
                                               soft,     "--method", "identity",          "--at",
                                               "1,3",    "-o",       path("r/figure.svg")};
        QTest::newRow("evaluate masks, truth") << QStringList{
            "evaluate", "masks", "--results", path("hard"), "--truth", path("sequence/masks")};
        QTest::newRow("evaluate masks, results") << QStringList{
            "evaluate", "masks", "--results", path("sequence/masks"), "--truth", path("hard")};
        QTest::newRow("evaluate vos") << QStringList{"evaluate",       "vos",      "--sequences",
                                                     path("sequence"), "--method", "identity"};
    }

    void softMasksAreRefusedEverywhere() {
        QFETCH(QStringList, line);
        fs::create_directories(at("r"));
        const CliRun refused = runWithoutNetwork(line);
        MCJ_VERIFY_EXIT(refused, 3);
        QVERIFY2(
            refused.err.contains("not a label map") && refused.err.contains("--mask-threshold T"),
            qPrintable(refused.err));
        QVERIFY(!fs::exists(at("r/out")) && !fs::exists(at("r/figure.svg")));
        const CliRun taken = runWithoutNetwork(line + QStringList{"--mask-threshold", "128"});
        MCJ_VERIFY_EXIT(taken, 0);
        if (fs::exists(at("r/out"))) {
            // Smoothed by a box, the disc has its old edge at the middle of the shades.
            const Mask first = readDavisMask(at("r/out/masks/00000.png"));
            QCOMPARE(objectsIn(first).count(), std::size_t{1});
            const Shades hard = clip_.scene().mask(0);
            int different = 0;
            for (std::size_t i = 0; i < hard.values().size(); ++i) {
                different += (first.labels.values()[i] != 0) != (hard.values()[i] != 0) ? 1 : 0;
            }
            QVERIFY2(different < 20, qPrintable(QString::number(different)));
        }
        fs::remove_all(at("r"));
        const CliRun wrong = runWithoutNetwork(line + QStringList{"--mask-threshold", "0"});
        MCJ_VERIFY_EXIT(wrong, 2);
    }

    void aThresholdIsAnOptionOfTheExport() {
        const QStringList line{"propagate",       clip_.video(), "--mask", path("soft.png"),
                               "--method",        "identity",    "-o",     path("thresholded"),
                               "--mask-threshold"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(line + QStringList{"100"}), 0);
        MCJ_VERIFY_EXIT(runWithoutNetwork(line + QStringList{"100"}), 0);
        const CliRun other = runWithoutNetwork(line + QStringList{"200"});
        MCJ_VERIFY_EXIT(other, 2);
        QVERIFY2(other.err.contains("mask-threshold"), qPrintable(other.err));
    }

    void greyAsRgbIsDecidedOverAllGivenMasks() {
        Shades first = clip_.scene().mask(0);
        Shades later = clip_.scene().mask(4);
        for (std::uint8_t& value : first.values()) value = value != 0 ? 128 : 0;
        for (std::uint8_t& value : later.values()) value = value != 0 ? 128 : 0;
        later.at(2, 2) = later.at(2, 3) = later.at(3, 2) = later.at(3, 3) = 77;
        writeRgbPng(at("grey0.png"), greyAsRgb(first));
        writeRgbPng(at("grey4.png"), greyAsRgb(later));
        const CliRun run = runWithoutNetwork(
            {"propagate", clip_.video(), "--mask-at", "0=" + path("grey0.png"), "--mask-at",
             "4=" + path("grey4.png"), "--method", "identity", "-o", path("grey")});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(objectsIn(readDavisMask(at("grey/masks/00000.png"))) == ObjectSet().set(128));
        QVERIFY(objectsIn(readDavisMask(at("grey/masks/00004.png"))) ==
                ObjectSet().set(128).set(77));
    }

    void masksOfOtherKindsAreNamed() {
        for (const auto& [name, bytes, kind] :
             {std::tuple{"m.jpg", QByteArray("\xff\xd8\xff\xe0 jpeg", 9), "JPEG"},
              std::tuple{"m.tif", QByteArray("II*\0 tiff", 9), "TIFF"},
              std::tuple{"m.bmp", QByteArray("BM\x36\0\0\0 bmp", 10), "BMP"}}) {
            std::ofstream(at(name), std::ios::binary).write(bytes.data(), bytes.size());
            const CliRun run = runWithoutNetwork({"propagate", clip_.video(), "--mask", path(name),
                                                  "--method", "identity", "-o", path("never")});
            MCJ_VERIFY_EXIT(run, 3);
            QVERIFY2(run.err.contains(kind) && run.err.contains("masks must be PNG"),
                     qPrintable(run.err));
            QVERIFY(!run.err.contains("damaged"));
        }
    }

    void meansOverNothingAreNull() {
        // The first pair has no known pixel, the second is known everywhere.
        writePair("unknown/a", FlowField::kUnknown);
        const CliRun alone = runWithoutNetwork(
            {"evaluate", "flow", "--pairs", path("unknown"), "--method", "zero,dis", "--json"});
        MCJ_VERIFY_EXIT(alone, 0);
        for (const QJsonObject& line : alone.events("result") + alone.events("summary")) {
            for (const char* key : {"epe", "fl_all", "ae_deg"}) {
                QVERIFY2(line.contains(key) && line[key].isNull(), qPrintable(alone.out));
            }
        }
        QVERIFY(alone.events("summary")[0]["ratio_dis"].isNull());
        const CliRun text = runWithoutNetwork(
            {"evaluate", "flow", "--pairs", path("unknown"), "--method", "zero,dis"});
        MCJ_VERIFY_EXIT(text, 0);
        // Of the pair there is nothing but its name.
        const QString row = text.out.split('\n').value(1);
        QVERIFY2(row.simplified() == "a - - - - -", qPrintable(text.out));
        // Drawn, it has no number either.
        const CliRun figure = runWithoutNetwork({"figure", "flow", path("unknown"), "--method",
                                                 "zero", "-o", path("unknown.svg"), "--json"});
        MCJ_VERIFY_EXIT(figure, 0);
        QVERIFY(figure.events("result")[0]["epe"].isNull());
        QVERIFY(contentOf("unknown.svg").contains("EPE -"));
        QVERIFY(!contentOf("unknown.svg").contains("EPE 0"));
        // Beside a known pair it takes no part in the means.
        writePair("unknown/b", 2.0F);
        const CliRun both = runWithoutNetwork(
            {"evaluate", "flow", "--pairs", path("unknown"), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(both, 0);
        QCOMPARE(both.events("summary")[0]["epe"].toDouble(), std::sqrt(8.0));
        QVERIFY(both.events("summary")[0]["ae_deg"].toDouble() > 60.0);
    }

    void filesThatAreNotPicturesAreNotFrames() {
        writePair("pairs/p", 1.0F);
        for (const char* name : {"frame1.json", "frame1.flo", "frame1", "frame1.0.png.txt",
                                 "frame2.csv", "frame2.A", ".frame1.png"}) {
            std::ofstream(at("pairs/p") / name) << "{}";
        }
        const CliRun run = runWithoutNetwork(
            {"evaluate", "flow", "--pairs", path("pairs"), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 1);
    }

    void foldersThatLeadToThemselvesAreReadOnce() {
        writePair("loops/p", 1.0F);
        fs::create_directory_symlink(".", at("loops/self"));
        fs::create_directory_symlink("..", at("loops/p/up"));
        fs::create_symlink("loop", at("loops/loop"));
        fs::create_symlink("frame1.jpg", at("loops/p/frame1.jpg"));
        const CliRun run = runWithoutNetwork(
            {"evaluate", "flow", "--pairs", path("loops"), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 1);
        QCOMPARE(run.events("result")[0]["pair"].toString(), QString("p"));
        // Sequences and masks as well.
        fs::create_directory_symlink(".", at("hard/self"));
        fs::create_symlink("loop.png", at("hard/masks/loop.png"));
        const CliRun masks = runWithoutNetwork(
            {"evaluate", "masks", "--results", path("hard"), "--truth", path("hard"), "--json"});
        MCJ_VERIFY_EXIT(masks, 0);
        QCOMPARE(masks.events("result").size(), 1);
        fs::remove(at("hard/self"));
        fs::remove(at("hard/masks/loop.png"));
    }

    void anUnknownObjectIsNamedWithItsFrame_data() {
        QTest::addColumn<int>("wrong");
        for (const int frame : {1, 2, 6}) {
            QTest::newRow(qPrintable(QString::number(frame))) << frame;
        }
    }

    void anUnknownObjectIsNamedWithItsFrame() {
        QFETCH(int, wrong);
        fs::remove_all(at("late"));
        fs::create_directories(at("late"));
        for (int t = 0; t < kFrames; ++t) {
            Mask mask(clip_.scene().mask(t));
            if (t >= wrong) mask.labels.at(0, 0) = 9;
            writeDavisMask(at("late") / davisFileName(t), mask);
        }
        const CliRun run = runWithoutNetwork(
            {"evaluate", "masks", "--results", path("late"), "--truth", path("hard")});
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains(QString("frame %1 has label 9").arg(wrong, 5, 10, QChar('0'))),
                 qPrintable(run.err));
        QVERIFY2(!run.err.contains(QString("%1").arg(wrong + 1, 5, 10, QChar('0'))),
                 qPrintable(run.err));
    }

    void anotherSizeIsNamedWithItsFrame() {
        fs::remove_all(at("small"));
        fs::create_directories(at("small"));
        for (int t = 0; t < kFrames; ++t) {
            Mask mask(t < 3 ? clip_.scene().size() : SizePx{8, 8});
            writeDavisMask(at("small") / davisFileName(t), mask);
        }
        const CliRun run = runWithoutNetwork(
            {"evaluate", "masks", "--results", path("small"), "--truth", path("hard")});
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("00003") && !run.err.contains("00004"), qPrintable(run.err));
    }

    void resultsAreMatchedByNumber_data() {
        QTest::addColumn<QString>("pattern");
        for (const char* pattern :
             {"%06d.png", "%04d.png", "%d.png", "frame_%05d.png", "%08d.PNG"}) {
            QTest::newRow(pattern) << pattern;
        }
    }

    void resultsAreMatchedByNumber() {
        QFETCH(QString, pattern);
        fs::remove_all(at("named"));
        fs::create_directories(at("named"));
        for (int t = 0; t < kFrames; ++t) {
            writeDavisMask(at("named") / QString::asprintf(qPrintable(pattern), t).toStdString(),
                           Mask(clip_.scene().mask(t)));
        }
        const CliRun run = runWithoutNetwork(
            {"evaluate", "masks", "--results", path("named"), "--truth", path("hard"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("summary")[0]["j_mean"].toDouble(), 1.0);
        // Two names of one number cannot both be the result.
        writeDavisMask(at("named/000000003.png"), Mask(clip_.scene().mask(3)));
        const CliRun twice = runWithoutNetwork(
            {"evaluate", "masks", "--results", path("named"), "--truth", path("hard")});
        MCJ_VERIFY_EXIT(twice, 3);
        QVERIFY2(twice.err.contains("belong to the same frame"), qPrintable(twice.err));
    }

    void textIsWellFormedWhateverFilesAreCalled_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("Latin-1") << QByteArray("latin\xe9.mkv");
        QTest::newRow("cut off") << QByteArray("cut\xe2\x82.mkv");
        QTest::newRow("surrogate") << QByteArray("half\xed\xa0\x80.mkv");
        QTest::newRow("no character") << QByteArray("no\xef\xbf\xbe.mkv");
        QTest::newRow("control") << QByteArray("bell\x07\x1b[31m\nline.mkv");
        QTest::newRow("marks") << QByteArray("a&b<c>\"d'e.mkv");
    }

    void textIsWellFormedWhateverFilesAreCalled() {
        QFETCH(QByteArray, name);
        // QProcess would encode the bytes anew: the folder is given by a link that the shell names.
        const fs::path folder = at("names");
        fs::remove_all(folder);
        fs::create_directories(folder);
        fs::copy_file(clip_.video().toStdString(), folder / name.toStdString());
        const auto run = [&](const QString& command, const QString& rest) {
            QProcess shell;
            shell.setWorkingDirectory(path("names"));
            shell.start("/bin/sh", {"-c", MCJ_BIN_DIR "/mcjepa " + command + " *.mkv " + rest});
            shell.waitForFinished(300000);
            CliRun result;
            result.exitCode = shell.exitCode();
            result.out = QString::fromLatin1(shell.readAllStandardOutput());
            result.err = QString::fromLatin1(shell.readAllStandardError());
            return result;
        };
        const CliRun figure = run("figure flow", "--method dis -o figure.svg --json");
        MCJ_VERIFY_EXIT(figure, 0);
        const QByteArray svg = contentOf("names/figure.svg");
        QVERIFY2(isWellFormed(svg), svg.right(400).constData());
        QVERIFY2(QString::fromUtf8(svg).toUtf8() == svg, "not UTF-8");
        QVERIFY(isJson(figure));
        const CliRun analysis = run("analyze", "--method zero --maps flow -o out --json");
        MCJ_VERIFY_EXIT(analysis, 0);
        QVERIFY(isJson(analysis));
        QJsonParseError problem;
        (void)QJsonDocument::fromJson(contentOf("names/out/manifest.json"), &problem);
        QVERIFY2(problem.error == QJsonParseError::NoError, qPrintable(problem.errorString()));
        const CliRun info = run("info", "--json");
        MCJ_VERIFY_EXIT(info, 0);
        QVERIFY(isJson(info));
    }

    void longNamesOfVideosAreWritten_data() {
        QTest::addColumn<int>("length");
        for (const int length : {236, 240, 251}) {
            QTest::newRow(qPrintable(QString::number(length))) << length;
        }
    }

    void longNamesOfVideosAreWritten() {
        QFETCH(int, length);
        const QString overlay = path(QString(length, QChar('o')) + ".mp4");
        const CliRun run = runWithoutNetwork(
            {"propagate", clip_.video(), "--mask", clip_.mask(), "--method", "identity", "-o",
             path(QString("long%1").arg(length)), "--overlay", overlay});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(fs::file_size(overlay.toStdString()) > 0);
    }

    void hugeFrameNumbersAreRefused() {
        const QString most = "9223372036854775807";
        const CliRun range =
            runWithoutNetwork({"analyze", clip_.video(), "--range", "0:10:" + most, "--method",
                               "zero", "--maps", "flow", "-o", path("huge")});
        MCJ_VERIFY_EXIT(range, 2);
        QVERIFY2(range.err.contains("one frame"), qPrintable(range.err));
        const CliRun figure = runWithoutNetwork({"figure", "flow", clip_.video(), "--frame", most,
                                                 "--method", "zero", "-o", path("huge.svg")});
        MCJ_VERIFY_EXIT(figure, 2);
        QVERIFY2(figure.err.contains("no frame " + most), qPrintable(figure.err));
        const CliRun mask =
            runWithoutNetwork({"propagate", clip_.video(), "--mask-at", most + "=" + clip_.mask(),
                               "--method", "identity", "-o", path("huge2")});
        MCJ_VERIFY_EXIT(mask, 2);
    }

    void aDamagedScaleInAManifestIsNamed_data() {
        QTest::addColumn<QByteArray>("scale");
        QTest::newRow("empty") << QByteArray();
        for (const char* scale : {"4px", "1e99", "nan", "-3"}) {
            QTest::newRow(scale) << QByteArray(scale);
        }
    }

    void aDamagedScaleInAManifestIsNamed() {
        QFETCH(QByteArray, scale);
        fs::remove_all(at("stopped"));
        const QStringList line{"analyze", clip_.video(), "--method", "dis",
                               "--maps",  "flow",        "-o",       path("stopped")};
        MCJ_VERIFY_EXIT(runWithoutNetwork(line), 0);
        QByteArray manifest = contentOf("stopped/manifest.json");
        const qsizetype key = manifest.indexOf("\"flow-scale-px\": \"");
        QVERIFY(key > 0);
        const qsizetype begin = key + 18;
        manifest.replace(begin, manifest.indexOf('"', begin) - begin, scale);
        std::ofstream(at("stopped/manifest.json"), std::ios::binary)
            .write(manifest.data(), manifest.size());
        const CliRun run = runWithoutNetwork(line);
        // An empty one is as good as none.
        MCJ_VERIFY_EXIT(run, scale.isEmpty() ? 0 : 3);
        if (!scale.isEmpty()) QVERIFY2(run.err.contains("flow-scale-px"), qPrintable(run.err));
    }

    void theSharedCasesAreRight() {
        const char* given = std::getenv("MCJ_TEST_CASES");
        const fs::path cases =
            given != nullptr ? fs::path(given) : MCJ_SOURCE_DIR "/../shared/cases";
        if (!fs::is_directory(cases / "masks")) QSKIP("the cases are not here");
        const auto in = [&](const char* name) {
            return QString::fromStdString((cases / name).string());
        };
        const QStringList carry{"propagate", in("masks/clip"), "--method", "dis-flow"};
        const CliRun soft =
            runWithoutNetwork(carry + QStringList{"--mask", in("masks/soft.png"), "--range", "0:2",
                                                  "-o", path("c1")});
        MCJ_VERIFY_EXIT(soft, 3);
        QVERIFY(soft.err.contains("--mask-threshold T"));
        const CliRun grey = runWithoutNetwork(
            carry + QStringList{"--mask-at", "0=" + in("masks/grey_rgb/0.png"), "--mask-at",
                                "4=" + in("masks/grey_rgb/4.png"), "-o", path("c2")});
        MCJ_VERIFY_EXIT(grey, 0);
        QVERIFY(objectsIn(readDavisMask(at("c2/masks/00000.png"))).test(128));
        QVERIFY(objectsIn(readDavisMask(at("c2/masks/00004.png"))).test(128));
        const CliRun jpeg = runWithoutNetwork(
            carry + QStringList{"--mask", in("masks/mask.jpg"), "-o", path("c3")});
        MCJ_VERIFY_EXIT(jpeg, 3);
        QVERIFY(jpeg.err.contains("masks must be PNG"));
        const CliRun json = runWithoutNetwork(
            {"evaluate", "flow", "--pairs", in("pairs/pairs_json"), "--method", "zero"});
        MCJ_VERIFY_EXIT(json, 0);
        const CliRun late =
            runWithoutNetwork({"evaluate", "masks", "--results", in("scores/res_late"), "--truth",
                               in("scores/truth_late")});
        MCJ_VERIFY_EXIT(late, 3);
        QVERIFY2(late.err.contains("00002") && !late.err.contains("00003"), qPrintable(late.err));
        const CliRun digits =
            runWithoutNetwork({"evaluate", "masks", "--results", in("scores/res_digits"), "--truth",
                               in("scores/truth")});
        MCJ_VERIFY_EXIT(digits, 0);
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return clip_.path(name); }
    [[nodiscard]] fs::path at(const std::string& name) const {
        return path(QString::fromStdString(name)).toStdString();
    }
    [[nodiscard]] QByteArray contentOf(const QString& name) const {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    /// A pair of pictures whose true flow is (`motion`, `motion`) everywhere.
    void writePair(const std::string& folder, float motion) const {
        test::writeFrame(at(folder) / "frame1.png", clip_.scene().picture(0));
        test::writeFrame(at(folder) / "frame2.png", clip_.scene().picture(1));
        test::writeTruth(at(folder) / "flow.flo",
                         test::evenFlow(clip_.scene().size(), {motion, motion}), FlowFormat::Flo);
    }

    /// Every line of standard output is an object of valid UTF-8.
    [[nodiscard]] static bool isJson(const CliRun& run) {
        const QList<QByteArray> lines = run.out.toLatin1().split('\n');
        return std::all_of(lines.begin(), lines.end(), [](const QByteArray& line) {
            return line.isEmpty() || (QJsonDocument::fromJson(line).isObject() &&
                                      QString::fromUtf8(line).toUtf8() == line);
        });
    }

    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestOddInputs)
#include "test_odd_inputs.moc"
