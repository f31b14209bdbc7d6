// The linear probe: what it computes, what it can and cannot tell apart, and what it refuses.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <QTemporaryDir>
#include <QtTest>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "media/base/error.h"
#include "media/base/label_runs.h"
#include "media/io/shard_packing.h"
#include "tests/support/test_program.h"
#include "tests/training/labelled_patches.h"
#include "training/linear_probe.h"
#include "training/sample_rng.h"

namespace fs = std::filesystem;

namespace {

using mcj::test::MadePicture;
using mcj::test::several;
using mcj::test::shaded;
using mcj::test::striped;

/// Untrained, with blocks at two levels.
mcj::McJepa smallEncoder(std::uint64_t seed) {
    mcj::ModelConfig config = mcj::presetConfig("small");
    config.mode = "vicreg";
    config.expander.clear();
    config.encoder.widths = {8, 12, 12, 12, 12, 12};
    config.encoder.depths = {1, 1, 0, 0, 0, 0};
    at::manual_seed(seed);
    return mcj::McJepa(config);
}

/// A head that has learnt nothing yet but has weights.
mcj::ProbeHead drawnHead(const mcj::FeatureMaps& maps, int classes) {
    std::vector<std::int64_t> channels;
    for (const auto& map : maps) channels.push_back(map.size(0));
    mcj::ProbeHead head(channels, classes, at::kCPU);
    const at::NoGradGuard noGrad;
    for (auto& weight : head.weights()) weight.normal_();
    head.bias().normal_();
    return head;
}

std::vector<std::size_t> numbers(std::size_t begin, std::size_t end) {
    std::vector<std::size_t> list;
    for (std::size_t i = begin; i < end; ++i) list.push_back(i);
    return list;
}

double largestDifference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

constexpr mcj::ProbeOptions kQuick{.steps = 60, .batch = 4, .learningRate = 0.05};

}  // namespace

class TestLinearProbe : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void resizingIsTorchs();
    void headIsAConvolutionOnResizedMaps();
    void standardisingLeavesStillChannelsOut();
    void scoresEqualANaiveLoop();
    void cellsTakeTheLabelUnderTheirCentre();
    void featuresTellTexturesThatColourCannot();
    void voidCannotMislead();
    void sameSeedSameHead();
    void memoryDoesNotChangeTheHead();
    void foldsScoreEveryPictureOnce();
    void stoppingIsObeyed();
    void whatCannotWorkIsRefused();

private:
    fs::path pack(const std::string& name, const std::vector<MadePicture>& pictures) {
        return mcj::test::packLabelled(fs::path(folder_.path().toStdString()) / name, pictures);
    }
    std::vector<mcj::LabelledPicture> open(const std::string& name,
                                           const std::vector<MadePicture>& pictures) {
        return mcj::labelledPictures(
            std::make_shared<const mcj::ShardReader>(pack(name, pictures)));
    }
    QTemporaryDir folder_;
};

void TestLinearProbe::resizingIsTorchs() {
    const at::Tensor map = at::rand({1, 3, 5, 7});
    for (const auto& [height, width] : {std::pair{5, 7}, {20, 28}, {11, 9}, {40, 3}, {1, 1}}) {
        const at::Tensor expected = at::upsample_bilinear2d(map, {height, width}, false);
        const at::Tensor rows = mcj::resizeMatrix(5, height, at::kCPU);
        const at::Tensor columns = mcj::resizeMatrix(7, width, at::kCPU);
        const at::Tensor ours = at::matmul(at::matmul(rows, map), columns.t());
        QVERIFY(largestDifference(ours, expected) < 1e-5);
    }
}

void TestLinearProbe::headIsAConvolutionOnResizedMaps() {
    auto pictures = open("head", several(3, striped));
    mcj::ProbeSet set(std::move(pictures), mcj::encoderFeatures(smallEncoder(1), {1, 2, 3, 5}, 2),
                      {});
    const mcj::FeatureMaps maps = set.features(0);
    QCOMPARE(maps.size(), std::size_t{4});
    QCOMPARE(maps[0].sizes(), at::IntArrayRef({8, 32, 32}));  // averaged over the grid's cells
    QCOMPARE(maps[3].sizes(), at::IntArrayRef({12, 4, 4}));
    mcj::ProbeHead head = drawnHead(maps, 3);
    QCOMPARE(head.channels(), 44);
    head.standardise(set, {0, 1, 2});
    // Word for word: standardise, resize, concatenate, convolve.
    std::vector<at::Tensor> resized;
    for (std::size_t m = 0; m < maps.size(); ++m) {
        std::vector<at::Tensor> all;
        for (std::size_t i = 0; i < set.size(); ++i) all.push_back(set.features(i)[m].flatten(1));
        const at::Tensor values = at::cat(all, 1);
        const at::Tensor mean = values.mean(1).view({-1, 1, 1});
        const at::Tensor deviation = values.std(1, /*unbiased=*/false).view({-1, 1, 1});
        const at::Tensor standard = ((maps[m] - mean) / deviation).unsqueeze(0);
        resized.push_back(at::upsample_bilinear2d(standard, {32, 32}, false));
    }
    const at::Tensor weight = at::cat(head.weights(), 1).detach().view({3, 44, 1, 1});
    const at::Tensor expected =
        at::conv2d(at::cat(resized, 1), weight, head.bias().detach().flatten());
    const at::Tensor ours = head.forward(maps, set.grid(0)).detach();
    QVERIFY2(largestDifference(ours, expected[0]) < 1e-3,
             qPrintable(QString::number(largestDifference(ours, expected[0]))));
}

void TestLinearProbe::standardisingLeavesStillChannelsOut() {
    auto pictures = open("still", several(2, shaded));
    const auto still = [](const at::Tensor& image) {
        const at::Tensor cells = at::avg_pool2d(image, {4, 4})[0];
        return mcj::FeatureMaps{at::cat({cells, at::full_like(cells, 1000.0F)})};
    };
    mcj::ProbeSet set(pictures, still, {});
    mcj::ProbeHead head = drawnHead(set.features(0), 2);
    head.standardise(set, {0, 1});
    const at::Tensor scores = head.forward(set.features(0), set.grid(0)).detach();
    QVERIFY(at::isfinite(scores).all().item<bool>());
    {
        const at::NoGradGuard noGrad;
        head.weights()[0].narrow(1, 3, 3).fill_(1e6);
    }
    QVERIFY(at::equal(head.forward(set.features(0), set.grid(0)).detach(), scores));
    const auto broken = [](const at::Tensor& image) {
        return mcj::FeatureMaps{at::full_like(image[0], std::numeric_limits<float>::quiet_NaN())};
    };
    mcj::ProbeSet brokenSet(pictures, broken, {.gridLevel = 2});
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::trainProbe(brokenSet, {0, 1}, kQuick, nullptr));
}

void TestLinearProbe::scoresEqualANaiveLoop() {
    constexpr int kClasses = 5;
    mcj::SampleRng rng(4, 4, 4);
    mcj::ConfusionMatrix matrix(kClasses, at::kCPU);
    std::vector<int> predicted;
    std::vector<int> truth;
    for (int picture = 0; picture < 3; ++picture) {
        const at::Tensor guess = at::zeros({20, 30}, at::kLong);
        const at::Tensor labels = at::zeros({20, 30}, at::kByte);
        for (int i = 0; i < 600; ++i) {
            // Class 4 is guessed but never true; class 3 is true but never guessed.
            const int label = rng.happens(0.2) ? 255 : rng.integer(0, 3);
            const int other = rng.integer(0, 3);
            const int answer = label < 3 && rng.happens(0.5) ? label : other == 3 ? 4 : other;
            guess.data_ptr<std::int64_t>()[i] = answer;
            labels.data_ptr<std::uint8_t>()[i] = static_cast<std::uint8_t>(label);
            predicted.push_back(answer);
            truth.push_back(label);
        }
        mcj::ConfusionMatrix one(kClasses, at::kCPU);
        one.add(guess, labels);
        matrix.add(one);
    }
    const mcj::SegmentationScores scores = mcj::scoresOf(matrix);
    double mean = 0.0;
    int right = 0;
    int counted = 0;
    for (int c = 0; c < kClasses; ++c) {
        int both = 0;
        int either = 0;
        int there = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            if (truth[i] == 255) continue;
            both += truth[i] == c && predicted[i] == c;
            either += truth[i] == c || predicted[i] == c;
            there += truth[i] == c;
        }
        const auto& score = scores.classes[static_cast<std::size_t>(c)];
        QCOMPARE(score.truthPixels, there);
        QCOMPARE(score.iou, static_cast<double>(both) / either);
        if (there > 0) mean += score.iou / 4.0;
        right += both;
        counted += there;
    }
    QCOMPARE(scores.classes[4].truthPixels, 0);
    QVERIFY(std::abs(scores.meanIou - mean) < 1e-12);
    QCOMPARE(scores.pixels, counted);
    QCOMPARE(scores.pixelAccuracy, static_cast<double>(right) / counted);
}

void TestLinearProbe::cellsTakeTheLabelUnderTheirCentre() {
    MadePicture made = shaded(3);
    made.labels.at(2, 6) = 7;  // the middle of cell (0, 1)
    made.labels.at(3, 6) = 9;  // of no cell
    auto pictures = open("cells", {made});
    mcj::ProbeSet set(std::move(pictures), mcj::colourFeatures(2), {.gridLevel = 2});
    QCOMPARE(set.classes(), 10);
    QCOMPARE(set.grid(0), (mcj::SizePx{32, 32}));  // 100 x 70 padded to 128 x 128
    const at::Tensor cells = set.cellLabels(0).view({32, 32});
    for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) {
            const bool inside = 4 * y + 2 < 70 && 4 * x + 2 < 100;
            const int expected = inside ? made.labels.at(4 * y + 2, 4 * x + 2) : 255;
            QCOMPARE(cells[y][x].item<int>(), expected);
        }
    }
    QCOMPARE(set.features(0)[0].sizes(), at::IntArrayRef({6, 32, 32}));
}

void TestLinearProbe::featuresTellTexturesThatColourCannot() {
    const auto pictures = open("textures", several(8, striped));
    const auto meanIou = [&](mcj::FrozenFeatures features) {
        mcj::ProbeSet set(pictures, std::move(features), {});
        const auto head = mcj::trainProbe(set, numbers(0, 6), kQuick, nullptr);
        return mcj::scoresOf(mcj::scoreProbe(set, numbers(6, 8), head, nullptr)).meanIou;
    };
    const double colour = meanIou(mcj::colourFeatures(2));
    const double encoder = meanIou(mcj::encoderFeatures(smallEncoder(1), {1, 2, 3}, 2));
    // In PyTorch with five other encoders: 0.98 to 1.00, and 0.23 to 0.40 for colour.
    QVERIFY2(encoder > 0.9, qPrintable(QString::number(encoder)));
    QVERIFY2(colour < 0.55, qPrintable(QString::number(colour)));
    // Colour is not blind as such.
    const auto shades = open("shades", several(4, shaded));
    mcj::ProbeSet set(shades, mcj::colourFeatures(2), {});
    const auto head = mcj::trainProbe(set, numbers(0, 3), kQuick, nullptr);
    const auto scores = mcj::scoresOf(mcj::scoreProbe(set, {3}, head, nullptr));
    QVERIFY2(scores.meanIou > 0.85, qPrintable(QString::number(scores.meanIou)));
    QCOMPARE(scores.pixels, 100 * 70);  // nothing of the padding
}

void TestLinearProbe::voidCannotMislead() {
    enum class Below { Void, Swapped };
    const auto meanIou = [&](const std::string& name, Below below) {
        auto pictures = several(4, shaded);
        for (std::size_t i = 0; i < 3; ++i) {
            for (int y = 20; y < 70; ++y) {
                for (int x = 0; x < 100; ++x) {
                    auto& label = pictures[i].labels.at(y, x);
                    label = below == Below::Void ? mcj::kVoidLabel
                                                 : static_cast<std::uint8_t>(1 - label);
                }
            }
        }
        mcj::ProbeSet set(open(name, pictures), mcj::colourFeatures(2), {});
        const auto head = mcj::trainProbe(set, {0, 1, 2}, kQuick, nullptr);
        const auto seen = mcj::scoresOf(mcj::scoreProbe(set, {0, 1, 2}, head, nullptr));
        if (below == Below::Void && seen.pixels != 3 * 20 * 100) return -1.0;
        return mcj::scoresOf(mcj::scoreProbe(set, {3}, head, nullptr)).meanIou;
    };
    const double ignored = meanIou("void", Below::Void);
    const double misled = meanIou("swapped", Below::Swapped);
    QVERIFY2(ignored > 0.85, qPrintable(QString::number(ignored)));
    QVERIFY2(misled < 0.5, qPrintable(QString::number(misled)));
}

void TestLinearProbe::sameSeedSameHead() {
    const auto pictures = open("seeds", several(6, shaded));
    const auto weights = [&](std::uint64_t seed) {
        mcj::ProbeSet set(pictures, mcj::colourFeatures(2), {});
        mcj::ProbeOptions options = kQuick;
        options.seed = seed;
        return mcj::trainProbe(set, numbers(0, 6), options, nullptr).weights()[0].detach();
    };
    const at::Tensor first = weights(1);
    QVERIFY(at::equal(weights(1), first));
    QVERIFY(!at::equal(weights(2), first));
}

void TestLinearProbe::memoryDoesNotChangeTheHead() {
    const auto pictures = open("memory", several(4, striped));
    const auto run = [&](std::size_t cacheBytes, int& extractions) {
        const auto encode = mcj::encoderFeatures(smallEncoder(2), {2, 3}, 2);
        const auto counting = [&extractions, encode](const at::Tensor& image) {
            ++extractions;
            return encode(image);
        };
        mcj::ProbeSet set(pictures, counting, {.cacheBytes = cacheBytes});
        mcj::ProbeOptions options = kQuick;
        options.steps = 5;
        return mcj::trainProbe(set, numbers(0, 4), options, nullptr).weights()[0].detach();
    };
    int once = 0;
    int always = 0;
    int twoKept = 0;
    const at::Tensor kept = run(std::size_t{1} << 30, once);
    const std::size_t bytes = (12 * 32 * 32 + 12 * 16 * 16) * sizeof(float);
    QVERIFY(at::equal(run(0, always), kept));
    QVERIFY(at::equal(run(2 * bytes + 1, twoKept), kept));
    QCOMPARE(once, 4);
    QCOMPARE(always, 4 + 4 + 5 * 4);  // to begin with, for the statistics, at every step
    QVERIFY(twoKept > once && twoKept < always);
}

void TestLinearProbe::foldsScoreEveryPictureOnce() {
    for (const auto& [count, folds] : {std::pair<std::size_t, int>{82, 4}, {3, 3}, {7, 2}}) {
        const auto splits = mcj::contiguousFolds(count, folds);
        QCOMPARE(splits.size(), static_cast<std::size_t>(folds));
        std::vector<std::size_t> tested;
        for (const auto& split : splits) {
            QCOMPARE(split.train.size() + split.test.size(), count);
            QVERIFY(!split.test.empty() && !split.train.empty());
            for (const std::size_t i : split.test) {
                QVERIFY(std::find(split.train.begin(), split.train.end(), i) == split.train.end());
                tested.push_back(i);
            }
            QCOMPARE(split.test.back() - split.test.front() + 1, split.test.size());
        }
        QVERIFY(tested == numbers(0, count));
    }
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::contiguousFolds(3, 4));
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::contiguousFolds(3, 1));
}

void TestLinearProbe::stoppingIsObeyed() {
    mcj::ProbeSet set(open("stop", several(3, shaded)), mcj::colourFeatures(2), {});
    int steps = 0;
    int losses = 0;
    const auto report = [&](const mcj::ProbeProgress& progress) {
        if (progress.phase != mcj::ProbePhase::Training) return true;
        losses += progress.loss.has_value() ? 1 : 0;
        return ++steps < 10;
    };
    try {
        (void)mcj::trainProbe(set, numbers(0, 3), kQuick, report);
        QFAIL("went on");
    } catch (const mcj::Error& error) {
        QCOMPARE(error.code(), mcj::ErrorCode::Interrupted);
    }
    QCOMPARE(steps, 10);
    QVERIFY(losses > 0);
}

void TestLinearProbe::whatCannotWorkIsRefused() {
    const fs::path root(folder_.path().toStdString());
    pack("plain", several(2, shaded));
    mcj::packImages(root / "plain" / "in", root / "plain.shard", {}, nullptr);
    const auto plain = std::make_shared<const mcj::ShardReader>(root / "plain.shard");
    try {
        (void)mcj::labelledPictures(plain);
        QFAIL("a shard without labels was taken");
    } catch (const mcj::Error& error) {
        QVERIFY(std::string(error.what()).find("plain.shard has no label maps") !=
                std::string::npos);
        QVERIFY(error.hint().find("--labels") != std::string::npos);
    }
    MadePicture oneClass = shaded(1);
    for (auto& label : oneClass.labels.values()) label = 0;
    const auto pictures = open("one", {oneClass});
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::ProbeSet(pictures, mcj::colourFeatures(2), {}));
    // The training pictures say nothing, the others do.
    auto made = several(2, shaded);
    for (auto& label : made[0].labels.values()) label = mcj::kVoidLabel;
    mcj::ProbeSet set(open("silent", made), mcj::colourFeatures(2), {});
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::trainProbe(set, {0}, kQuick, nullptr));
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::encoderFeatures(smallEncoder(1), {7}, 2));
}

MCJ_TEST(TestLinearProbe)
#include "test_linear_probe.moc"
