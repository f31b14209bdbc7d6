#include <QTest>

#include <QTemporaryDir>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "inference/analysis/analysis_export.h"
#include "inference/analysis/pair_summary.h"
#include "inference/analysis/pair_table.h"
#include "media/io/atomic_file.h"
#include "tests/support/test_video.h"

using namespace mcj;

namespace {

constexpr int kFrames = 5;

}  // namespace

class TestPairSummary : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void numbersAreThoseOfAnalyze() {
        QTemporaryDir folder;
        const test::MovingScene scene({96, 64}, {0.5F, 0.25F}, {{{40, 30}, {3.0F, 1.0F}, 12}});
        const std::string video = folder.filePath("scene.mkv").toStdString();
        const QString failed = test::writeLossless(scene, kFrames, QString::fromStdString(video));
        if (!test::haveFfmpeg()) QSKIP("ffmpeg is not installed");
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const auto source = openSource(video);
        scanToEnd(*source, {});
        AnalysisRequest request;
        request.folder = folder.filePath("maps").toStdString();
        request.method = kDisFlow;
        request.maps = {AnalysisMap::Flow, AnalysisMap::WarpError, AnalysisMap::Consistency};
        request.formats = {MapFormat::Flo};
        request.scale = {FlowScale::Kind::Fixed, 5.0F};
        Manifest manifest;
        manifest.program = "test";
        manifest.sourcePath = video;
        int pairs = 0;
        AnalysisCallbacks callbacks;
        callbacks.onPair = [&](const PairReport& pair) {
            const PairSummary summary = summarizePair(source->read(pair.first),
                                                      source->read(pair.second), kDisFlow, nullptr);
            QVERIFY(summary.complete());
            // Equal, not close: a curve that is exported is compared with the command line.
            QVERIFY(summary.at(PairNumber::Motion) == pair.meanFlowPx.value());
            QVERIFY(summary.at(PairNumber::WarpError) ==
                    pair.means.at(AnalysisMap::WarpError).value());
            QVERIFY(summary.at(PairNumber::Inconsistency) ==
                    pair.means.at(AnalysisMap::Consistency).value());
            QVERIFY(summary.at(PairNumber::Motion99) > summary.at(PairNumber::Motion));
            ++pairs;
        };
        (void)runAnalysis(*source, request, manifest, nullptr, callbacks);
        QCOMPARE(pairs, kFrames - 1);
    }

    void unknownPixelsDoNotCount() {
        FlowField flow(SizePx{2, 2});
        for (int y = 0; y < 2; ++y) {
            for (int x = 0; x < 2; ++x) flow.set(y, x, {NAN, NAN});
        }
        QVERIFY(!meanLengthPx(flow));
        flow.set(0, 1, {3.0F, 4.0F});
        flow.set(1, 1, {0.0F, 1.0F});
        QCOMPARE(meanLengthPx(flow).value(), 3.0);
        Raster<float> values(SizePx{2, 1}, 1, NAN);
        QVERIFY(!meanOfKnown(values));
        values.at(0, 1) = 7.0F;
        QCOMPARE(meanOfKnown(values).value(), 7.0);
    }

    void onlyPairsOfNeighboursHaveNumbers() {
        Product product;
        product.mean = 2.0;
        ProductKey key;
        key.product = "warp-error";
        key.frame = 4;
        PairSummary summary;
        for (const FrameIndex other : {3, 4, 6}) {
            key.other = other;
            QVERIFY(!summary.take(key, product));
        }
        key.other = 5;
        QVERIFY(summary.take(key, product));
        QCOMPARE(summary.at(PairNumber::WarpError), 2.0);
        QVERIFY(!summary.complete());
        key.product = "occlusion";
        QVERIFY(!summary.take(key, product));
    }

    void missingNumbersAreAdded() {
        PairSummary known;
        known.set(PairNumber::Motion, 1.0);
        PairSummary other;
        other.set(PairNumber::Motion, 5.0);
        other.set(PairNumber::WarpError, 2.0);
        known.addMissing(other);
        QCOMPARE(known.at(PairNumber::Motion), 1.0);
        QCOMPARE(known.at(PairNumber::WarpError), 2.0);
        QVERIFY(std::isnan(known.at(PairNumber::Motion99)));
    }

    void csvReadsBackExactly() {
        CurvePoint point;
        point.frame = 7;
        point.secs = 7.0 / 30.0;
        point.numbers.set(PairNumber::Motion, 1.0 / 3.0);
        const std::string text = curvesCsv({point});
        const QStringList lines = QString::fromStdString(text).split('\n');
        QCOMPARE(lines[0], QString("frame,seconds,warp_error,inconsistency_px,motion_px,"
                                   "motion_p99_px"));
        const QStringList fields = lines[1].split(',');
        QCOMPARE(fields.size(), 6);
        QCOMPARE(fields[0], QString("7"));
        QVERIFY(fields[1].toDouble() == point.secs);
        QVERIFY(fields[4].toDouble() == 1.0 / 3.0);
        QVERIFY(fields[2].isEmpty() && fields[3].isEmpty() && fields[5].isEmpty());
        point.similarity = 0.5;
        QVERIFY(QString::fromStdString(curvesCsv({point})).contains(",similarity\n"));
    }

    // The numbers of kept pairs are those of the earlier table; where it lacks one, the mean of the
    // clip is not known, but never a mean over fewer pairs.
    void aTableOfPairsOutlivesARun() {
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("pairs.csv").toStdString();
        PairReport pair;
        pair.first = 2;
        pair.second = 3;
        pair.meanFlowPx = 1.0 / 3.0;
        pair.means[AnalysisMap::WarpError] = std::nullopt;
        PairTable table(file);
        QVERIFY(table.empty());
        table.put(pair);
        QCOMPARE(QString::fromStdString(table.csv()).section('\n', 0, 0),
                 QString("frame,second,mean_flow_px"));
        writeTextAtomically(file, table.csv());

        PairTable resumed(file);
        PairReport kept;
        kept.first = 2;
        kept.second = 3;
        kept.kept = true;
        resumed.put(kept);
        pair.first = 3;
        pair.second = 4;
        pair.meanFlowPx = 1.0;
        resumed.put(pair);
        QCOMPARE(resumed.means().size(), std::size_t{1});
        QCOMPARE(resumed.means()[0].name, std::string("mean_flow_px"));
        QVERIFY(resumed.means()[0].mean == (1.0 / 3.0 + 1.0) / 2.0);
        kept.first = 4;
        kept.second = 5;
        resumed.put(kept);
        QVERIFY(!resumed.means()[0].mean);

        // A pair of other frames is not this one, and a damaged table is none.
        kept.first = 2;
        kept.second = 9;
        PairTable other(file);
        other.put(kept);
        QVERIFY(other.means().empty());
        writeTextAtomically(file, "frame,second,mean_flow_px\n2,3\nx,3,1\n");
        PairTable damaged(file);
        kept.second = 3;
        damaged.put(kept);
        QVERIFY(damaged.means().empty());
    }
};

QTEST_GUILESS_MAIN(TestPairSummary)
#include "test_pair_summary.moc"
