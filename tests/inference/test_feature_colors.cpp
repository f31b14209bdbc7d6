#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "inference/analysis/feature_colors.h"
#include "inference/analysis/product_maker.h"
#include "media/base/error.h"
#include "tests/support/stand_in_engine.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr SizePx kSize{8, 4};

/// Features that are written down, four channels a pixel.
struct WrittenFeatures final : FeatureMap {
    explicit WrittenFeatures(Raster<float> of) : values(std::move(of)) {}
    [[nodiscard]] SizePx frameSize() const noexcept override { return values.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept override { return values.bytes(); }
    Raster<float> values;
};

/// Sums and projects written features by the definition.
class WrittenEngine final : public StandInEngine {
public:
    FeatureMoments featureMoments(const FeatureMap& features, const StopToken&) override {
        const Raster<float>& map = dynamic_cast<const WrittenFeatures&>(features).values;
        const auto channels = static_cast<std::size_t>(map.channels());
        FeatureMoments moments{static_cast<std::int64_t>(map.size().area()),
                               std::vector<double>(channels),
                               std::vector<double>(channels * channels)};
        for (std::size_t cell = 0; cell < map.size().area(); ++cell) {
            const auto at = map.values().subspan(cell * channels, channels);
            for (std::size_t i = 0; i < channels; ++i) {
                moments.sums[i] += static_cast<double>(at[i]);
                for (std::size_t j = 0; j < channels; ++j) {
                    moments.products[i * channels + j] += static_cast<double>(at[i] * at[j]);
                }
            }
        }
        return moments;
    }
    Raster<float> projectFeatures(const FeatureMap& features,
                                  const FeatureProjection& projection) override {
        const Raster<float>& map = dynamic_cast<const WrittenFeatures&>(features).values;
        const auto channels = static_cast<std::size_t>(map.channels());
        Raster<float> out(map.size(), 3);
        for (std::size_t cell = 0; cell < map.size().area(); ++cell) {
            for (std::size_t c = 0; c < 3; ++c) {
                for (std::size_t i = 0; i < channels; ++i) {
                    out.values()[cell * 3 + c] +=
                        projection.axes[c * channels + i] *
                        (map.values()[cell * channels + i] - projection.origin[i]);
                }
            }
        }
        return out;
    }
};

/// Channel 2 varies most, then channel 0 (against channel 3), then channel 1.
WrittenFeatures featuresOf(float phase) {
    Raster<float> map(kSize, 4);
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            const auto step = static_cast<float>(y * kSize.width + x) + phase;
            map.at(y, x, 0) = 2.0F * std::sin(step * 0.9F);
            map.at(y, x, 1) = 0.5F * std::cos(step * 2.3F);
            map.at(y, x, 2) = 5.0F * std::sin(step * 1.7F) + 1.0F;
            map.at(y, x, 3) = -0.5F * map.at(y, x, 0);
        }
    }
    return WrittenFeatures(std::move(map));
}

FeatureMomentsPtr momentsOf(WrittenEngine& engine, const FeatureMap& features) {
    return std::make_shared<const FeatureMoments>(engine.featureMoments(features, {}));
}

FramePtr frameOf(FrameIndex index) {
    auto frame = std::make_shared<Frame>();
    frame->source = 1;
    frame->index = index;
    frame->rgb = Raster<std::uint8_t>(kSize, 3);
    return frame;
}

}  // namespace

/// Features as colours.
class TestFeatureColors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theFramesOfTheBasisAreSpreadOverTheClip() {
        QVERIFY(featureBasisFrames(0).empty());
        QVERIFY((featureBasisFrames(1) == std::vector<FrameIndex>{0}));
        QVERIFY((featureBasisFrames(3) == std::vector<FrameIndex>{0, 1, 2}));
        QVERIFY((featureBasisFrames(16) == std::vector<FrameIndex>{1, 3, 5, 7, 9, 11, 13, 15}));
        for (const FrameIndex frames : {FrameIndex{9}, FrameIndex{100}, FrameIndex{100'001}}) {
            const auto chosen = featureBasisFrames(frames);
            QCOMPARE(chosen.size(), std::size_t{8});
            QCOMPARE((std::set<FrameIndex>(chosen.begin(), chosen.end()).size()), std::size_t{8});
            QVERIFY(chosen.front() >= 0 && chosen.front() <= frames / 8);
            QVERIFY(chosen.back() < frames && chosen.back() >= frames - frames / 8 - 2);
        }
    }

    void theAxesAreThoseOfMostVariance() {
        WrittenEngine engine;
        const std::vector<FeatureMomentsPtr> moments{momentsOf(engine, featuresOf(0.0F)),
                                                     momentsOf(engine, featuresOf(40.0F))};
        const FeatureBasis basis = fitFeatureBasis(moments);
        QVERIFY(basis.deviations[0] > basis.deviations[1]);
        QVERIFY(basis.deviations[1] > basis.deviations[2]);
        QVERIFY(basis.deviations[2] > 0.0F);
        const auto axis = [&](std::size_t row, std::size_t c) {
            return basis.projection.axes[4 * row + c];
        };
        QVERIFY(axis(0, 2) > 0.9F);
        // The larger side of an axis is positive, whichever way the solver turned it.
        QVERIFY(axis(1, 0) > 0.8F);
        QVERIFY(axis(1, 3) < -0.3F);
        QVERIFY(axis(2, 1) > 0.9F);
        for (std::size_t row = 0; row < 3; ++row) {
            float largest = 0.0F;
            for (std::size_t c = 0; c < 4; ++c) {
                if (std::abs(axis(row, c)) > std::abs(largest)) largest = axis(row, c);
            }
            QVERIFY(largest > 0.0F);
        }
        QVERIFY(fitFeatureBasis(moments) == basis);
    }

    void oneFeatureHasOneColourInEveryFrame() {
        WrittenEngine engine;
        const WrittenFeatures first = featuresOf(0.0F);
        WrittenFeatures second = featuresOf(40.0F);
        for (int c = 0; c < 4; ++c) second.values.at(3, 7, c) = first.values.at(1, 2, c);
        const FeatureBasis basis =
            fitFeatureBasis(std::vector{momentsOf(engine, first), momentsOf(engine, second)});
        const auto here = featureColors(engine, first, basis);
        const auto there = featureColors(engine, second, basis);
        QVERIFY(here.size() == kSize);
        for (int c = 0; c < 3; ++c) QCOMPARE(there.at(3, 7, c), here.at(1, 2, c));
        QVERIFY(!(here == there));
        const auto [low, high] = std::minmax_element(here.values().begin(), here.values().end());
        QVERIFY2(*low < 60 && *high > 195, "the colours use their range");
    }

    void aMissingAxisIsGrey() {
        WrittenEngine engine;
        Raster<float> map(kSize, 2);
        for (int x = 0; x < kSize.width; ++x) map.at(1, x, 0) = static_cast<float>(x);
        const WrittenFeatures flat(map);
        const FeatureBasis basis = fitFeatureBasis(std::vector{momentsOf(engine, flat)});
        QVERIFY(basis.deviations[0] > 0.0F);
        QCOMPARE(basis.deviations[1], 0.0F);
        QCOMPARE(basis.deviations[2], 0.0F);
        const auto colors = featureColors(engine, flat, basis);
        QCOMPARE(colors.at(1, 7, 1), std::uint8_t{128});
        QVERIFY(colors.at(1, 7, 0) > 200);
        QVERIFY_EXCEPTION_THROWN((void)fitFeatureBasis({}), Error);
    }

    void allFramesOfAClipShareTheBasis() {
        StandInEngine engine;
        std::vector<FramePtr> frames;
        for (FrameIndex i = 0; i < 5; ++i) frames.push_back(frameOf(i));
        ProductMaker maker(frames, &engine);
        ProductKey all;
        all.source = 1;
        all.engine = kOnlyEngine;
        all.level = 2;
        all.clipFrames = 5;
        const ProductKey basis = productKey("feature-basis", all);
        for (FrameIndex i = 0; i < 5; ++i) {
            all.frame = i;
            QVERIFY(productKey("feature-basis", all) == basis);
            const ProductPtr made = maker.make(productKey("feature-colors", all));
            QVERIFY(made->colors && made->colors->size() == kSize);
            QVERIFY(*made->colors ==
                    featureColors(engine,
                                  *engine.featureMap(frames[static_cast<std::size_t>(i)], 2, {}),
                                  *maker.make(basis)->basis));
        }
    }
};

QTEST_GUILESS_MAIN(TestFeatureColors)
#include "test_feature_colors.moc"
