#include <QTest>

#include <array>
#include <chrono>
#include <memory>
#include <thread>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;

/// The network gives way to a stop, and is then as if it had not been asked.
class TestEngineStop : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        EngineOptions options;
        options.device = "cpu";
        engine_ = loadEngine(options);
        const MovingScene scene({320, 192}, {3.0F, 1.0F}, {{{90.0F, 80.0F}, {4.0F, 2.0F}, 30.0F}});
        for (int i = 0; i < 2; ++i) {
            Frame frame;
            frame.source = 1;
            frame.index = i;
            frame.rgb = scene.picture(i);
            frames_[static_cast<std::size_t>(i)] = std::make_shared<const Frame>(std::move(frame));
        }
    }

    void aStopBeforehandIsSeenAtOnce() {
        const StopSource stop;
        stop.requestStop();
        QCOMPARE(codeOf([&] { (void)flow(stop.token()); }), ErrorCode::Interrupted);
        QCOMPARE(codeOf([&] { (void)engine_->featureMap(frames_[0], 3, stop.token()); }),
                 ErrorCode::Interrupted);
    }

    void aStopOnTheWayEndsTheCall() {
        int interrupted = 0;
        for (int ms = 1; ms <= 200; ms = ms * 3 / 2 + 1) {
            // Without the features that earlier rounds have left in the cache.
            EngineOptions options;
            options.device = "cpu";
            options.featureCacheBytes = 0;
            const auto fresh = loadEngine(options);
            const StopSource stop;
            std::thread later([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(ms));
                stop.requestStop();
            });
            const auto outcome = runGuarded([&] {
                return fresh->flow(frames_[0], frames_[1], FlowDetail::Full, stop.token());
            });
            later.join();
            if (outcome.ok()) break;
            QCOMPARE(outcome.error().code(), ErrorCode::Interrupted);
            ++interrupted;
        }
        QVERIFY(interrupted > 0);
    }

    void theNextCallIsAsIfNothingHadBeen() {
        const FlowField expected = flow({});
        const StopSource stop;
        stop.requestStop();
        (void)codeOf([&] { (void)flow(stop.token()); });
        QVERIFY(flow({}).vectors == expected.vectors);
    }

    void aStoppedPropagationGoesOn() {
        Raster<std::uint8_t> labels({320, 192}, 1);
        for (int y = 60; y < 110; ++y) std::fill_n(labels.row(y) + 60, 60, std::uint8_t{1});
        const auto whole = engine_->startPropagation({});
        whole->condition(frames_[0], labels);
        const PropagatedLabels expected = whole->step(frames_[1]);
        const StopSource stop;
        stop.requestStop();
        // Without the features that are in the cache by now.
        EngineOptions options;
        options.device = "cpu";
        options.featureCacheBytes = 0;
        const auto fresh = loadEngine(options);
        const auto stopped = fresh->startPropagation({});
        QCOMPARE(codeOf([&] { stopped->condition(frames_[0], labels, stop.token()); }),
                 ErrorCode::Interrupted);
        stopped->condition(frames_[0], labels);
        QCOMPARE(codeOf([&] { (void)stopped->step(frames_[1], stop.token()); }),
                 ErrorCode::Interrupted);
        QVERIFY(stopped->step(frames_[1]).labels == expected.labels);
    }

private:
    [[nodiscard]] FlowField flow(const StopToken& stop) {
        return engine_->flow(frames_[0], frames_[1], FlowDetail::Full, stop);
    }
    template <typename Work>
    [[nodiscard]] static ErrorCode codeOf(Work work) {
        const auto outcome = runGuarded([&] {
            work();
            return true;
        });
        return outcome.ok() ? ErrorCode::Internal : outcome.error().code();
    }

    std::unique_ptr<InferenceEngine> engine_;
    std::array<FramePtr, 2> frames_;
};

QTEST_GUILESS_MAIN(TestEngineStop)
#include "test_engine_stop.moc"
