#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>

#include "media/io/manifest.h"
#include "tests/app/cli_run.h"
#include "tests/app/made_benchmarks.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr SizePx kSize{40, 32};
constexpr double kClose = 1e-9;

Raster<std::uint8_t> picture(int brightness) {
    Raster<std::uint8_t> rgb(kSize, 3, static_cast<std::uint8_t>(brightness));
    for (int x = 0; x < kSize.width; x += 3) rgb.at(5, x, 0) = 200;
    return rgb;
}

bool near(const QJsonValue& value, double expected) {
    return value.isDouble() && std::abs(value.toDouble() - expected) < kClose;
}

}  // namespace

/// `mcjepa evaluate flow` on small copies of the benchmarks' folders, against numbers worked out by
/// hand: zero motion's error is the length of the true vector.
class TestEvaluateFlow : public QObject {
    Q_OBJECT

private:
    /// Two pairs of each pass, in Sintel's layout under `root`.
    void writeSintel(const fs::path& root) {
        const fs::path part = root / "training";
        for (const char* pass : {"clean", "final"}) {
            for (const char* frame : {"frame_0001.png", "frame_0002.png", "frame_0003.png"}) {
                test::writeFrame(part / pass / "alley_1" / frame, picture(90));
            }
        }
        // 0001: everything moves by 5 px; the top half has no counterpart, the first column is
        // invalid.
        test::writeTruth(part / "flow/alley_1/frame_0001.flo", test::evenFlow(kSize, {3.0F, 4.0F}),
                         FlowFormat::Flo);
        Raster<std::uint8_t> occluded(kSize, 1);
        Raster<std::uint8_t> invalid(kSize, 1);
        for (int y = 0; y < kSize.height; ++y) {
            invalid.at(y, 0) = 255;
            for (int x = 0; x < kSize.width; ++x) occluded.at(y, x) = y < 16 ? 255 : 0;
        }
        test::writeGrey(part / "occlusions/alley_1/frame_0001.png", occluded);
        test::writeGrey(part / "invalid/alley_1/frame_0001.png", invalid);
        // 0002: 1 px in all pixels that have a counterpart, 13 px in one row that has none.
        FlowField second = test::evenFlow(kSize, {1.0F, 0.0F});
        Raster<std::uint8_t> oneRow(kSize, 1);
        for (int x = 0; x < kSize.width; ++x) {
            second.set(0, x, {-5.0F, 12.0F});
            oneRow.at(0, x) = 255;
        }
        test::writeTruth(part / "flow/alley_1/frame_0002.flo", second, FlowFormat::Flo);
        test::writeGrey(part / "occlusions/alley_1/frame_0002.png", oneRow);
    }

private Q_SLOTS:
    void sintelIsSplitByPassAndVisibility() {
        writeSintel(path("sintel").toStdString());
        const CliRun run = runWithoutNetwork(
            {"evaluate", "flow", "--sintel", path("sintel"), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const auto results = run.events("result");
        QCOMPARE(results.size(), 4);
        QCOMPARE(results[0]["pair"].toString(), QString("clean/alley_1/0001"));
        QCOMPARE(results[0]["pass"].toString(), QString("clean"));
        QVERIFY(near(results[0]["epe"], 5.0));
        QCOMPARE(results[0]["valid_px"].toInt(), 39 * 32);
        QVERIFY(near(results[1]["epe_noc"], 1.0));
        QVERIFY(near(results[1]["epe_occ"], 13.0));

        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["event"].toString(), QString("summary"));
        QCOMPARE(summary["method"].toString(), QString("zero"));
        QCOMPARE(summary["pairs"].toInt(), 4);
        // Over all pixels, not over pairs: 1248 of 5 px; 1240 of 1 px and 40 of 13 px.
        const double all = (1248 * 5.0 + 1240 * 1.0 + 40 * 13.0) / (1248 + 1280);
        const double noc = (624 * 5.0 + 1240 * 1.0) / (624 + 1240);
        const double occ = (624 * 5.0 + 40 * 13.0) / (624 + 40);
        for (const char* pass : {"clean", "final"}) {
            const QJsonObject half = summary[pass].toObject();
            QCOMPARE(half["pairs"].toInt(), 2);
            QVERIFY(near(half["epe"], all));
            QVERIFY(near(half["epe_noc"], noc));
            QVERIFY(near(half["epe_occ"], occ));
            QVERIFY(near(half["fl_all"], 100.0 * (1248 + 40) / (1248 + 1280)));
        }
        QVERIFY(near(summary["epe"], all));
        QVERIFY(near(summary["ratio_zero"], 1.0));

        const CliRun one = runWithoutNetwork({"evaluate", "flow", "--sintel", path("sintel"),
                                              "--method", "zero", "--only", "clean/*2", "--json"});
        MCJ_VERIFY_EXIT(one, 0);
        QCOMPARE(one.events("result").size(), 1);
        QVERIFY(one.lines().back()["final"].isNull());
        MCJ_VERIFY_EXIT(runWithoutNetwork({"evaluate", "flow", "--sintel", path("sintel"),
                                           "--method", "zero", "--only", "market*"}),
                        2);
        const CliRun text =
            runWithoutNetwork({"evaluate", "flow", "--sintel", path("sintel"), "--method", "zero"});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY(text.out.contains("zero, clean") && text.out.contains("unmatched"));
        const CliRun dry = runWithoutNetwork({"evaluate", "flow", "--sintel", path("sintel"),
                                              "--method", "zero", "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(dry, 0);
        QCOMPARE(dry.lines().back()["pairs"].toInt(), 4);
        QVERIFY(dry.lines().back()["secs"].toDouble() > 0.0);
    }

    void kittiHasOutliersByObjectAndVisibility_data() {
        QTest::addColumn<QString>("pictures");
        QTest::addColumn<bool>("objects");
        QTest::newRow("2015") << "image_2" << true;
        QTest::newRow("2012, colour") << "colored_0" << false;
        QTest::newRow("2012, grey") << "image_0" << false;
    }

    void kittiHasOutliersByObjectAndVisibility() {
        QFETCH(QString, pictures);
        QFETCH(bool, objects);
        const QString name = "kitti-" + pictures;
        const fs::path part = fs::path(path(name).toStdString()) / "training";
        const std::string frames = pictures.toStdString();
        // 000000: known in four pixels, of which one is occluded and two lie on an object.
        FlowField occ = test::evenFlow(kSize, {FlowField::kUnknown, FlowField::kUnknown});
        FlowField noc = occ;
        occ.set(1, 1, {2.0F, 0.0F});   // background, 2 px: no outlier
        occ.set(1, 2, {0.0F, 8.0F});   // background, occluded: outlier
        occ.set(2, 1, {-6.0F, 8.0F});  // object: outlier
        occ.set(2, 2, {1.0F, 0.0F});   // object: no outlier
        noc.set(1, 1, occ.at(1, 1));
        noc.set(2, 1, occ.at(2, 1));
        noc.set(2, 2, occ.at(2, 2));
        Raster<std::uint8_t> map(kSize, 1);
        map.at(2, 1) = 1;
        map.at(2, 2) = 3;
        writePair(part, frames, "000000", occ, noc, objects ? &map : nullptr);
        // 000001: one pixel, 4 px, background and seen.
        FlowField single = test::evenFlow(kSize, {FlowField::kUnknown, FlowField::kUnknown});
        single.set(3, 3, {4.0F, 0.0F});
        const Raster<std::uint8_t> none(kSize, 1);
        writePair(part, frames, "000001", single, single, objects ? &none : nullptr);

        const CliRun run = runWithoutNetwork(
            {"evaluate", "flow", "--kitti", path(name), "--method", "zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 2);
        const QJsonObject first = run.events("result")[0];
        QCOMPARE(first["valid_px"].toInt(), 4);
        QVERIFY(near(first["epe"], (2 + 8 + 10 + 1) / 4.0));
        QVERIFY(near(first["epe_occ"], 8.0));
        QVERIFY(run.events("result")[1]["epe_occ"].isNull());

        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["pairs"].toInt(), 2);
        // The EPE is averaged over images, outliers over pixels.
        QVERIFY(near(summary["epe"], (21.0 / 4.0 + 4.0) / 2.0));
        QVERIFY(near(summary["epe_noc"], (13.0 / 3.0 + 4.0) / 2.0));
        QVERIFY(near(summary["epe_occ"], 8.0));
        QVERIFY(near(summary["fl_all"], 100.0 * 3 / 5));
        QVERIFY(near(summary["fl_noc"], 100.0 * 2 / 4));
        if (objects) {
            QVERIFY(near(summary["fl_bg"], 100.0 * 2 / 3));
            QVERIFY(near(summary["fl_fg"], 100.0 * 1 / 2));
            QVERIFY(near(summary["fl_noc_bg"], 100.0 * 1 / 2));
            QVERIFY(near(summary["fl_noc_fg"], 100.0 * 1 / 2));
        } else {
            for (const char* key : {"fl_bg", "fl_fg", "fl_noc_bg", "fl_noc_fg"}) {
                QVERIFY2(summary.contains(key) && summary[key].isNull(), key);
            }
        }
    }

    void submissionsAreWhatTheServersTake() {
        const fs::path sintel = path("sintel-test").toStdString();
        for (const char* pass : {"clean", "final"}) {
            for (const char* frame : {"frame_0001.png", "frame_0002.png", "frame_0003.png"}) {
                test::writeFrame(sintel / "test" / pass / "ambush_1" / frame, picture(70));
            }
        }
        const QStringList arguments{"evaluate", "flow", "--sintel",     path("sintel-test"),
                                    "--method", "zero", "--submission", path("sintel-out"),
                                    "--json"};
        const CliRun dry = runWithoutNetwork(arguments + QStringList{"--dry-run"});
        MCJ_VERIFY_EXIT(dry, 0);
        QCOMPARE(dry.lines().back()["pairs"].toInt(), 4);
        QVERIFY(!fs::exists(path("sintel-out").toStdString()));
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, 0);
        const fs::path out = path("sintel-out").toStdString();
        for (const char* file : {"clean/ambush_1/frame0001.flo", "clean/ambush_1/frame0002.flo",
                                 "final/ambush_1/frame0001.flo", "final/ambush_1/frame0002.flo"}) {
            QVERIFY2(fs::exists(out / file), file);
            QVERIFY(readFlow(out / file).vectors == FlowField(kSize).vectors);
            QCOMPARE(fs::file_size(out / file), std::uintmax_t{12 + 8 * 40 * 32});
        }
        QVERIFY(!fs::exists(out / "clean/ambush_1/frame0003.flo"));
        QVERIFY(readManifest(out / "manifest.json").complete);
        QCOMPARE(run.lines().back()["kept"].toInt(), 0);
        const CliRun again = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), 4);
        // Flow of another method is another submission.
        QStringList other = arguments;
        other[5] = "dis";
        MCJ_VERIFY_EXIT(runWithoutNetwork(other), 2);

        const fs::path kitti = path("kitti-test").toStdString();
        test::writeFrame(kitti / "testing/image_2/000003_10.png", picture(70));
        test::writeFrame(kitti / "testing/image_2/000003_11.png", picture(70));
        const CliRun road =
            runWithoutNetwork({"evaluate", "flow", "--kitti", path("kitti-test"), "--method",
                               "zero", "--submission", path("kitti-out"), "--json"});
        MCJ_VERIFY_EXIT(road, 0);
        const fs::path file = path("kitti-out/flow/000003_10.png").toStdString();
        const Raster<std::uint16_t> coded = readPng16(file);
        QCOMPARE(coded.at(4, 4, 0), std::uint16_t{32768});
        QCOMPARE(coded.at(4, 4, 1), std::uint16_t{32768});
        QCOMPARE(coded.at(4, 4, 2), std::uint16_t{1});
    }

    void whatIsMissingIsNamed_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("named");
        const fs::path empty = path("empty").toStdString();
        fs::create_directories(empty / "training/flow");
        const QString root = path("empty");
        const QStringList zero{"--method", "zero"};
        const QStringList flow{"evaluate", "flow"};
        QTest::newRow("no Sintel at all")
            << flow + QStringList{"--sintel", path("gone")} + zero << 3 << path("gone");
        QTest::newRow("no pictures of Sintel")
            << flow + QStringList{"--sintel", root} + zero << 3 << root + "/training/clean";
        QTest::newRow("no truth of KITTI")
            << flow + QStringList{"--kitti", root} + zero << 3 << root + "/training/flow_occ";
        QTest::newRow("no test half of KITTI")
            << flow + QStringList{"--kitti", root, "--submission", path("never")} + zero << 3
            << root + "/testing";
        QTest::newRow("no test half of Sintel")
            << flow + QStringList{"--sintel", root, "--submission", path("never")} + zero << 3
            << root + "/test/clean";
        QTest::newRow("a submission of plain pairs")
            << flow + QStringList{"--pairs", root, "--submission", path("never")} + zero << 2
            << "--submission";
        QTest::newRow("a submission of two methods")
            << flow + QStringList{"--kitti",     root,       "--submission",
                                  path("never"), "--method", "dis,zero"}
            << 2 << "one method";
        QTest::newRow("a submission of some pairs")
            << flow + QStringList{"--kitti", root, "--submission", path("never"), "--only", "x"} +
                   zero
            << 2 << "--only";
    }

    void whatIsMissingIsNamed() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, named);
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, code);
        QVERIFY2(run.err.contains(named), qPrintable(run.err));
        QCOMPARE(run.err.count("mcjepa:"), 1);
        QVERIFY(!fs::exists(path("never").toStdString()));
    }

    void aMaskOfAnotherSizeIsNamed() {
        const fs::path part = fs::path(path("sizes").toStdString()) / "training";
        for (const char* frame : {"frame_0001.png", "frame_0002.png"}) {
            test::writeFrame(part / "clean/alley_1" / frame, picture(90));
        }
        test::writeTruth(part / "flow/alley_1/frame_0001.flo", FlowField(kSize), FlowFormat::Flo);
        test::writeGrey(part / "occlusions/alley_1/frame_0001.png",
                        Raster<std::uint8_t>({41, 32}, 1));
        const CliRun run =
            runWithoutNetwork({"evaluate", "flow", "--sintel", path("sizes"), "--method", "zero"});
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("occlusions/alley_1/frame_0001.png"), qPrintable(run.err));
        QVERIFY(run.err.contains("41 x 32"));
    }

private:
    static void writePair(const fs::path& part, const std::string& frames,
                          const std::string& number, const FlowField& occ, const FlowField& noc,
                          const Raster<std::uint8_t>* objects) {
        test::writeFrame(part / frames / (number + "_10.png"), picture(90));
        test::writeFrame(part / frames / (number + "_11.png"), picture(90));
        test::writeTruth(part / "flow_occ" / (number + "_10.png"), occ, FlowFormat::KittiPng);
        test::writeTruth(part / "flow_noc" / (number + "_10.png"), noc, FlowFormat::KittiPng);
        if (objects) test::writeGrey(part / "obj_map" / (number + "_10.png"), *objects);
    }

    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestEvaluateFlow)
#include "test_evaluate_flow.moc"
