#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <string>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = test::DiscClip::kFrames;
constexpr int kBad = 5;  ///< the frame whose mask is shifted

Mask shifted(const Raster<std::uint8_t>& labels, int right) {
    Mask mask(labels.size());
    for (int y = 0; y < labels.height(); ++y) {
        for (int x = 0; x + right < labels.width(); ++x) {
            mask.labels.at(y, x + right) = labels.at(y, x);
        }
    }
    return mask;
}

}  // namespace

/// `mcjepa review` and `mcjepa bench annotate`, by flow that needs no network.
class TestReviewCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const fs::path truth = clip_.path("truth").toStdString();
        const fs::path masks = clip_.path("foreign").toStdString();
        const fs::path frames = clip_.path("sets/disc/frames").toStdString();
        const fs::path sequence = clip_.path("sets/disc/masks").toStdString();
        for (const fs::path& folder : {truth, masks, frames, sequence}) {
            fs::create_directories(folder);
        }
        for (int t = 0; t < kFrames; ++t) {
            const Mask mask(clip_.scene().mask(t));
            writeDavisMask(truth / davisFileName(t), mask);
            writeDavisMask(masks / davisFileName(t), t == kBad ? shifted(mask.labels, 15) : mask);
            writeDavisMask(sequence / davisFileName(t), mask);
            writeRgbPng(frames / davisFileName(t), clip_.scene().picture(t));
        }
    }

    void aShiftedMaskIsTheMostDoubtful() {
        const CliRun run = runWithoutNetwork({"review", clip_.video(), clip_.path("foreign"), "-o",
                                              clip_.path("review"), "--method", "dis", "--truth",
                                              clip_.path("truth"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QList<QJsonObject> rows = run.events("result");
        QCOMPARE(rows.size(), kFrames);
        QCOMPARE(rows[0]["score"].toDouble(), 0.0);
        QVERIFY(rows[0]["objects"].toArray()[0].toObject()["mask_warp"].isNull());
        // The step to the shifted mask and the step back are the two worst.
        for (int t = 1; t < kFrames; ++t) {
            if (t == kBad || t == kBad + 1) continue;
            QVERIFY2(rows[t]["score"].toDouble() < rows[kBad]["score"].toDouble() &&
                         rows[t]["score"].toDouble() < rows[kBad + 1]["score"].toDouble(),
                     qPrintable(run.out));
        }
        QVERIFY(rows[kBad]["suspicious"].toBool());
        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["event"].toString(), QString("summary"));
        QCOMPARE(summary["flow"].toString(), QString("dis"));
        QCOMPARE(summary["features"].toBool(true), false);
        QCOMPARE(summary["frames_with_truth"].toInt(), kFrames - 1);
        QVERIFY(summary["spearman_loss"].toDouble() > 0.0);
        QVERIFY(summary["spearman_drop"].isDouble());
        QVERIFY(summary["worst_tenth_found"].isDouble());

        const QStringList scores = linesOf("review/scores.csv");
        QCOMPARE(scores.size(), 1 + kFrames);
        QCOMPARE(scores[0], QString("frame,object,area_px,inconsistency,mask_warp,color_warp,"
                                    "margin_loss,area_jump,feature_drop,score"));
        QCOMPARE(scores[1 + kBad].split(',').back().toDouble(), rows[kBad]["score"].toDouble());
        const QStringList suspicious = linesOf("review/suspicious.csv");
        QVERIFY(suspicious.size() >= 2);
        const int worst = suspicious[1].split(',')[0].toInt();
        QVERIFY(worst == kBad || worst == kBad + 1);
        const QStringList truth = linesOf("review/truth.csv");
        QCOMPARE(truth.size(), kFrames);
        QVERIFY(truth[kBad].split(',')[2].toDouble() < 0.8);
        QCOMPARE(truth[1].split(',')[2].toDouble(), 1.0);
        QVERIFY(fs::exists(clip_.path("review/manifest.json").toStdString()));
        // Another review does not replace it unasked.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"review", clip_.video(), clip_.path("foreign"), "-o",
                                           clip_.path("review"), "--method", "farneback"}),
                        2);
    }

    void layoutsOfOtherProgramsAreReadAsTheyAre() {
        // A folder per object, as SAM 2 writes them, counted from 0; and a workspace of Cutie.
        const fs::path objects = clip_.path("sam/000").toStdString();
        const fs::path workspace = clip_.path("cutie/masks").toStdString();
        fs::create_directories(objects);
        fs::create_directories(workspace);
        for (int t = 0; t < kFrames; ++t) {
            const fs::path from = clip_.path("foreign").toStdString();
            fs::copy_file(from / davisFileName(t), objects / davisFileName(t));
            fs::copy_file(from / davisFileName(t), workspace / ("00" + davisFileName(t)));
        }
        const auto scoresOf = [this](const QString& masks) {
            const CliRun run =
                runWithoutNetwork({"review", clip_.video(), clip_.path(masks), "-o",
                                   clip_.path("of-" + masks), "--method", "dis", "--json"});
            QList<double> scores;
            for (const QJsonObject& row : run.events("result")) {
                scores << row["score"].toDouble();
            }
            return scores;
        };
        const QList<double> expected = scoresOf("foreign");
        QCOMPARE(expected.size(), kFrames);
        QCOMPARE(scoresOf("sam"), expected);
        QCOMPARE(scoresOf("cutie"), expected);
    }

    void withoutAModelFlowIsByDis() {
        const CliRun run =
            runWithoutNetwork({"review", clip_.video(), clip_.path("foreign"), "-o",
                               clip_.path("by-default"), "--threshold", "1", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["flow"].toString(), QString("dis"));
        QVERIFY2(run.err.contains("DIS"), qPrintable(run.err));
        // A method that was asked for is not replaced.
        QVERIFY(runWithoutNetwork({"review", clip_.video(), clip_.path("foreign"), "-o",
                                   clip_.path("never"), "--method", "model-fast"})
                    .exitCode != 0);
        QVERIFY(!fs::exists(clip_.path("never").toStdString()));
    }

    void wrongMasksAreNamed() {
        const fs::path folder = clip_.path("small").toStdString();
        fs::create_directories(folder);
        for (int t = 0; t < kFrames; ++t) {
            writeDavisMask(folder / davisFileName(t), Mask(SizePx{8, 8}));
        }
        const CliRun small = runWithoutNetwork({"review", clip_.video(), clip_.path("small"), "-o",
                                                clip_.path("small-out"), "--method", "dis"});
        MCJ_VERIFY_EXIT(small, 3);
        QVERIFY2(small.err.contains("8 x 8"), qPrintable(small.err));
        MCJ_VERIFY_EXIT(runWithoutNetwork({"review", clip_.video(), clip_.path("nowhere"), "-o",
                                           clip_.path("never"), "--method", "dis"}),
                        3);
    }

    void masksBelongToFrames() {
        const QTemporaryDir made;
        const fs::path root = made.path().toStdString();
        fs::create_directories(root / "pictures");
        for (const int number : {10, 15, 20}) {
            const std::string name = "frame_" + std::to_string(number) + ".png";
            writeRgbPng(root / "pictures" / name, Raster<std::uint8_t>(SizePx{8, 8}, 3));
        }
        const std::string pictures = (root / "pictures").string();
        const std::vector<fs::path> some{root / "00010.png", root / "00020.png"};
        const auto byName = matchMasksToClip(pictures, 3, some);
        QCOMPARE(byName.size(), std::size_t{2});
        QCOMPARE(byName[0].frame, FrameIndex{0});
        QCOMPARE(byName[1].frame, FrameIndex{2});
        // A video's masks: as many as frames in order, else by number.
        const auto counted =
            matchMasksToClip("clip.mp4", 2, {root / "0001.png", root / "0002.png"});
        QCOMPARE(counted[0].frame, FrameIndex{0});
        QCOMPARE(counted[1].frame, FrameIndex{1});
        const auto sparse =
            matchMasksToClip("clip.mp4", 9, {root / "00000.png", root / "00005.png"});
        QCOMPARE(sparse[1].frame, FrameIndex{5});
        QVERIFY_THROWS_EXCEPTION(Error,
                                 (void)matchMasksToClip("clip.mp4", 3, {root / "00007.png"}));
        QVERIFY_THROWS_EXCEPTION(Error, (void)matchMasksToClip("clip.mp4", 3, {root / "a.png"}));
    }

    void annotatorsAreCompared() {
        const CliRun run =
            runWithoutNetwork({"bench", "annotate", "--sequences", clip_.path("sets"),
                               "--propagate", "identity", "--method", "dis", "--touches", "3",
                               "--target", "200", "-o", clip_.path("bench"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        // The first state and three touches of three pickers.
        QCOMPARE(run.events("result").size(), 12);
        const QList<QJsonObject> summaries = run.events("summary");
        QCOMPARE(summaries.size(), 3);
        QCOMPARE(summaries[0]["pick"].toString(), QString("curve"));
        QCOMPARE(summaries[2]["pick"].toString(), QString("oracle"));
        for (const QJsonObject& summary : summaries) {
            const QJsonArray means = summary["mean_jf"].toArray();
            QCOMPARE(means.size(), 4);
            QVERIFY(means[3].toDouble() > means[0].toDouble());
            QCOMPARE(summary["reached"].toInt(), 0);
            QCOMPARE(summary["mean_touches"].toDouble(), 3.0);
        }
        QCOMPARE(linesOf("bench/touches.csv").size(), 13);
        QFile file(clip_.path("bench/annotate.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject all = QJsonDocument::fromJson(file.readAll()).object();
        QCOMPARE(all["pickers"].toArray().size(), 3);
        QCOMPARE(all["propagation"].toString(), QString("identity"));

        const CliRun text = runWithoutNetwork(
            {"bench", "annotate", "--sequences", clip_.path("sets"), "--propagate", "identity",
             "--method", "dis", "--touches", "1", "--target", "1", "--pick", "uniform"});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY2(text.out.contains("touches to 1") && text.out.contains("uniform"),
                 qPrintable(text.out));
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"bench", "annotate", "--sequences", clip_.path("sets"),
                               "--propagate", "identity", "--method", "dis", "--pick", "luck"}),
            2);
    }

private:
    [[nodiscard]] QStringList linesOf(const QString& name) const {
        QFile file(clip_.path(name));
        if (!file.open(QIODevice::ReadOnly)) return {};
        return QString::fromUtf8(file.readAll()).trimmed().split('\n');
    }

    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestReviewCommand)
#include "test_review_command.moc"
