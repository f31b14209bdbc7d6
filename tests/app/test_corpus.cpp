#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "media/io/flow_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"
#include "tests/support/test_video.h"

using namespace mcj;
using test::CliRun;
using test::runCli;

namespace fs = std::filesystem;

/// The main jobs by the shipped model on all of the shared data: every clip, every pair with truth,
/// every annotated sequence. Skipped, in words, where one of them is missing.
class TestCorpus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        data_ = test::testDataFolder();
        if (data_.isEmpty()) QSKIP("the shared data folder is not here");
        if (!runGuarded([] { return shippedModelPath(); }).ok()) {
            QSKIP("the shipped model is not here");
        }
        if (!fs::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so")) QSKIP("libmcj_torch is not built");
    }

    void everyClipIsAnalyzed_data() {
        QTest::addColumn<QString>("clip");
        for (const char* part : {"/videos", "/videos/odd"}) {
            const QDir folder(data_ + part);
            for (const QString& name : folder.entryList({"*.mp4", "*.mov"}, QDir::Files)) {
                QTest::newRow(qPrintable(name)) << folder.filePath(name);
            }
        }
    }

    void everyClipIsAnalyzed() {
        QFETCH(QString, clip);
        QTemporaryDir output;
        // One pair, by one look: the whole way, at a cost that all clips can have.
        const CliRun run =
            runCli({"analyze", clip, "--maps", "all", "--method", "model-fast", "--range", "0:2",
                    "--format", "png,flo,kitti", "-o", output.filePath("maps"), "--quiet"});
        MCJ_VERIFY_EXIT(run, 0);
        const fs::path maps = output.filePath("maps").toStdString();
        QVERIFY(readManifest(maps / "manifest.json").complete);
        for (const char* map : {"flow", "backward"}) {
            const FlowField exact = readFlow(maps / map / "000000.flo");
            const FlowField coarse = readFlow(maps / map / "000000.png");
            QCOMPARE(coarse.size(), exact.size());
            double worst = 0.0;
            for (std::size_t i = 0; i < exact.vectors.values().size(); ++i) {
                worst = std::max(worst, std::abs(double{exact.vectors.values()[i]} -
                                                 double{coarse.vectors.values()[i]}));
            }
            // KITTI's PNG counts in 1/64 px.
            QVERIFY2(worst <= 0.5 / 64 + 1e-6, qPrintable(QString("%1 px").arg(worst)));
        }
        for (const char* map : {"flow_color", "backward_color", "warp_error", "feature_error",
                                "consistency", "occlusion"}) {
            QVERIFY2(fs::exists(maps / map / "000000.png"), map);
        }
    }

    void theModelBeatsStandingStillByFar() {
        const CliRun run = runCli({"evaluate", "flow", "--pairs", data_ + "/flow", "--method",
                                   "model-fast,dis,farneback,zero", "--json", "--quiet"});
        MCJ_VERIFY_EXIT(run, 0);
        for (const QJsonObject& summary : run.events("summary")) {
            if (summary["method"].toString() != "model-fast") continue;
            // An average model of this kind has 0.5; with a second look, at four times the time,
            // less.
            const double ratio = summary["ratio_zero"].toDouble(1.0);
            QVERIFY2(ratio < 0.3, qPrintable(QString::number(ratio)));
            return;
        }
        QFAIL("no summary of the model");
    }

    void everySequenceIsPropagated_data() {
        QTest::addColumn<QString>("sequence");
        const QDir folder(data_ + "/davis");
        for (const QString& name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            QTest::newRow(qPrintable(name)) << folder.filePath(name);
        }
    }

    void everySequenceIsPropagated() {
        QFETCH(QString, sequence);
        const QDir given(sequence + "/masks");
        const QString first = given.filePath(given.entryList({"*.png"}, QDir::Files).value(0));
        QTemporaryDir output;
        const CliRun run = runCli({"propagate", sequence + "/frames", "--mask", first, "--range",
                                   "0:3", "-o", output.filePath("out"), "--quiet"});
        MCJ_VERIFY_EXIT(run, 0);
        const QDir masks(output.filePath("out/masks"));
        const QStringList written = masks.entryList({"*.png"}, QDir::Files);
        QCOMPARE(written.size(), 3);
        // Two frames on no object is gone.
        const auto objectsOf = [](const Mask& mask) {
            std::set<int> seen;
            for (const std::uint8_t label : mask.labels.values()) {
                if (label > 0 && label < 255) seen.insert(label);
            }
            return seen;
        };
        const auto before = objectsOf(readDavisMask(masks.filePath(written[0]).toStdString()));
        const auto after = objectsOf(readDavisMask(masks.filePath(written[2]).toStdString()));
        QVERIFY(!before.empty());
        QVERIFY2(after.size() * 3 >= before.size() * 2,
                 qPrintable(QString("%1 of %2 objects").arg(after.size()).arg(before.size())));
    }

private:
    QString data_;
};

QTEST_GUILESS_MAIN(TestCorpus)
#include "test_corpus.moc"
