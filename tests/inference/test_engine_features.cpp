#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "inference/analysis/feature_colors.h"
#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "tests/support/test_video.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr SizePx kSize{320, 192};  // whole cells at every level

MovingScene movingScene() {
    return MovingScene(kSize, {3.0F, 1.0F}, {{{90.0F, 80.0F}, {4.0F, 2.0F}, 30.0F}});
}

std::array<FramePtr, 2> pairOf(const MovingScene& scene) {
    std::array<FramePtr, 2> frames;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        Frame frame;
        frame.source = 1;
        frame.index = static_cast<FrameIndex>(i);
        frame.rgb = scene.picture(static_cast<int>(i));
        frames.at(i) = std::make_shared<const Frame>(std::move(frame));
    }
    return frames;
}

double meanApartPx(const FlowField& a, const FlowField& b) {
    double sum = 0.0;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            sum += std::hypot(a.at(y, x).x - b.at(y, x).x, a.at(y, x).y - b.at(y, x).y);
        }
    }
    return sum / (kSize.width * kSize.height);
}

}  // namespace

/// Sums and projections of the shipped model's features.
class TestEngineFeatures : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        EngineOptions options;
        options.device = "cpu";
        engine_ = loadEngine(options);
        frame_ = pairOf(movingScene())[0];
    }

    void flowOfALevelIsThatBeforeTheFinerOnes() {
        const std::array<FramePtr, 2> frames = pairOf(movingScene());
        const EngineInfo& info = engine_->info();
        QCOMPARE(info.finestFlowLevel, 1);
        QCOMPARE(info.coarsestFlowLevel, 5);
        const FlowField fast = engine_->flow(frames[0], frames[1], FlowDetail::Fast);
        const FlowField truth = movingScene().flow(0);
        const FlowField finest = engine_->flowAtLevel(frames[0], frames[1], info.finestFlowLevel);
        QVERIFY(finest.vectors == fast.vectors);
        const FlowField coarsest =
            engine_->flowAtLevel(frames[0], frames[1], info.coarsestFlowLevel);
        QCOMPARE(coarsest.size(), kSize);
        const double fine = meanApartPx(finest, truth);
        const double coarse = meanApartPx(coarsest, truth);
        qInfo("mean error: %.3f px at the finest level, %.3f px at the coarsest", fine, coarse);
        // In pixels of the picture at every level, so also the coarsest is better than no motion.
        QVERIFY(fine < coarse && coarse < meanApartPx(FlowField(kSize), truth));
        for (const int level : {0, 6}) {
            const auto none = runGuarded(
                [&] { return engine_->flowAtLevel(frames[0], frames[1], level).size(); });
            QVERIFY(!none.ok() && none.error().code() == ErrorCode::Usage);
        }
    }

    // On processors without AMX bfloat16 is computed as well, slowly.
    void precisionChangesFlowLittle() {
        const std::array<FramePtr, 2> frames = pairOf(movingScene());
        std::array<FlowField, 2> flows;
        const std::array<const char*, 2> precisions{"float32", "bfloat16"};
        for (std::size_t i = 0; i < flows.size(); ++i) {
            EngineOptions options;
            options.device = "cpu";
            options.precision = precisions[i];
            const auto engine = loadEngine(options);
            QCOMPARE(engine->info().precision, std::string(precisions[i]));
            flows[i] = engine->flow(frames[0], frames[1], FlowDetail::Full);
        }
        double sum = 0.0;
        double largest = 0.0;
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                const PointF a = flows[0].at(y, x);
                const PointF b = flows[1].at(y, x);
                const double apart = std::hypot(a.x - b.x, a.y - b.y);
                sum += apart;
                largest = std::max(largest, apart);
            }
        }
        const double mean = sum / (kSize.width * kSize.height);
        qInfo("difference: mean %.4f px, largest %.4f px", mean, largest);
        QVERIFY(mean > 0.0);  // else both computed alike
        QVERIFY(mean < 0.03);
    }

    void unknownPrecisionsAreRefused() {
        EngineOptions options;
        options.device = "cpu";
        options.precision = "float8";
        QVERIFY_THROWS_EXCEPTION(Error, (void)loadEngine(options));
    }

    void momentsAreThoseOfStandardisedChannels() {
        const FeatureMapPtr features = engine_->featureMap(frame_, 3);
        const FeatureMoments moments = engine_->featureMoments(*features);
        QCOMPARE(moments.cells, std::int64_t{40 * 24});
        const std::size_t channels = moments.sums.size();
        QVERIFY(channels >= 3);
        QCOMPARE(moments.products.size(), channels * channels);
        const auto cells = static_cast<double>(moments.cells);
        for (std::size_t i = 0; i < channels; ++i) {
            QVERIFY(std::abs(moments.sums[i] / cells) < 1e-3);
            QVERIFY(std::abs(moments.products[i * channels + i] / cells - 1.0) < 0.01);
            for (std::size_t j = 0; j < i; ++j) {
                QVERIFY(std::abs(moments.products[i * channels + j] -
                                 moments.products[j * channels + i]) < 1e-6 * cells);
            }
        }
        QVERIFY(engine_->featureMoments(*features) == moments);
    }

    // The weights of a cell in bilinear interpolation sum to its area, so the mean stays.
    void projectionsKeepTheMean() {
        const FeatureMapPtr features = engine_->featureMap(frame_, 3);
        const std::size_t channels = engine_->featureMoments(*features).sums.size();
        FeatureProjection projection{std::vector<float>(channels, 0.0F),
                                     std::vector<float>(3 * channels, 0.0F)};
        projection.origin[1] = 0.5F;
        projection.axes[0] = 1.0F;             // the first value is channel 0
        projection.axes[channels + 1] = 1.0F;  // the second is channel 1 from its origin
        const Raster<float> values = engine_->projectFeatures(*features, projection);
        QVERIFY(values.size() == kSize);
        QCOMPARE(values.channels(), 3);
        std::array<double, 3> means{};
        for (std::size_t i = 0; i < values.values().size(); ++i) {
            means[i % 3] += static_cast<double>(values.values()[i]);
        }
        for (double& mean : means) mean /= static_cast<double>(kSize.area());
        QVERIFY(std::abs(means[0]) < 1e-3);
        QVERIFY(std::abs(means[1] + 0.5) < 1e-3);
        QCOMPARE(means[2], 0.0);
        projection.axes.pop_back();
        QVERIFY_EXCEPTION_THROWN((void)engine_->projectFeatures(*features, projection), Error);
    }

    // The pixels of one cell ask for what a point at its centre asks for; those of two cells for
    // the mean of two unit vectors, so that the map is the mean of the cells' maps, scaled.
    void theQueryOfAnObjectIsTheMeanOfItsCells() {
        const FeatureMapPtr features = engine_->featureMap(frame_, 3);
        const auto cells = [](std::vector<PointPx> places) {
            Raster<std::uint8_t> inside(kSize, 1);
            for (const PointPx cell : places) {
                for (int i = 0; i < 64; ++i) inside.at(8 * cell.y + i / 8, 8 * cell.x + i % 8) = 1;
            }
            return inside;
        };
        const PointPx first{11, 10};
        const PointPx second{30, 4};
        const auto of = [&](const Raster<std::uint8_t>& inside) {
            return engine_->similarityOfRegion(*features, inside, *features);
        };
        const SimilarityResult one = of(cells({first}));
        const SimilarityResult other = of(cells({second}));
        const SimilarityResult point =
            engine_->similarity(*features, {8.0F * 11.0F + 3.5F, 8.0F * 10.0F + 3.5F}, *features);
        const SimilarityResult both = of(cells({first, second}));
        QVERIFY(std::abs(one.best.score - 1.0F) < 1e-4F);
        QVERIFY(std::abs(one.best.where.x - point.best.where.x) < 0.01F);
        double product = 0.0;
        double square = 0.0;
        for (std::size_t i = 0; i < kSize.area(); ++i) {
            const float here = one.map.values.values()[i];
            QVERIFY(std::abs(here - point.map.values.values()[i]) < 1e-4F);
            const auto mean =
                (static_cast<double>(here) + static_cast<double>(other.map.values.values()[i])) / 2;
            product += mean * static_cast<double>(both.map.values.values()[i]);
            square += mean * mean;
        }
        // The mean of two unit vectors is at most as long as they are.
        const double scale = product / square;
        QVERIFY(scale >= 1.0 - 1e-4);
        for (std::size_t i = 0; i < kSize.area(); ++i) {
            const auto mean = (static_cast<double>(one.map.values.values()[i]) +
                               static_cast<double>(other.map.values.values()[i])) /
                              2;
            QVERIFY(std::abs(static_cast<double>(both.map.values.values()[i]) - scale * mean) <
                    1e-3);
        }
        const Raster<std::uint8_t> none(kSize, 1);
        const Raster<std::uint8_t> small({8, 8}, 1, 1);
        QVERIFY_EXCEPTION_THROWN((void)of(none), Error);
        QVERIFY_EXCEPTION_THROWN((void)of(small), Error);
    }

    // A label that covers the picture has the mean of all cells, a part of a cell that cell's own.
    void meanFeaturesAreThoseOfTheCells() {
        const FeatureMapPtr features = engine_->featureMap(frame_, 3);
        const FeatureMoments moments = engine_->featureMoments(*features);
        Raster<std::uint8_t> labels(kSize, 1, std::uint8_t{7});
        const LabelFeatures whole = engine_->meanFeatures(*features, labels);
        QCOMPARE(whole.size(), std::size_t{1});
        const std::vector<float>& mean = whole.at(7);
        QCOMPARE(mean.size(), moments.sums.size());
        for (std::size_t i = 0; i < mean.size(); ++i) {
            const double expected = moments.sums[i] / static_cast<double>(moments.cells);
            QVERIFY(std::abs(static_cast<double>(mean[i]) - expected) < 1e-3);
        }
        for (int y = 40; y < 44; ++y) {
            for (int x = 64; x < 68; ++x) labels.at(y, x) = 2;
        }
        const LabelFeatures parts = engine_->meanFeatures(*features, labels);
        QCOMPARE(parts.size(), std::size_t{2});
        // A quarter of a cell has the feature of the cell.
        Raster<std::uint8_t> cell(kSize, 1, std::uint8_t{0});
        for (int y = 40; y < 48; ++y) {
            for (int x = 64; x < 72; ++x) cell.at(y, x) = 2;
        }
        const LabelFeatures around = engine_->meanFeatures(*features, cell);
        for (std::size_t i = 0; i < mean.size(); ++i) {
            QVERIFY(std::abs(around.at(2)[i] - parts.at(2)[i]) < 1e-4F);
        }
        QVERIFY_EXCEPTION_THROWN(
            (void)engine_->meanFeatures(*features, Raster<std::uint8_t>(SizePx{8, 8}, 1)), Error);
    }

    void coloursOfTheModelUseTheirRange() {
        for (const int level : {1, 3, 5}) {
            const FeatureMapPtr features = engine_->featureMap(frame_, level);
            const FeatureBasis basis = fitFeatureBasis(std::vector{
                std::make_shared<const FeatureMoments>(engine_->featureMoments(*features))});
            QVERIFY(basis.deviations[0] >= basis.deviations[1]);
            QVERIFY(basis.deviations[1] >= basis.deviations[2]);
            const auto colors = featureColors(*engine_, *features, basis);
            QVERIFY(colors.size() == kSize);
            std::array<int, 3> lowest{255, 255, 255};
            std::array<int, 3> highest{};
            for (std::size_t i = 0; i < colors.values().size(); ++i) {
                lowest[i % 3] = std::min(lowest[i % 3], int{colors.values()[i]});
                highest[i % 3] = std::max(highest[i % 3], int{colors.values()[i]});
            }
            for (std::size_t c = 0; c < 3; ++c) QVERIFY(highest[c] - lowest[c] > 64);
        }
    }

private:
    std::unique_ptr<InferenceEngine> engine_;
    FramePtr frame_;
};

QTEST_GUILESS_MAIN(TestEngineFeatures)
#include "test_engine_features.moc"
