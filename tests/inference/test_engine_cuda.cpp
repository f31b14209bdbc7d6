// The engine on a GPU against the engine on the CPU, which the other tests hold to its twin. Skips
// where there is no GPU; carry it, libmcj_torch.so, libmcj_cuda.so and a model to one.

#include <QTest>

#include <algorithm>
#include <cmath>

#include "inference/engine/inference_engine.h"
#include "tests/support/wave_frame.h"

using namespace mcj;

namespace {

constexpr SizePx kSize{221, 163};

std::unique_ptr<InferenceEngine> engineOn(const char* device) {
    EngineOptions options;
    options.device = device;
    return loadEngine(options);
}

double meanDifference(const FlowField& a, const FlowField& b) {
    double sum = 0.0;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            sum += std::hypot(a.at(y, x).x - b.at(y, x).x, a.at(y, x).y - b.at(y, x).y);
        }
    }
    return sum / (kSize.width * kSize.height);
}

double largestDifference(const ScalarMap& a, const ScalarMap& b) {
    double worst = 0.0;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            const double here = a.values.at(y, x);
            const double there = b.values.at(y, x);
            if (std::isnan(here) != std::isnan(there)) return INFINITY;
            if (!std::isnan(here)) worst = std::max(worst, std::abs(here - there));
        }
    }
    return worst;
}

}  // namespace

class TestEngineCuda : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        gpu_ = engineOn("auto");
        const EngineInfo& info = gpu_->info();
        if (!info.noGpuHint.empty()) QFAIL(info.noGpuReason.c_str());  // there is one
        if (!info.noGpuReason.empty()) QSKIP(info.noGpuReason.c_str());
        cpu_ = engineOn("cpu");
    }

    void theDeviceIsNamed() {
        QVERIFY(QString::fromStdString(gpu_->info().device).startsWith("cuda"));
    }

    void flowIsTheSame_data() {
        QTest::addColumn<bool>("full");
        QTest::newRow("fast") << false;
        QTest::newRow("full") << true;
    }

    void flowIsTheSame() {
        QFETCH(const bool, full);
        const auto detail = full ? FlowDetail::Full : FlowDetail::Fast;
        const auto expected = cpu_->flow(first_, second_, detail);
        const auto got = gpu_->flow(first_, second_, detail);
        // Convolutions on a GPU round to ten bits: a hundredth of a pixel in the mean.
        const double difference = meanDifference(got, expected);
        QVERIFY2(difference < 0.02, qPrintable(QString::number(difference)));
    }

    void featuresCompareTheSame() {
        const auto flow = cpu_->flow(first_, second_, FlowDetail::Fast);
        const auto errorBy = [&](InferenceEngine& engine) {
            return engine.featureError(*engine.featureMap(first_, 3),
                                       *engine.featureMap(second_, 3), flow);
        };
        QVERIFY(largestDifference(errorBy(*gpu_), errorBy(*cpu_)) < 0.02);
        const auto similarBy = [&](InferenceEngine& engine) {
            return engine.similarity(*engine.featureMap(first_, 3), {60, 70},
                                     *engine.featureMap(second_, 3));
        };
        const auto got = similarBy(*gpu_);
        const auto expected = similarBy(*cpu_);
        QVERIFY(largestDifference(got.map, expected.map) < 0.02);
        QVERIFY(std::abs(got.best.score - expected.best.score) < 0.02F);
    }

    void masksAreCarriedTheSame() {
        Raster<std::uint8_t> mask(kSize, 1);
        for (int y = 50; y < 110; ++y) {
            for (int x = 60; x < 140; ++x) mask.at(y, x) = 1;
        }
        std::vector<Raster<std::uint8_t>> labels;
        for (auto* engine : {gpu_.get(), cpu_.get()}) {
            const auto run = engine->startPropagation({});
            run->condition(first_, mask);
            labels.push_back(run->step(second_).labels);
        }
        std::int64_t differing = 0;
        std::int64_t inside = 0;
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                differing += labels[0].at(y, x) != labels[1].at(y, x);
                inside += labels[0].at(y, x) == 1;
            }
        }
        QVERIFY(inside > 60 * 80 / 2);
        QVERIFY2(differing < kSize.width * kSize.height / 500,
                 qPrintable(QString::number(differing)));
    }

    void workIsEstimated() {
        const auto estimate = gpu_->estimate({1920, 1080}, FlowDetail::Full);
        QVERIFY(estimate.secsPerPair > 0.0 && estimate.peakBytes > 0);
    }

private:
    std::unique_ptr<InferenceEngine> gpu_;
    std::unique_ptr<InferenceEngine> cpu_;
    FramePtr first_ = test::wavesMovedBy(0.0F, kSize, 0);
    FramePtr second_ = test::wavesMovedBy(3.0F, kSize, 1);
};

QTEST_GUILESS_MAIN(TestEngineCuda)
#include "test_engine_cuda.moc"
