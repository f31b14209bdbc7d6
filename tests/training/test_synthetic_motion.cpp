#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <QtTest>

#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "training/frame_pairs.h"
#include "training/synthetic_motion.h"

namespace {

using mcj::FramePairs;
using mcj::PhotometricConfig;
using mcj::SampleRng;
using mcj::SyntheticMotion;
using mcj::SyntheticMotionConfig;

/// Smooth colourful pictures of differing sizes, as photographs are at this scale.
at::Tensor smoothPicture(SampleRng& rng) {
    const int height = rng.integer(150, 300);
    const int width = rng.integer(180, 360);
    std::vector<float> knots;
    for (int i = 0; i < 3 * 10 * 12; ++i) knots.push_back(static_cast<float>(rng.uniform(10, 245)));
    return at::upsample_bicubic2d(at::tensor(knots).view({1, 3, 10, 12}), {height, width}, true)
        .squeeze(0)
        .clamp(0, 255)
        .to(at::kByte);
}

SyntheticMotionConfig plainConfig() {
    SyntheticMotionConfig config;
    config.height = 96;
    config.width = 128;
    config.maxShift = 40.0;
    config.photometric = PhotometricConfig::off();
    return config;
}

std::vector<SampleRng> generators(std::uint64_t seed, int first, int count) {
    std::vector<SampleRng> result;
    for (int i = 0; i < count; ++i)
        result.emplace_back(seed, 0, static_cast<std::uint64_t>(first + i));
    return result;
}

at::Tensor warpBack(const at::Tensor& frame2, const at::Tensor& flow) {
    const auto height = frame2.size(2);
    const auto width = frame2.size(3);
    const at::Tensor x = flow.select(1, 0) + at::arange(width).view({1, 1, width});
    const at::Tensor y = flow.select(1, 1) + at::arange(height).view({1, height, 1});
    const at::Tensor grid = at::stack({x * (2.0 / static_cast<double>(width - 1)) - 1.0,
                                       y * (2.0 / static_cast<double>(height - 1)) - 1.0},
                                      -1);
    return at::grid_sampler_2d(frame2, grid, 0, 1, true);
}

double meanOver(const at::Tensor& values, const at::Tensor& mask) {
    return ((values * mask).sum() / mask.sum().clamp_min(1)).item<double>();
}

}  // namespace

class TestSyntheticMotion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The pictures are small: threads would only wait for each other.
    void initTestCase() { at::set_num_threads(1); }
    void flowExplainsFrameOne();
    void backgroundAloneIsExact();
    void smallAndLargeMotionBothOccur();
    void staticBackgroundsStandStill();
    void seedDecides();
    void batchDoesNotMatter();
    void renderingTogetherGivesTheSame();
    void fractionsOfAPixelStaySharp();
    void occludedPixelsAreNotValid();
    void coverageOfASquareIsItsArea();
    void flipsTurnTheFlow();
    void cropInvalidatesWhatLeaves();
    void wrongSettingsAreNamed();
    void looksKeepTheRange();
};

void TestSyntheticMotion::flowExplainsFrameOne() {
    const SyntheticMotion motion(plainConfig(), at::kCPU);
    const FramePairs pairs = motion.make(smoothPicture, generators(7, 0, 24));
    QCOMPARE(pairs.frame1.sizes(), at::IntArrayRef({24, 3, 96, 128}));
    QCOMPARE(pairs.flow.sizes(), at::IntArrayRef({24, 2, 96, 128}));
    QCOMPARE(pairs.valid.sizes(), at::IntArrayRef({24, 1, 96, 128}));
    QVERIFY(pairs.flow.isfinite().all().item<bool>());
    const at::Tensor error =
        (warpBack(pairs.frame2, pairs.flow) - pairs.frame1).abs().mean(1, true);
    const double warped = meanOver(error, pairs.valid);
    const double still = meanOver((pairs.frame2 - pairs.frame1).abs().mean(1, true), pairs.valid);
    qInfo("warped %.4f, still %.4f, valid %.2f", warped, still, pairs.valid.mean().item<double>());
    QVERIFY2(warped < 0.01, qPrintable(QString::number(warped)));
    QVERIFY(still > 5.0 * warped);
    QVERIFY(pairs.valid.mean().item<double>() > 0.5);
}

void TestSyntheticMotion::backgroundAloneIsExact() {
    SyntheticMotionConfig config = plainConfig();
    config.minPieces = 0;
    config.maxPieces = 0;
    const SyntheticMotion motion(config, at::kCPU);
    const FramePairs pairs = motion.make(smoothPicture, generators(11, 0, 16));
    const at::Tensor error =
        (warpBack(pairs.frame2, pairs.flow) - pairs.frame1).abs().mean(1, true) * pairs.valid;
    // Without edges between layers only the interpolation differs.
    QVERIFY(error.mean().item<double>() < 0.003);
    QVERIFY(error.max().item<double>() < 0.08);
}

void TestSyntheticMotion::smallAndLargeMotionBothOccur() {
    const SyntheticMotion motion(plainConfig(), at::kCPU);
    const FramePairs pairs = motion.make(smoothPicture, generators(3, 0, 64));
    const at::Tensor length = pairs.flow.square().sum(1).sqrt();
    const at::Tensor medians = std::get<0>(length.flatten(1).median(1));
    QVERIFY(medians.lt(1.0).sum().item<std::int64_t>() >= 6);
    QVERIFY(medians.gt(10.0).sum().item<std::int64_t>() >= 10);
    QVERIFY(length.max().item<double>() > 35.0);
}

void TestSyntheticMotion::staticBackgroundsStandStill() {
    SyntheticMotionConfig config = plainConfig();
    config.staticShare = 1.0;
    config.minPieces = 0;
    config.maxPieces = 0;
    const SyntheticMotion motion(config, at::kCPU);
    const FramePairs pairs = motion.make(smoothPicture, generators(5, 0, 3));
    QCOMPARE(pairs.flow.abs().max().item<double>(), 0.0);
    QVERIFY(at::equal(pairs.frame1, pairs.frame2));
    QCOMPARE(pairs.valid.min().item<double>(), 1.0);
}

void TestSyntheticMotion::seedDecides() {
    SyntheticMotionConfig config = plainConfig();
    config.photometric = PhotometricConfig{};
    const SyntheticMotion motion(config, at::kCPU);
    const FramePairs a = motion.make(smoothPicture, generators(1, 0, 4));
    const FramePairs b = motion.make(smoothPicture, generators(1, 0, 4));
    const FramePairs c = motion.make(smoothPicture, generators(2, 0, 4));
    QVERIFY(at::equal(a.frame1, b.frame1) && at::equal(a.frame2, b.frame2));
    QVERIFY(at::equal(a.flow, b.flow) && at::equal(a.valid, b.valid));
    QVERIFY(!at::equal(a.flow, c.flow));
}

void TestSyntheticMotion::batchDoesNotMatter() {
    SyntheticMotionConfig config = plainConfig();
    config.photometric = PhotometricConfig{};
    const SyntheticMotion motion(config, at::kCPU);
    const FramePairs all = motion.make(smoothPicture, generators(9, 0, 6));
    const FramePairs two = motion.make(smoothPicture, generators(9, 3, 2));
    QVERIFY(at::equal(all.frame1.narrow(0, 3, 2), two.frame1));
    QVERIFY(at::equal(all.frame2.narrow(0, 3, 2), two.frame2));
    QVERIFY(at::equal(all.flow.narrow(0, 3, 2), two.flow));
    QVERIFY(at::equal(all.valid.narrow(0, 3, 2), two.valid));
}

void TestSyntheticMotion::renderingTogetherGivesTheSame() {
    const SyntheticMotionConfig config = plainConfig();
    const SyntheticMotion single(config, at::kCPU, mcj::RenderGrouping::OneByOne);
    const SyntheticMotion together(config, at::kCPU, mcj::RenderGrouping::Together);
    const FramePairs a = single.make(smoothPicture, generators(17, 0, 8));
    const FramePairs b = together.make(smoothPicture, generators(17, 0, 8));
    // Textures and masks are padded to a common size there, so sampling points round differently.
    QVERIFY((a.frame1 - b.frame1).abs().max().item<double>() < 2e-3);
    QVERIFY((a.frame2 - b.frame2).abs().max().item<double>() < 2e-3);
    QVERIFY((a.flow - b.flow).abs().gt(1e-3).to(at::kFloat).mean().item<double>() < 1e-4);
    QVERIFY((a.valid - b.valid).abs().mean().item<double>() < 1e-4);
}

void TestSyntheticMotion::fractionsOfAPixelStaySharp() {
    // Waves four pixels long that move by half a pixel: bilinear weights would leave 71 % of them
    // in frame 1, where every point falls between two pixels.
    const SyntheticMotion motion(plainConfig(), at::kCPU);
    mcj::MotionScene scene;
    mcj::MotionLayer background;
    const auto wave = (at::arange(128) * (0.5 * M_PI) + 0.25 * M_PI).sin() * 100 + 128;
    background.picture = wave.expand({3, 96, 128}).to(at::kByte);
    background.motion = mcj::PlaneMap::shift(0.5, 0);
    scene.layers.push_back(background);
    const FramePairs pairs = motion.render({scene});
    const auto contrast = [](const at::Tensor& frame) {
        return frame.narrow(3, 8, 112).std().item<double>();
    };
    QVERIFY(contrast(pairs.frame1) > 0.9 * contrast(pairs.frame2));
}

void TestSyntheticMotion::occludedPixelsAreNotValid() {
    // A still background and a square that moves 20 px to the right, drawn by hand.
    SyntheticMotionConfig config = plainConfig();
    const SyntheticMotion motion(config, at::kCPU);
    SampleRng rng(1, 2, 3);
    mcj::MotionScene scene;
    mcj::MotionLayer background;
    background.picture = smoothPicture(rng);
    scene.layers.push_back(background);
    mcj::MotionLayer square;
    square.picture = smoothPicture(rng);
    square.motion = mcj::PlaneMap::shift(20, 0);
    square.coverage = mcj::Raster<float>({24, 24}, 1);
    for (int y = 2; y < 22; ++y) {
        for (int x = 2; x < 22; ++x) square.coverage.at(y, x) = 1.0F;
    }
    square.mask = mcj::PlaneMap::shift(-60, -40);  // covers x 62..81, y 42..61 of frame 2
    scene.layers.push_back(square);
    const FramePairs pairs = motion.render({scene});
    const auto u = pairs.flow.select(1, 0);
    QCOMPARE(u[0][50][50].item<float>(), 20.0F);  // on the square in frame 1 (x 42..61)
    QCOMPARE(u[0][50][70].item<float>(), 0.0F);   // background that the square will cover
    QCOMPARE(u[0][10][10].item<float>(), 0.0F);
    QCOMPARE(pairs.valid[0][0][50][50].item<float>(), 1.0F);
    QCOMPARE(pairs.valid[0][0][50][70].item<float>(), 0.0F);
    QCOMPARE(pairs.valid[0][0][10][10].item<float>(), 1.0F);
    QCOMPARE(pairs.valid.numel() - pairs.valid.sum().item<std::int64_t>(), std::int64_t{20 * 20});
}

void TestSyntheticMotion::coverageOfASquareIsItsArea() {
    const auto coverage =
        mcj::polygonCoverage({{1.25F, 2.0F}, {6.5F, 2.0F}, {6.5F, 7.0F}, {1.25F, 7.0F}}, {12, 10});
    double sum = 0.0;
    for (const float value : coverage.values()) {
        QVERIFY(value >= 0.0F && value <= 1.0001F);
        sum += value;
    }
    QVERIFY(std::abs(sum - 5.25 * 5.0) < 1e-3);
    QCOMPARE(coverage.at(4, 4), 1.0F);
    QCOMPARE(coverage.at(9, 9), 0.0F);
}

void TestSyntheticMotion::flipsTurnTheFlow() {
    const SyntheticMotion motion(plainConfig(), at::kCPU);
    const FramePairs pairs = motion.make(smoothPicture, generators(21, 0, 4));
    for (auto* flip : {&mcj::flipLeftRight, &mcj::flipUpDown}) {
        FramePairs flipped = motion.make(smoothPicture, generators(21, 0, 4));
        flip(flipped);
        QVERIFY(!at::equal(flipped.frame1, pairs.frame1));
        const at::Tensor error =
            (warpBack(flipped.frame2, flipped.flow) - flipped.frame1).abs().mean(1, true);
        QVERIFY(meanOver(error, flipped.valid) < 0.02);
        flip(flipped);
        QVERIFY(at::equal(flipped.flow, pairs.flow) && at::equal(flipped.valid, pairs.valid));
    }
}

void TestSyntheticMotion::cropInvalidatesWhatLeaves() {
    FramePairs pairs;
    pairs.frame1 = at::rand({1, 3, 40, 60});
    pairs.frame2 = at::rand({1, 3, 40, 60});
    pairs.flow = at::zeros({1, 2, 40, 60});
    pairs.flow.select(1, 0).fill_(10.0);
    pairs.valid = at::ones({1, 1, 40, 60});
    const at::Tensor before = pairs.frame1.clone();
    mcj::cropPairs(pairs, 4, 8, 16, 32);
    QVERIFY(at::equal(pairs.frame1, before.narrow(2, 4, 16).narrow(3, 8, 32)));
    QCOMPARE(pairs.valid.sum().item<double>(), 16.0 * 22.0);
}

void TestSyntheticMotion::wrongSettingsAreNamed() {
    SyntheticMotionConfig config = plainConfig();
    config.maxPieces = 0;
    QVERIFY_THROWS_EXCEPTION(mcj::Error, SyntheticMotion(config, at::kCPU));
    config = plainConfig();
    config.minShift = 0.0;
    QVERIFY_THROWS_EXCEPTION(mcj::Error, SyntheticMotion(config, at::kCPU));
}

void TestSyntheticMotion::looksKeepTheRange() {
    SyntheticMotionConfig config = plainConfig();
    config.photometric = PhotometricConfig{};
    config.photometric.noiseMax = 0.2;
    config.photometric.blurShare = 1.0;
    const SyntheticMotion motion(config, at::kCPU);
    const FramePairs pairs = motion.make(smoothPicture, generators(31, 0, 16));
    for (const at::Tensor& frame : {pairs.frame1, pairs.frame2}) {
        QVERIFY(frame.min().item<double>() >= 0.0 && frame.max().item<double>() <= 1.0);
        QVERIFY(frame.flatten(1).std(1).gt(0.01).all().item<bool>());
    }
}

MCJ_TEST(TestSyntheticMotion)
#include "test_synthetic_motion.moc"
