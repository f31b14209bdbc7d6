#include <QTest>

#include <cmath>
#include <random>

#include "inference/engine/flow_maps.h"
#include "media/base/error.h"
#include "tests/support/test_video.h"

using namespace mcj;

namespace {

Frame randomFrame(SizePx size, unsigned seed) {
    std::mt19937 random(seed);
    Frame frame;
    frame.rgb = Raster<std::uint8_t>(size, 3);
    for (auto& value : frame.rgb.values()) value = static_cast<std::uint8_t>(random() % 256);
    return frame;
}

FlowField constantFlow(SizePx size, PointF motion) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) flow.set(y, x, motion);
    }
    return flow;
}

FlowField randomFlow(SizePx size, float reach, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> motion(-reach, reach);
    FlowField flow(size);
    for (auto& value : flow.vectors.values()) value = motion(random);
    return flow;
}

/// The definition, one pixel at a time, in double precision.
double naiveSample(const Raster<std::uint8_t>& rgb, double y, double x, int c) {
    const int y0 = static_cast<int>(std::floor(y));
    const int x0 = static_cast<int>(std::floor(x));
    double sum = 0.0;
    for (int dy = 0; dy < 2; ++dy) {
        for (int dx = 0; dx < 2; ++dx) {
            const double weight = (dy ? y - y0 : 1.0 - (y - y0)) * (dx ? x - x0 : 1.0 - (x - x0));
            if (weight > 0.0) sum += weight * rgb.at(y0 + dy, x0 + dx, c);
        }
    }
    return sum;
}

}  // namespace

class TestFlowMaps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void zeroFlowWarpsToTheInput() {
        const Frame frame = randomFrame({37, 23}, 1);
        const FlowField zero(frame.size());
        QVERIFY(warpFrame(frame, zero) == frame.rgb);
        const ScalarMap error = warpError(frame, frame, zero);
        for (const float value : error.values.values()) QCOMPARE(value, 0.0F);
    }

    void aWholeShiftIsUndoneExactly() {
        // The second picture is the first moved right by 3 and down by 2.
        const Frame first = randomFrame({40, 30}, 2);
        Frame second = randomFrame({40, 30}, 3);
        for (int y = 2; y < 30; ++y) {
            for (int x = 3; x < 40; ++x) {
                for (int c = 0; c < 3; ++c) second.rgb.at(y, x, c) = first.rgb.at(y - 2, x - 3, c);
            }
        }
        const FlowField flow = constantFlow({40, 30}, {3.0F, 2.0F});
        const ScalarMap error = warpError(first, second, flow);
        const auto warped = warpFrame(second, flow);
        for (int y = 0; y < 30; ++y) {
            for (int x = 0; x < 40; ++x) {
                const bool inside = y + 2 < 30 && x + 3 < 40;
                if (inside) {
                    QCOMPARE(error.values.at(y, x), 0.0F);
                    QCOMPARE(warped.at(y, x, 1), first.rgb.at(y, x, 1));
                } else {
                    QVERIFY(std::isnan(error.values.at(y, x)));
                    QCOMPARE(warped.at(y, x, 1), std::uint8_t{0});
                }
            }
        }
    }

    void anyFlowEqualsTheNaiveLoop() {
        const SizePx size{33, 21};
        const Frame first = randomFrame(size, 4);
        const Frame second = randomFrame(size, 5);
        const FlowField flow = randomFlow(size, 6.0F, 6);
        const ScalarMap error = warpError(first, second, flow);
        int inside = 0;
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                // The place is rounded as the program rounds it; the rest is in double precision.
                const float toX = static_cast<float>(x) + flow.at(y, x).x;
                const float toY = static_cast<float>(y) + flow.at(y, x).y;
                if (toX < 0 || toY < 0 || toX > 32 || toY > 20) {
                    QVERIFY(std::isnan(error.values.at(y, x)));
                    continue;
                }
                double sum = 0.0;
                for (int c = 0; c < 3; ++c) {
                    sum += std::abs(first.rgb.at(y, x, c) - naiveSample(second.rgb, toY, toX, c));
                }
                QVERIFY(std::abs(error.values.at(y, x) - sum / 3.0) < 1e-3);
                ++inside;
            }
        }
        QVERIFY(inside > 300);
    }

    void theTrueFlowOfASceneExplainsIt() {
        const test::MovingScene scene({96, 64}, {0.5F, 0.25F}, {{{40, 30}, {2.5F, -1.0F}, 12}});
        Frame first;
        Frame second;
        first.rgb = scene.picture(0);
        second.rgb = scene.picture(1);
        const ScalarMap moved = warpError(first, second, scene.flow(0));
        const ScalarMap still = warpError(first, second, FlowField(scene.size()));
        double movedSum = 0.0;
        double stillSum = 0.0;
        for (int y = 0; y < 64; ++y) {
            for (int x = 0; x < 96; ++x) {
                if (std::isnan(moved.values.at(y, x))) continue;
                movedSum += moved.values.at(y, x);
                stillSum += still.values.at(y, x);
            }
        }
        QVERIFY2(movedSum < 0.35 * stillSum,
                 qPrintable(QString("%1 of %2").arg(movedSum).arg(stillSum)));
    }

    void oppositeShiftsAreConsistent() {
        const SizePx size{30, 20};
        const FlowField forward = constantFlow(size, {4.5F, 0.0F});
        const FlowField backward = constantFlow(size, {-4.5F, 0.0F});
        const ScalarMap error = forwardBackwardError(forward, backward);
        const ScalarMap hidden = occlusion(forward, backward);
        for (int y = 0; y < 20; ++y) {
            for (int x = 0; x < 30; ++x) {
                const bool inside = static_cast<float>(x) + 4.5F <= 29.0F;
                QCOMPARE(std::isnan(error.values.at(y, x)), !inside);
                if (inside) QCOMPARE(error.values.at(y, x), 0.0F);
                QCOMPARE(hidden.values.at(y, x), inside ? 0.0F : 1.0F);
            }
        }
    }

    void occlusionFollowsItsFormula() {
        // |f + b|^2 = r^2 against 0.01 (|f|^2 + |b|^2) + 0.5 with f = 10: the edge lies near r
        // = 1.55.
        const SizePx size{40, 8};
        const FlowField forward = constantFlow(size, {10.0F, 0.0F});
        const auto at = [&](float back) {
            return occlusion(forward, constantFlow(size, {back, 0.0F})).values.at(4, 5);
        };
        QCOMPARE(at(-10.0F), 0.0F);
        QCOMPARE(at(-8.7F), 0.0F);   // 1.69 < 0.01 * 175.69 + 0.5
        QCOMPARE(at(-8.4F), 1.0F);   // 2.56 > 0.01 * 170.56 + 0.5
        QCOMPARE(at(-11.7F), 1.0F);  // 2.89 > 0.01 * 236.89 + 0.5
        QCOMPARE(
            occlusion(forward, constantFlow(size, {-8.4F, 0.0F}), {0.01F, 5.0F}).values.at(4, 5),
            0.0F);
    }

    void theRuleStatesItsThresholds() {
        QCOMPARE(occlusionFormula({}), std::string("|f + b'|^2 > 0.01 (|f|^2 + |b'|^2) + 0.5"));
        QCOMPARE(occlusionFormula({0.125F, 12.0F}),
                 std::string("|f + b'|^2 > 0.125 (|f|^2 + |b'|^2) + 12"));
        QVERIFY((saneRule({-1.0F, 1e9F}) == OcclusionRule{0.0F, kMostOcclusionBeta}));
        QVERIFY((saneRule({7.0F, std::nanf("")}) == OcclusionRule{kMostOcclusionAlpha, 0.5F}));
    }

    void unknownFlowHasNoValue() {
        const SizePx size{12, 9};
        FlowField forward = constantFlow(size, {0.0F, 0.0F});
        forward.set(3, 4, {FlowField::kUnknown, 0.0F});
        FlowField backward = constantFlow(size, {0.0F, 0.0F});
        backward.set(6, 7, {0.0F, FlowField::kUnknown});
        const Frame frame = randomFrame(size, 7);
        QVERIFY(std::isnan(warpError(frame, frame, forward).values.at(3, 4)));
        for (const ScalarMap& map :
             {forwardBackwardError(forward, backward), occlusion(forward, backward)}) {
            QVERIFY(std::isnan(map.values.at(3, 4)));
            QVERIFY(std::isnan(map.values.at(6, 7)));
            // A neighbour of weight zero is not looked at.
            QCOMPARE(map.values.at(6, 6), 0.0F);
            QCOMPARE(map.values.at(5, 7), 0.0F);
        }
    }

    void differentSizesAreRefused() {
        const Frame small = randomFrame({8, 8}, 8);
        const Frame large = randomFrame({9, 8}, 9);
        const auto codeOf = [](auto&& job) {
            const auto outcome = runGuarded(job);
            return outcome.ok() ? 0 : static_cast<int>(outcome.error().code());
        };
        QCOMPARE(codeOf([&] { return warpError(small, large, FlowField({8, 8})); }), 3);
        QCOMPARE(codeOf([&] { return warpError(small, small, FlowField({9, 8})); }), 3);
        QCOMPARE(codeOf([&] { return occlusion(FlowField({8, 8}), FlowField({8, 9})); }), 3);
    }
};

QTEST_GUILESS_MAIN(TestFlowMaps)
#include "test_flow_maps.moc"
