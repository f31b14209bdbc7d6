// Every loss against a naive loop or a property that it must have. The PyTorch twin judges values
// and gradients (tests/reference/run_loss_parity.py).

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <QtTest>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/scalars.h"
#include "training/collective.h"
#include "training/known_motion_loss.h"
#include "training/losses.h"
#include "training/motion_matching_loss.h"
#include "training/photometric_loss.h"
#include "training/smoothness_loss.h"

using mcj::test::kDouble;
using mcj::test::largest;
using mcj::test::number;

namespace {

/// A random picture [1, 3, height, width] in [0, 1], smooth within `cell` px.
at::Tensor smallTexture(std::int64_t height, std::int64_t width, std::int64_t cell = 4) {
    return at::upsample_bicubic2d(at::rand({1, 3, height / cell, width / cell}, kDouble),
                                  {height, width}, false)
        .clamp(0, 1);
}

at::Tensor constantFlow(double u, double v, std::int64_t height, std::int64_t width) {
    auto flow = at::empty({1, 2, height, width}, kDouble);
    flow.select(1, 0).fill_(u);
    flow.select(1, 1).fill_(v);
    return flow;
}

/// A pass whose features are its pictures, averaged down, and whose flow is one vector all over.
mcj::FlowPass constantPass(const at::Tensor& first, const at::Tensor& second, double u, double v) {
    mcj::FlowPass pass{first, second, {}, {}, {}, {}};
    const std::int64_t height = first.size(2);
    const std::int64_t width = first.size(3);
    for (int level = 1; level <= mcj::kLevels; ++level) {
        const std::int64_t cell = std::int64_t{1} << level;
        pass.firstFeatures.level(level) = at::avg_pool2d(first, {cell, cell});
        pass.secondFeatures.level(level) = at::avg_pool2d(second, {cell, cell});
        if (level == 1) continue;
        const double share = 1.0 / static_cast<double>(cell);
        pass.forward.levels[level] =
            constantFlow(u * share, v * share, height / cell, width / cell);
        pass.backward.levels[level] = -pass.forward.levels[level];
    }
    pass.forward.full = constantFlow(u, v, height, width);
    pass.backward.full = -pass.forward.full;
    return pass;
}

mcj::FlowLossSettings everyLoss() {
    mcj::FlowLossSettings settings;
    settings.census = 1.0;
    return settings;
}

mcj::LossTerms lossOf(const mcj::FlowPass& pass, const mcj::FlowLossSettings& settings,
                      mcj::OcclusionUse use = mcj::OcclusionUse::ForwardBackward) {
    mcj::SingleProcess alone;
    return mcj::selfSupervisedFlowLoss(pass, settings, use, 1.0, alone);
}

double naiveCensus(const at::Tensor& a, const at::Tensor& b, int radius, int y, int x) {
    const auto grey = [](const at::Tensor& t, int row, int column) {
        const auto c = [&](int channel) { return number(t[0][channel][row][column]); };
        return 255.0 * (0.2989 * c(0) + 0.587 * c(1) + 0.114 * c(2));
    };
    double sum = 0.0;
    for (int dy = -radius; dy <= radius; ++dy) {
        for (int dx = -radius; dx <= radius; ++dx) {
            const double da = grey(a, y + dy, x + dx) - grey(a, y, x);
            const double db = grey(b, y + dy, x + dx) - grey(b, y, x);
            const double gap = da / std::sqrt(0.81 + da * da) - db / std::sqrt(0.81 + db * db);
            sum += gap * gap / (0.1 + gap * gap);
        }
    }
    return radius == 1 ? sum / 9.0 : std::pow(sum + 0.01, 0.4);
}

}  // namespace

class TestLosses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { at::manual_seed(3); }
    void stillPairCostsNothing();
    void lossesFallTowardsTheTrueMotion();
    void hiddenPixelsGetNoGradient();
    void masksAreConstants();
    void rangeMapEqualsALoop();
    void rangeMapHidesWhatIsCovered();
    void occlusionHasAFloor();
    void equallyWrongFlowIsCorrected();
    void ssimEqualsALoop();
    void censusEqualsALoop();
    void censusDoesNotSeeLight();
    void censusRefusesWindowsThatDoNotFit();
    void smoothnessEqualsALoop();
    void smoothnessGivesWayAtEdges();
    void smoothnessHasArflowsScale_data();
    void smoothnessHasArflowsScale();
    void coarserLevelsCountByTheirWeights();
    void smallerFeaturesDoNotAgreeBetter();
    void knownMotionIsThatOfTheMiddlePixel();
    void warmUpScalesVarianceCovariance();
    void matchingKnowsWhereMotionEnds();
};

void TestLosses::stillPairCostsNothing() {
    const auto image = smallTexture(64, 128);
    const auto terms = lossOf(constantPass(image, image, 0, 0), everyLoss());
    for (const auto& [name, value] : terms.parts) {
        // Census' robust function does not reach zero.
        const double expected = name == "census" ? std::pow(0.01, 0.4) : 0.0;
        QVERIFY2(std::abs(number(value) - expected) < 1e-9, name.c_str());
    }
    QVERIFY(terms.parts.contains("regression.2") && terms.parts.contains("cycle.6"));
    double sum = 0.0;
    for (const auto& [name, value] : terms.parts) sum += number(value);
    QVERIFY(std::abs(sum - number(terms.total)) < 1e-12);
}

void TestLosses::lossesFallTowardsTheTrueMotion() {
    const auto scene = smallTexture(64, 160, 16);
    const auto first = scene.narrow(3, 8, 128);
    const auto second = scene.narrow(3, 0, 128);  // moved by 8 px to the right
    std::map<std::string, double> before;
    for (const double u : {0.0, 4.0, 8.0}) {
        const auto terms = lossOf(constantPass(first, second, u, 0), everyLoss());
        for (const std::string name : {"l1", "l2", "ssim", "census", "regression.2"}) {
            const double value = number(terms.parts.at(name));
            QVERIFY2(u == 0.0 || value < before[name], name.c_str());
            before[name] = value;
        }
    }
    QVERIFY(before["l1"] < 1e-9);
}

void TestLosses::hiddenPixelsGetNoGradient() {
    auto pass = constantPass(smallTexture(64, 64), smallTexture(64, 64), 20.0, 0);
    pass.forward.full.requires_grad_();
    auto settings = everyLoss();
    settings.regression = settings.cycle = settings.smooth = 0.0;
    const auto gradient =
        torch::autograd::grad({lossOf(pass, settings).total}, {pass.forward.full})[0];
    // The last 20 columns point outside; windows that see them count where their centre does not.
    QCOMPARE(largest(gradient.narrow(3, 44 + 3, 17)), 0.0);
    QVERIFY(largest(gradient.narrow(3, 0, 44)) > 0.0);
    // Where flow back disagrees everywhere, nothing is left.
    pass.backward.full = pass.backward.full + 10.0;
    QCOMPARE(number(lossOf(pass, settings).parts.at("l1")), 0.0);
}

void TestLosses::masksAreConstants() {
    const auto forward = at::randn({1, 2, 16, 16}, kDouble).requires_grad_();
    const auto backward = at::randn({1, 2, 16, 16}, kDouble).requires_grad_();
    for (const auto use : {mcj::OcclusionUse::OutsideOnly, mcj::OcclusionUse::ForwardBackward,
                           mcj::OcclusionUse::RangeMap}) {
        const auto visible = mcj::visiblePixels(forward, backward, {use});
        QVERIFY(!visible.requires_grad());
        QVERIFY(number(visible.sum()) > 0 && number((1 - visible).sum()) > 0);
        QCOMPARE(number((visible * (1 - visible)).sum()), 0.0);
    }
}

void TestLosses::rangeMapEqualsALoop() {
    constexpr int kHeight = 9;
    constexpr int kWidth = 12;
    const auto forward = 2.0 * at::randn({1, 2, kHeight, kWidth}, kDouble);
    const auto backward = 2.0 * at::randn({1, 2, kHeight, kWidth}, kDouble);
    const auto visible =
        mcj::visiblePixels(forward, backward, {.use = mcj::OcclusionUse::RangeMap});
    int hidden = 0;
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            double sum = 0.0;
            for (int row = 0; row < kHeight; ++row) {
                for (int column = 0; column < kWidth; ++column) {
                    const double dx = column + number(backward[0][0][row][column]) - x;
                    const double dy = row + number(backward[0][1][row][column]) - y;
                    sum += std::max(0.0, 1.0 - std::abs(dx)) * std::max(0.0, 1.0 - std::abs(dy));
                }
            }
            const double endX = x + number(forward[0][0][y][x]);
            const double endY = y + number(forward[0][1][y][x]);
            const bool inside = endX >= 0 && endY >= 0 && endX <= kWidth - 1 && endY <= kHeight - 1;
            const bool seen = inside && sum >= 0.2;
            QCOMPARE(number(visible[0][0][y][x]), seen ? 1.0 : 0.0);
            hidden += inside && !seen ? 1 : 0;
        }
    }
    QVERIFY(hidden > 0);
}

void TestLosses::rangeMapHidesWhatIsCovered() {
    // A piece of 8 columns moves 4 px to the right over ground that stands still: of the ground it
    // covers columns 16 to 19 in the second picture.
    auto forward = constantFlow(0, 0, 16, 32);
    forward.select(1, 0).narrow(2, 8, 8).fill_(4.0);
    auto backward = constantFlow(0, 0, 16, 32);
    backward.select(1, 0).narrow(2, 12, 8).fill_(-4.0);
    const mcj::OcclusionTest test{.use = mcj::OcclusionUse::RangeMap};
    const auto seen = mcj::visibility(forward, backward, test);
    auto expected = at::ones({1, 1, 16, 32}, kDouble);
    expected.narrow(3, 16, 4).zero_();
    QVERIFY(at::equal(seen.pixels, expected));
    QVERIFY(std::abs(number(seen.consistent[0]) - 28.0 / 32.0) < 1e-12);
    QCOMPARE(number(seen.unmasked[0]), 0.0);
    // What both directions have wrong alike hides only a strip at the border; the
    // forward-backward test hides everything.
    const auto wrong = constantFlow(2, 0, 16, 32);
    QVERIFY(number(mcj::visiblePixels(wrong, wrong, test).mean()) > 0.8);
    QCOMPARE(number(mcj::visiblePixels(wrong, wrong, {}).sum()), 0.0);
}

void TestLosses::occlusionHasAFloor() {
    const std::int64_t height = 16;
    const std::int64_t width = 32;
    const auto agreeing = constantFlow(-2, 0, height, width);
    const auto wrong = constantFlow(2, 0, height, width);
    auto half = wrong.clone();
    half.narrow(3, 0, width / 2).select(1, 0).fill_(-2.0);
    const auto forward = constantFlow(2, 0, height, width).repeat({3, 1, 1, 1});
    const auto backward = at::cat({agreeing, wrong, half}, 0);
    const auto inside = mcj::insideMask(forward);
    mcj::OcclusionTest test;
    const auto without = mcj::visibility(forward, backward, test);
    QCOMPARE(largest(without.unmasked), 0.0);
    QCOMPARE(largest(without.pixels[1]), 0.0);
    test.floor = 0.25;
    const auto with = mcj::visibility(forward, backward, test);
    QVERIFY(at::equal(with.unmasked, at::tensor({0.0, 1.0, 0.0}, kDouble)));
    QVERIFY(at::equal(with.consistent, without.consistent));
    QCOMPARE(number(with.consistent[0]), 1.0);
    QCOMPARE(number(with.consistent[1]), 0.0);
    QVERIFY(number(with.consistent[2]) > 0.4 && number(with.consistent[2]) < 0.6);
    QVERIFY(at::equal(with.pixels[1], inside[1]));
    for (const std::int64_t picture : {0, 2}) {
        QVERIFY(at::equal(with.pixels[picture], without.pixels[picture]));
    }
    // A picture alone is judged as it is among others.
    const auto alone = mcj::visibility(forward.narrow(0, 1, 1), wrong, test);
    QVERIFY(at::equal(alone.pixels[0], with.pixels[1]));
    // Nothing to judge where only the border hides pixels.
    test.use = mcj::OcclusionUse::OutsideOnly;
    const auto bounded = mcj::visibility(forward, backward, test);
    QVERIFY(!bounded.consistent.defined() && at::equal(bounded.pixels, inside));
}

void TestLosses::equallyWrongFlowIsCorrected() {
    // The picture moves by 4 px, and both directions start with the same wrong constant, as an
    // estimator's bias gives it: no pixel is consistent.
    const auto scene = smallTexture(64, 160, 16);
    const auto first = scene.narrow(3, 4, 128);
    const auto second = scene.narrow(3, 0, 128);
    mcj::FlowLossSettings settings;
    settings.regression = settings.cycle = settings.smooth = settings.l2 = settings.ssim = 0.0;
    const auto along = constantFlow(1, 0, 64, 128);
    const auto descend = [&](double floor, mcj::OcclusionUse use) {
        settings.occlusionFloor = floor;
        std::array<double, 2> u{1.0, 1.0};
        std::vector<double> losses;
        for (int step = 0; step < 120; ++step) {
            auto pass = constantPass(first, second, 0, 0);
            const auto there = at::full({}, u[0], kDouble).requires_grad_();
            const auto back = at::full({}, u[1], kDouble).requires_grad_();
            pass.forward.full = along * there;
            pass.backward.full = along * back;
            const auto terms = lossOf(pass, settings, use);
            losses.push_back(number(terms.total));
            const auto gradients = torch::autograd::grad({terms.total}, {there, back});
            for (std::size_t i = 0; i < u.size(); ++i) u[i] -= 0.07 * number(gradients[i].sign());
        }
        return std::pair{u, losses};
    };
    const auto [stuck, silent] = descend(0.0, mcj::OcclusionUse::ForwardBackward);
    QCOMPARE(stuck[0], 1.0);
    QCOMPARE(silent.front(), 0.0);
    QCOMPARE(silent.back(), 0.0);
    for (const auto& [floor, use] : {std::pair{0.25, mcj::OcclusionUse::ForwardBackward},
                                     std::pair{0.0, mcj::OcclusionUse::RangeMap}}) {
        const auto [found, losses] = descend(floor, use);
        QVERIFY2(std::abs(found[0] - 4.0) < 0.3, std::to_string(found[0]).c_str());
        QVERIFY2(std::abs(found[1] + 4.0) < 0.3, std::to_string(found[1]).c_str());
        QVERIFY(losses.front() > 0.0 && losses.back() > 0.0);
        QVERIFY2(losses.back() < 0.3 * losses.front(), std::to_string(losses.back()).c_str());
    }
}

void TestLosses::ssimEqualsALoop() {
    const auto a = smallTexture(12, 16);
    const auto b = smallTexture(12, 16);
    const auto distance = mcj::ssimDistance(a, b);
    QCOMPARE(distance.sizes(), at::IntArrayRef({1, 3, 10, 14}));
    for (const auto& [y, x] : {std::pair{0, 0}, {4, 7}, {9, 13}}) {
        const auto windowA = a[0][1].narrow(0, y, 3).narrow(1, x, 3);
        const auto windowB = b[0][1].narrow(0, y, 3).narrow(1, x, 3);
        const double ma = number(windowA.mean());
        const double mb = number(windowB.mean());
        const double va = number((windowA - ma).square().mean());
        const double vb = number((windowB - mb).square().mean());
        const double covariance = number(((windowA - ma) * (windowB - mb)).mean());
        const double ssim = (2 * ma * mb + 1e-4) * (2 * covariance + 9e-4) /
                            ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4));
        QVERIFY(std::abs(number(distance[0][1][y][x]) - (1 - ssim) / 2) < 1e-10);
    }
}

void TestLosses::censusEqualsALoop() {
    const auto a = smallTexture(16, 20);
    const auto b = smallTexture(16, 20);
    for (const int radius : {1, 2, 3}) {
        const auto distance = mcj::censusDistance(a, b, radius);
        QCOMPARE(distance.sizes(), at::IntArrayRef({1, 1, 16 - 2 * radius, 20 - 2 * radius}));
        for (const auto& [y, x] : {std::pair{3, 3}, {7, 11}, {12, 16}}) {
            const double expected = naiveCensus(a, b, radius, y, x);
            QVERIFY(std::abs(number(distance[0][0][y - radius][x - radius]) - expected) < 1e-9);
        }
    }
}

void TestLosses::censusDoesNotSeeLight() {
    const auto a = smallTexture(32, 32);
    const double floor = std::pow(0.01, 0.4);
    const auto apart = [&](const at::Tensor& b, int radius) {
        return number(mcj::censusDistance(a, b, radius).mean());
    };
    QVERIFY(apart(a + 0.2, 1) < 1e-12);
    QVERIFY(std::abs(apart(a + 0.2, 3) - floor) < 1e-9);
    // Contrast moves it little: the order of grey values stays.
    QVERIFY(apart(a * 1.3, 1) < 0.2 * apart(smallTexture(32, 32), 1));
    QVERIFY(apart(a * 1.3, 3) - floor < 0.35 * (apart(smallTexture(32, 32), 3) - floor));
}

void TestLosses::censusRefusesWindowsThatDoNotFit() {
    const auto a = smallTexture(8, 8);
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::censusDistance(a, a, 0));
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::censusDistance(a, a, 4));
}

void TestLosses::smoothnessEqualsALoop() {
    const auto flow = at::randn({1, 2, 5, 6}, kDouble);
    const auto image = at::rand({1, 3, 5, 6}, kDouble);
    const double edge = 3.0;
    for (const int order : {1, 2}) {
        double expected = 0.0;
        for (const auto& [stepY, stepX] : {std::pair{0, 1}, {1, 0}}) {
            double sum = 0.0;
            int count = 0;
            for (int y = 0; y + order * stepY < 5; ++y) {
                for (int x = 0; x + order * stepX < 6; ++x) {
                    const auto at = [&](const at::Tensor& t, int c, int k) {
                        return number(t[0][c][y + k * stepY][x + k * stepX]);
                    };
                    double edges = 0.0;
                    for (int c = 0; c < 3; ++c) {
                        edges += std::abs(at(image, c, order) - at(image, c, order - 1)) / 3.0;
                    }
                    for (int c = 0; c < 2; ++c) {
                        const double change =
                            order == 1 ? (at(flow, c, 1) - at(flow, c, 0)) / 2.0
                                       : at(flow, c, 2) - 2.0 * at(flow, c, 1) + at(flow, c, 0);
                        sum += std::exp(-edge * edges) * std::abs(change);
                        ++count;
                    }
                }
            }
            expected += sum / count / 2.0;
        }
        QVERIFY(std::abs(number(mcj::edgeAwareSmoothness(flow, image, edge, order)) - expected) <
                1e-12);
    }
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::edgeAwareSmoothness(flow, image, edge, 3));
}

void TestLosses::smoothnessGivesWayAtEdges() {
    auto flow = at::zeros({1, 2, 8, 8}, kDouble);
    flow.narrow(3, 4, 4).fill_(1.0);
    auto image = at::zeros({1, 3, 8, 8}, kDouble);
    const double flat = number(mcj::edgeAwareSmoothness(flow, image, 10.0, 1));
    image.narrow(3, 4, 4).fill_(1.0);
    QVERIFY(number(mcj::edgeAwareSmoothness(flow, image, 10.0, 1)) < 1e-4 * flat);
    // A ramp has no second derivative.
    const auto ramp = at::arange(8, kDouble).view({1, 1, 1, 8}).expand({1, 2, 8, 8});
    QCOMPARE(number(mcj::edgeAwareSmoothness(ramp, image, 10.0, 2)), 0.0);
}

void TestLosses::smoothnessHasArflowsScale_data() {
    QTest::addColumn<int>("order");
    QTest::newRow("first order") << 1;
    QTest::newRow("second order") << 2;
}

void TestLosses::smoothnessHasArflowsScale() {
    QFETCH(const int, order);
    // ARFlow (loss_blocks.py) takes the flow enlarged to the picture's size, divided by the shorter
    // side. On a flat picture every weight is 1.
    const auto image = at::zeros({1, 3, 64, 128}, kDouble);
    auto pass = constantPass(image, image, 0, 0);
    const auto coarse = at::randn({1, 2, 16, 32}, kDouble);
    pass.forward.levels[2] = coarse;
    pass.forward.full = at::upsample_bilinear2d(coarse, {64, 128}, false) * 4.0;
    mcj::FlowLossSettings settings;
    settings.smooth = 1.0;
    settings.smoothOrder = order;
    const auto flow = pass.forward.full / 64.0;
    const double along = number(flow.diff(order, 3).abs().mean());
    const double down = number(flow.diff(order, 2).abs().mean());
    const double both = order == 1 ? (along / 2 + down / 2) / 2 : (along + down) / 2;
    // The way back is flat, and both ways are averaged.
    const double value = number(lossOf(pass, settings).parts.at("smooth"));
    QVERIFY2(std::abs(value - both / 2) < 1e-12 * both, qPrintable(QString::number(value / both)));
}

void TestLosses::coarserLevelsCountByTheirWeights() {
    const auto first = smallTexture(64, 128, 16);
    const auto second = smallTexture(64, 128, 16);
    mcj::FlowLossSettings settings;
    settings.regression = settings.cycle = settings.smooth = settings.l2 = settings.ssim = 0.0;
    const auto l1 = [&](std::vector<double> weights) {
        settings.levelWeights = std::move(weights);
        return number(lossOf(constantPass(first, second, 0, 0), settings).parts.at("l1"));
    };
    // Of zero flow everywhere: the finest level is judged on the pictures, the next, enlarged by
    // four, on pictures of half the size.
    const double whole = number((first - second).abs().mean());
    const double half = number((at::avg_pool2d(first, 2) - at::avg_pool2d(second, 2)).abs().mean());
    QVERIFY(std::abs(l1({1.0}) - whole) < 1e-9);
    QVERIFY(std::abs(l1({0.0, 1.0}) - half) < 1e-9);
    QVERIFY(std::abs(l1({0.5, 2.0, 0.0, 0.0, 0.0}) - 0.5 * whole - 2.0 * half) < 1e-9);
    // A coarser level's flow gets its gradient from it.
    auto pass = constantPass(first, second, 1.3, 0.4);
    for (auto& [level, flow] : pass.forward.levels) flow.requires_grad_();
    settings.levelWeights = {1.0, 1.0, 1.0, 1.0, 0.0};
    const auto total = lossOf(pass, settings).total;
    for (const auto& [level, flow] : pass.forward.levels) {
        const auto gradient =
            torch::autograd::grad({total}, {flow}, {}, /*retain_graph=*/true, false, true)[0];
        // The finest is judged as `full`, which is a tensor of its own here.
        QCOMPARE(gradient.defined(), level == 3 || level == 4 || level == 5);
    }
}

void TestLosses::smallerFeaturesDoNotAgreeBetter() {
    auto pass = constantPass(smallTexture(64, 128), smallTexture(64, 128), 3.0, 1.0);
    mcj::FlowLossSettings settings;
    settings.vc = {{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}};
    const auto before = lossOf(pass, settings).parts;
    for (auto* features : {&pass.firstFeatures, &pass.secondFeatures}) {
        for (auto& map : features->levels) map = map * 0.1 + 3.0;
    }
    const auto after = lossOf(pass, settings).parts;
    for (const char* name : {"regression.2", "regression.3", "cycle.2", "vc.2"}) {
        const double share = number(after.at(name)) / number(before.at(name));
        QVERIFY2(share > 0.95 && share < 1.05, qPrintable(QString("%1 %2").arg(name).arg(share)));
    }
    // What keeps the scale sees it.
    QVERIFY(number(after.at("vc.3")) > number(before.at("vc.3")));
}

void TestLosses::knownMotionIsThatOfTheMiddlePixel() {
    // A motion edge through the cells of level 3: the left three columns of each stand still.
    auto truth = at::zeros({1, 2, 64, 64}, kDouble);
    for (std::int64_t x = 0; x < 64; ++x) {
        if (x % 8 >= 3) truth.select(1, 0).select(2, x).fill_(16.0);
    }
    mcj::FlowPyramid estimate;
    estimate.full = truth;
    estimate.levels[2] = at::zeros({1, 2, 16, 16}, kDouble);
    estimate.levels[3] = at::zeros({1, 2, 8, 8}, kDouble);
    estimate.levels[3].select(1, 0).fill_(2.0);  // 16 px
    mcj::SingleProcess alone;
    const auto everywhere = at::ones({1, 1, 64, 64}, kDouble);
    const double least = std::pow(0.01, 0.7);
    const auto level3 = [&](const at::Tensor& weight) {
        return number(mcj::knownMotionLoss(estimate, truth, weight, alone).parts.at("motion.3"));
    };
    QVERIFY(std::abs(level3(everywhere) - least) < 1e-9);
    // Weight is that of the middle pixel, too.
    auto weight = everywhere.clone();
    weight.slice(2, 4, 64, 8).slice(3, 4, 64, 8).zero_();
    QCOMPARE(level3(weight), 0.0);
}

void TestLosses::warmUpScalesVarianceCovariance() {
    const auto image = smallTexture(64, 64);
    const auto pass = constantPass(image, image, 0, 0);
    mcj::FlowLossSettings settings;
    settings.vc = {{0.01, 0.04}, {0.0, 0.0}, {0.01, 0.0}};
    mcj::SingleProcess alone;
    const auto with = [&](double share) {
        return mcj::selfSupervisedFlowLoss(pass, settings, mcj::OcclusionUse::OutsideOnly, share,
                                           alone)
            .parts;
    };
    const auto full = with(1.0);
    QVERIFY(full.contains("vc.1") && !full.contains("vc.2") && full.contains("vc.3"));
    QVERIFY(std::abs(number(with(0.25).at("vc.1")) - 0.25 * number(full.at("vc.1"))) < 1e-14);
    QVERIFY(!with(0.0).contains("vc.1"));
}

void TestLosses::matchingKnowsWhereMotionEnds() {
    mcj::FeaturePyramid first;
    mcj::FeaturePyramid second;
    first.level(3) = at::randn({2, 64, 8, 8}, kDouble);
    second.level(3) = first.level(3).roll(1, 3);  // one cell of 8 px to the right
    mcj::MatchingSettings settings;
    settings.weight = 1.0;
    mcj::SingleProcess alone;
    const auto loss = [&](double u, double seen) {
        const auto visible = at::full({2, 1, 64, 64}, seen, kDouble);
        return number(mcj::motionMatchingLoss(first, second,
                                              constantFlow(u, -0.5, 64, 64).expand({2, 2, 64, 64}),
                                              visible, settings, alone)
                          .total);
    };
    // The middle pixel lies half a pixel beyond its cell's centre, in x and in y.
    QVERIFY(loss(7.5, 1.0) < 0.5);
    QVERIFY(loss(-7.5, 1.0) > 5.0);
    QVERIFY(loss(3.5, 1.0) > 1.0 && loss(3.5, 1.0) < loss(-7.5, 1.0));
    QCOMPARE(loss(-7.5, 0.0), 0.0);
}

MCJ_TEST(TestLosses)
#include "test_losses.moc"
