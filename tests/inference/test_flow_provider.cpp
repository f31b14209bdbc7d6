#include <QTest>

#include <cmath>
#include <memory>

#include "inference/analysis/flow_metrics.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "tests/support/stand_in_engine.h"
#include "tests/support/test_video.h"

using namespace mcj;

namespace {

FramePtr frameOf(Raster<std::uint8_t> rgb, FrameIndex index) {
    Frame frame;
    frame.source = 1;
    frame.index = index;
    frame.rgb = std::move(rgb);
    return std::make_shared<const Frame>(std::move(frame));
}

const test::MovingScene& scene() {
    static const test::MovingScene moving({160, 120}, {1.5F, -0.5F},
                                          {{{80, 60}, {-3.0F, 2.0F}, 28}});
    return moving;
}

}  // namespace

class TestFlowProvider : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void idsAreFoundAndUnknownOnesAreRefused() {
        for (const FlowProvider& provider : flowProviders()) {
            QCOMPARE(&flowProvider(provider.id), &provider);
        }
        const auto outcome = runGuarded([] { return flowProvider("raft").id; });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Usage);
        QVERIFY(QString::fromStdString(outcome.error().hint()).contains("farneback"));
    }

    void aLevelOfTheNetworkIsAMethod() {
        const FramePtr first = frameOf(scene().picture(0), 0);
        const FramePtr second = frameOf(scene().picture(1), 1);
        test::StandInEngine engine;
        for (int level = 1; level <= 6; ++level) {
            const std::string id = levelFlowId(level);
            QVERIFY(levelOfFlow(id) == level);
            QVERIFY(flowProvider(id).needsEngine);
            QCOMPARE(flowTitle(id), "model, level " + std::to_string(level));
            const FlowField flow = estimateFlow(id, first, second, &engine);
            QCOMPARE(flow.at(0, 0), (PointF{static_cast<float>(level), 1.0F}));
        }
        for (const char* other : {"model-level-0", "model-level-7", "model-level-", "model-level",
                                  "model-level-12", "model"}) {
            QVERIFY2(!levelOfFlow(other), other);
        }
        QVERIFY(!runGuarded([] { return flowProvider("model-level-7").id; }).ok());
    }

    void classicMethodsRecoverMotion_data() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<double>("share");
        QTest::newRow("dis") << kDisFlow << 0.3;
        QTest::newRow("farneback") << "farneback" << 0.6;
    }

    void classicMethodsRecoverMotion() {
        QFETCH(QString, method);
        QFETCH(double, share);
        const FlowField flow = estimateFlow(method.toStdString(), frameOf(scene().picture(0), 0),
                                            frameOf(scene().picture(1), 1), nullptr);
        const FlowScore score = scoreFlow(flow, scene().flow(0));
        QVERIFY2(score.epe.value() < share * score.meanTruthPx.value(),
                 qPrintable(QString("%1 px of %2").arg(*score.epe).arg(*score.meanTruthPx)));
    }

    void zeroIsZero() {
        const FlowField flow = estimateFlow(kZeroFlow, frameOf(scene().picture(0), 0),
                                            frameOf(scene().picture(1), 1), nullptr);
        QCOMPARE(flow.size(), scene().size());
        for (const float value : flow.vectors.values()) QCOMPARE(value, 0.0F);
    }

    void tinyPicturesAreNoTrouble() {
        const test::MovingScene tiny({7, 5}, {1.0F, 0.0F}, {});
        for (const char* method : {kDisFlow, "farneback"}) {
            const FlowField flow = estimateFlow(method, frameOf(tiny.picture(0), 0),
                                                frameOf(tiny.picture(1), 1), nullptr);
            QCOMPARE(flow.size(), (SizePx{7, 5}));
            for (const float value : flow.vectors.values()) QVERIFY(std::isfinite(value));
        }
    }

    // OpenCV resamples pictures of at most 32766 pixels a side; DIS does so at half the size.
    void whatOpenCvRefusesIsSaidInOurWords() {
        const FramePtr wide = frameOf(Raster<std::uint8_t>({70000, 32}, 3), 0);
        const auto flow = runGuarded([&] { return estimateFlow(kDisFlow, wide, wide, nullptr); });
        QVERIFY(!flow.ok());
        QCOMPARE(flow.error().code(), ErrorCode::Input);
        QCOMPARE(std::string(flow.error().what()),
                 std::string("DIS cannot compute flow between frames of 70000 x 32 pixels"));
        QVERIFY(!flow.error().hint().empty());
    }

    void coarseFlowIsThatOfReducedPictures() {
        /// The motion of every pixel is (1, 2) at the size that it is given.
        class Uniform : public test::StandInEngine {
        public:
            FlowField flow(const FramePtr& from, const FramePtr& to, FlowDetail detail,
                           const StopToken&) override {
                size = from->size();
                ownSource = from->source != 1 && to->source == from->source;
                fast = detail == FlowDetail::Fast;
                FlowField field(size);
                for (int y = 0; y < size.height; ++y) {
                    for (int x = 0; x < size.width; ++x) field.set(y, x, {1.0F, 2.0F});
                }
                return field;
            }
            SizePx size;
            bool ownSource = false;
            bool fast = false;
        };
        Uniform engine;
        const test::MovingScene large({960, 480}, {1.0F, 0.0F}, {});
        const FlowField flow = estimateFlow(kModelCoarseFlow, frameOf(large.picture(0), 0),
                                            frameOf(large.picture(1), 1), &engine);
        QCOMPARE(engine.size, (SizePx{320, 160}));
        QVERIFY(engine.ownSource && engine.fast);
        QCOMPARE(flow.size(), (SizePx{960, 480}));
        for (int y = 0; y < 480; y += 31) {
            for (int x = 0; x < 960; x += 31) {
                QVERIFY(std::abs(flow.at(y, x).x - 3.0F) < 1e-4F);
                QVERIFY(std::abs(flow.at(y, x).y - 6.0F) < 1e-4F);
            }
        }
        // Small pictures are used as they are.
        (void)estimateFlow(kModelCoarseFlow, frameOf(scene().picture(0), 0),
                           frameOf(scene().picture(1), 1), &engine);
        QCOMPARE(engine.size, scene().size());
        QVERIFY(!engine.ownSource);
    }

    void whatCannotWorkIsRefused() {
        const FramePtr first = frameOf(scene().picture(0), 0);
        const auto sizes = runGuarded([&] {
            return estimateFlow(kDisFlow, first, frameOf(Raster<std::uint8_t>({8, 8}, 3), 1),
                                nullptr);
        });
        QVERIFY(!sizes.ok());
        QCOMPARE(sizes.error().code(), ErrorCode::Input);
        const auto engine =
            runGuarded([&] { return estimateFlow(kModelFlow, first, first, nullptr); });
        QVERIFY(!engine.ok());
    }
};

QTEST_GUILESS_MAIN(TestFlowProvider)
#include "test_flow_provider.moc"
