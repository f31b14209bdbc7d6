#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>

#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = test::DiscClip::kFrames;

}  // namespace

/// `mcjepa evaluate` on folders of one's own, by methods that need no network. The benchmarks'
/// folders have test_evaluate_flow and test_evaluate_vos.
class TestEvaluate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void flowIsScoredAgainstTruth() {
        const fs::path pair = path("pairs/disc").toStdString();
        fs::create_directories(pair);
        writeRgbPng(pair / "frame1.png", scene_.picture(0));
        writeRgbPng(pair / "frame2.png", scene_.picture(1));
        writeFlow(pair / "flow.flo", scene_.flow(0), FlowFormat::Flo);
        const CliRun run = runWithoutNetwork({"evaluate", "flow", "--pairs", path("pairs"),
                                              "--method", "dis,farneback,zero", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 3);
        QCOMPARE(run.events("summary").size(), 3);
        for (const QJsonObject& result : run.events("result")) {
            QCOMPARE(result["pair"].toString(), QString("disc"));
            for (const char* key : {"method", "epe", "fl_all", "ae_deg", "valid_px", "secs"}) {
                QVERIFY2(result.contains(key), key);
            }
        }
        const QJsonObject dis = run.events("summary")[0];
        const QJsonObject zero = run.events("summary")[2];
        QCOMPARE(dis["method"].toString(), QString("dis"));
        QVERIFY(dis["ratio_zero"].toDouble() < 0.5);
        QCOMPARE(dis["ratio_dis"].toDouble(), 1.0);
        QCOMPARE(zero["ratio_zero"].toDouble(), 1.0);
        QVERIFY(std::abs(dis["epe"].toDouble() / zero["epe"].toDouble() -
                         dis["ratio_zero"].toDouble()) < 1e-9);
    }

    void sequencesAreRunAndScored() {
        const fs::path sequence = path("sequences/disc").toStdString();
        fs::create_directories(sequence / "frames");
        fs::create_directories(sequence / "masks");
        for (int t = 0; t < kFrames; ++t) {
            writeRgbPng(sequence / "frames" / davisFileName(t), scene_.picture(t));
            writeDavisMask(sequence / "masks" / davisFileName(t), Mask(scene_.mask(t)));
        }
        const fs::path partial = path("sequences/partial").toStdString();
        fs::create_directories(partial / "frames");
        fs::create_directories(partial / "masks");
        for (int t = 0; t < 3; ++t) {
            writeRgbPng(partial / "frames" / davisFileName(t), scene_.picture(t));
        }
        writeDavisMask(partial / "masks" / davisFileName(0), Mask(scene_.mask(0)));
        const CliRun run =
            runWithoutNetwork({"evaluate", "vos", "--sequences", path("sequences"), "--method",
                               "dis-flow,identity", "-o", path("vos"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        // One object by two methods; partial is not scored.
        QCOMPARE(run.events("result").size(), 2);
        QCOMPARE(run.events("summary").size(), 2);
        QVERIFY(run.events("summary")[0]["jf_mean"].toDouble() >
                run.events("summary")[1]["jf_mean"].toDouble());
        QVERIFY(run.err.contains("partial"));
        QVERIFY(fs::exists(fs::path(path("vos").toStdString()) / "identity/partial/00002.png"));
        // What was written scores the same when it is read back.
        const CliRun read =
            runWithoutNetwork({"evaluate", "masks", "--results", path("vos/dis-flow"), "--truth",
                               path("sequences"), "--json"});
        MCJ_VERIFY_EXIT(read, 0);
        QCOMPARE(read.lines().back()["jf_mean"].toDouble(),
                 run.events("summary")[0]["jf_mean"].toDouble());
    }

    void theSplitPicksThePairsOfItsHalf() {
        for (const char* name : {"chairs3", "grove2", "venus", "another"}) {
            const fs::path pair = fs::path(path("halves").toStdString()) / "flow" / name;
            fs::create_directories(pair);
            writeRgbPng(pair / "frame1.png", scene_.picture(0));
            writeRgbPng(pair / "frame2.png", scene_.picture(1));
            writeFlow(pair / "flow.flo", scene_.flow(0), FlowFormat::Flo);
        }
        const auto pairsOf = [&](const QString& half) {
            QStringList names;
            const CliRun run = runWithoutNetwork({"evaluate", "flow", "--pairs", path("halves"),
                                                  "--method", "dis", "--split", half, "--json"});
            for (const QJsonObject& result : run.events("result")) {
                names << result["pair"].toString();
            }
            if (run.events("split").size() == 1) {
                const QJsonObject split = run.events("split").front();
                names << "in neither: " + split["in_neither"].toArray()[0].toString()
                      << QString("missing: %1").arg(split["missing"].toArray().size());
            }
            return names;
        };
        QCOMPARE(pairsOf("selection"), (QStringList{"flow/chairs3", "flow/grove2",
                                                    "in neither: flow/another", "missing: 7"}));
        QCOMPARE(pairsOf("report"),
                 (QStringList{"flow/venus", "in neither: flow/another", "missing: 6"}));
        const CliRun text = runWithoutNetwork({"evaluate", "flow", "--pairs", path("halves"),
                                               "--method", "dis,zero", "--split", "selection"});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY(text.out.contains("1.000 to 1.000"));
        QVERIFY2(text.err.contains("flow/another") && text.err.contains("urban2"),
                 qPrintable(text.err));
        const CliRun none =
            runWithoutNetwork({"evaluate", "flow", "--pairs", path("halves/flow/another"),
                               "--method", "dis", "--split", "report"});
        MCJ_VERIFY_EXIT(none, 2);
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"evaluate", "flow", "--pairs", path("halves"), "--split", "both"}),
            2);
    }

    void theSplitPicksTheSequencesOfItsHalf() {
        for (const char* name : {"dog", "libby", "blackswan", "another"}) {
            const fs::path sequence = fs::path(path("named").toStdString()) / name;
            fs::create_directories(sequence / "frames");
            fs::create_directories(sequence / "masks");
            for (int t = 0; t < kFrames; ++t) {
                writeRgbPng(sequence / "frames" / davisFileName(t), scene_.picture(t));
                writeDavisMask(sequence / "masks" / davisFileName(t), Mask(scene_.mask(t)));
            }
        }
        const CliRun run = runWithoutNetwork({"evaluate", "vos", "--sequences", path("named"),
                                              "--method", "identity,dis-flow", "--split",
                                              "selection", "-o", path("halfvos"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QStringList names;
        for (const QJsonObject& result : run.events("result")) {
            names << result["sequence"].toString();
        }
        QCOMPARE(names, (QStringList{"dog", "libby", "dog", "libby"}));
        const QJsonObject first = run.events("summary")[0]["over_sequences"].toObject();
        const QJsonObject second = run.events("summary")[1]["over_sequences"].toObject();
        QVERIFY(!first.contains("against"));
        QCOMPARE(first["jf_mean"].toDouble(), run.events("summary")[0]["jf_mean"].toDouble());
        QCOMPARE(second["against"].toString(), QString("identity"));
        QVERIFY(second["jf_difference"].toDouble() > 0.0);
        QCOMPARE(second["jf_difference_interval"].toArray().size(), 2);
        const CliRun report =
            runWithoutNetwork({"evaluate", "masks", "--results", path("named"), "--truth",
                               path("named"), "--split", "report", "--json"});
        MCJ_VERIFY_EXIT(report, 0);
        QCOMPARE(report.events("result").size(), 1);
        QCOMPARE(report.events("result")[0]["sequence"].toString(), QString("blackswan"));
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
    test::MovingScene scene_ = test::discScene();
};

QTEST_GUILESS_MAIN(TestEvaluate)
#include "test_evaluate.moc"
