// Every op against a naive loop, and its backward against finite differences (gradcheck).

#include <QtTest>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "inference/ops/channel_rows.h"
#include "inference/ops/consistency.h"
#include "inference/ops/cost_volume.h"
#include "inference/ops/doubled_size.h"
#include "inference/ops/label_propagation.h"
#include "inference/ops/similarity.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"
#include "media/base/instruction_set.h"

namespace {

at::Tensor randomMap(std::int64_t b, std::int64_t c, std::int64_t h, std::int64_t w,
                     at::ScalarType type, std::uint64_t seed) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return at::randn({b, c, h, w}, generator, at::TensorOptions(type));
}

double largestDifference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

at::Tensor naiveCostVolume(const at::Tensor& first, const at::Tensor& second) {
    const auto h = first.size(2);
    const auto w = first.size(3);
    auto out = at::zeros({first.size(0), 81, h, w}, first.options());
    for (std::int64_t dy = -4; dy <= 4; ++dy) {
        for (std::int64_t dx = -4; dx <= 4; ++dx) {
            for (std::int64_t y = 0; y < h; ++y) {
                for (std::int64_t x = 0; x < w; ++x) {
                    if (y + dy < 0 || y + dy >= h || x + dx < 0 || x + dx >= w) continue;
                    const auto product = first.select(3, x).select(2, y) *
                                         second.select(3, x + dx).select(2, y + dy);
                    out.select(3, x).select(2, y).select(1, (dy + 4) * 9 + dx + 4) =
                        product.mean(1);
                }
            }
        }
    }
    return out;
}

double bilinear(const at::TensorAccessor<double, 2>& map, double x, double y, bool clampBorder,
                std::int64_t h, std::int64_t w) {
    if (clampBorder) {
        x = std::clamp(x, 0.0, static_cast<double>(w - 1));
        y = std::clamp(y, 0.0, static_cast<double>(h - 1));
    }
    const auto x0 = static_cast<std::int64_t>(std::floor(x));
    const auto y0 = static_cast<std::int64_t>(std::floor(y));
    double sum = 0.0;
    for (std::int64_t yy = y0; yy <= y0 + 1; ++yy) {
        for (std::int64_t xx = x0; xx <= x0 + 1; ++xx) {
            if (xx < 0 || yy < 0 || xx >= w || yy >= h) continue;
            sum += (1 - std::abs(x - static_cast<double>(xx))) *
                   (1 - std::abs(y - static_cast<double>(yy))) * map[yy][xx];
        }
    }
    return sum;
}

at::Tensor naiveWarp(const at::Tensor& image, const at::Tensor& flow, bool clampBorder) {
    auto out = at::zeros_like(image, at::MemoryFormat::Contiguous);
    const auto h = image.size(2);
    const auto w = image.size(3);
    for (std::int64_t b = 0; b < image.size(0); ++b) {
        for (std::int64_t c = 0; c < image.size(1); ++c) {
            const auto plane = image[b][c].contiguous();
            const auto map = plane.accessor<double, 2>();
            for (std::int64_t y = 0; y < h; ++y) {
                for (std::int64_t x = 0; x < w; ++x) {
                    const double u = flow[b][0][y][x].item<double>();
                    const double v = flow[b][1][y][x].item<double>();
                    out[b][c][y][x] = bilinear(map, static_cast<double>(x) + u,
                                               static_cast<double>(y) + v, clampBorder, h, w);
                }
            }
        }
    }
    return out;
}

/// Gradients of f at `inputs` against central differences along random directions.
template <typename Function>
double gradientError(const Function& f, std::vector<at::Tensor> inputs) {
    for (auto& input : inputs) input.requires_grad_(true);
    const auto out = f(inputs);
    const auto weights = randomMap(1, 1, 1, out.numel(), at::kDouble, 99).view(out.sizes());
    const auto gradients = torch::autograd::grad({(out * weights).sum()}, inputs);
    const at::NoGradGuard noGrad;
    constexpr double kStep = 1e-6;
    double worst = 0.0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto direction =
            randomMap(1, 1, 1, inputs[i].numel(), at::kDouble, 7 + i).view(inputs[i].sizes());
        auto plus = inputs;
        auto minus = inputs;
        plus[i] = inputs[i].detach() + kStep * direction;
        minus[i] = inputs[i].detach() - kStep * direction;
        const double numeric =
            ((f(plus) - f(minus)) * weights).sum().template item<double>() / (2 * kStep);
        const double exact = (gradients[i] * direction).sum().template item<double>();
        worst = std::max(worst, std::abs(numeric - exact) / std::max(1.0, std::abs(exact)));
    }
    return worst;
}

}  // namespace

class TestOps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void kernelsAreThoseAskedFor();
    void costVolumeEqualsTheLoop_data();
    void costVolumeEqualsTheLoop();
    void costVolumeGradients_data();
    void costVolumeGradients();
    void costVolumeRefusesShapes();
    void fusedNormEqualsTheLoop_data();
    void fusedNormEqualsTheLoop();
    void fusedResidualEqualsTheLoop();
    void doubledSizeIsBicubic();
    void matchingInputEqualsItsParts_data();
    void matchingInputEqualsItsParts();
    void warpEqualsTheLoop_data();
    void warpEqualsTheLoop();
    void warpGradients_data();
    void warpGradients();
    void zeroFlowWarpsToTheInput();
    void splatIsTheTransposeOfWarp();
    void consistencyEqualsTheFormula();
    void cosineAndBestCell();
    void joinedLevelsEqualTheLoop_data();
    void joinedLevelsEqualTheLoop();
    void propagationEqualsTheDenseForm_data();
    void propagationEqualsTheDenseForm();
    void propagationCountsEveryTie();
};

void TestOps::kernelsAreThoseAskedFor() {
    // ctest runs this program once for each instruction set below the processor's.
    using mcj::InstructionSet;
    const QByteArray asked = qgetenv("MCJ_ISA");
    const InstructionSet used = mcj::instructionSet();
    qInfo("instruction set: %s", mcj::instructionSetName(used));
    if (asked.isEmpty()) QVERIFY(used == mcj::supportedInstructionSet());
    if (asked == "v3") QVERIFY(used <= InstructionSet::V3);
    if (asked == "baseline") QVERIFY(used == InstructionSet::Baseline);
}

void TestOps::fusedNormEqualsTheLoop_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<bool>("halfIn");
    QTest::addColumn<bool>("halfOut");
    for (const int channels : {3, 12, 24, 64}) {
        for (const bool halfIn : {false, true}) {
            for (const bool halfOut : {false, true}) {
                QTest::addRow("%d channels, %s to %s", channels, halfIn ? "half" : "float",
                              halfOut ? "half" : "float")
                    << channels << halfIn << halfOut;
            }
        }
    }
}

void TestOps::fusedNormEqualsTheLoop() {
    QFETCH(int, channels);
    QFETCH(bool, halfIn);
    QFETCH(bool, halfOut);
    const at::NoGradGuard noGrad;
    at::manual_seed(5);
    const auto typeIn = halfIn ? at::kBFloat16 : at::kFloat;
    const auto typeOut = halfOut ? at::kBFloat16 : at::kFloat;
    // Planar memory and a number of positions that no group of them divides.
    const auto map = (3.0 * at::randn({2, channels, 7, 9}) + 2.0).to(typeIn);
    const mcj::NormAndSlope norm{at::rand({channels}), at::randn({channels}), 0.1};
    auto plain = mcj::emptyMap(map, channels, typeOut);
    auto joined = mcj::emptyMap(map, channels + 5, typeOut).fill_(7.0);
    mcj::normalizeInto(map, norm, {{plain, 0}, {joined, 4}});

    const auto from = map.to(at::kDouble);
    const auto weight = norm.weight.to(at::kDouble);
    const auto bias = norm.bias.to(at::kDouble);
    const auto value = [&](std::int64_t b, std::int64_t c, std::int64_t y, std::int64_t x) {
        return from[b][c][y][x].item<double>();
    };
    for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t y = 0; y < 7; ++y) {
            for (std::int64_t x = 0; x < 9; ++x) {
                double mean = 0.0;
                for (int c = 0; c < channels; ++c) mean += value(b, c, y, x) / channels;
                double variance = 0.0;
                for (int c = 0; c < channels; ++c) {
                    variance += std::pow(value(b, c, y, x) - mean, 2.0) / channels;
                }
                for (int c = 0; c < channels; ++c) {
                    double expected = (value(b, c, y, x) - mean) / std::sqrt(variance + 1e-6) *
                                          weight[c].item<double>() +
                                      bias[c].item<double>();
                    if (expected < 0.0) expected *= 0.1;
                    // Half of the last of bfloat16's 8 bits.
                    const double bound = halfOut ? std::abs(expected) / 256.0 + 1e-5 : 1e-4;
                    QVERIFY(std::abs(plain[b][c][y][x].item<double>() - expected) < bound);
                    QVERIFY(joined[b][c + 4][y][x].item<double>() ==
                            plain[b][c][y][x].item<double>());
                }
            }
        }
    }
    // Nothing beside the slice was written.
    QVERIFY(joined.narrow(1, 0, 4).eq(7.0).all().item<bool>());
    QVERIFY(joined.narrow(1, channels + 4, 1).eq(7.0).all().item<bool>());
}

void TestOps::fusedResidualEqualsTheLoop() {
    const at::NoGradGuard noGrad;
    at::manual_seed(6);
    const auto residue = at::randn({37, 10});
    const auto gamma = at::randn({10});
    for (const auto type : {at::kFloat, at::kBFloat16}) {
        const auto rows = at::randn({37, 10}).to(type);
        auto out = at::empty_like(residue);
        mcj::addScaledInto(out, residue, rows, gamma);
        QVERIFY(largestDifference(out, residue + gamma * rows.to(at::kFloat)) < 1e-5);
        mcj::addScaledInto(out, residue, rows, {});
        QVERIFY(largestDifference(out, residue + rows.to(at::kFloat)) < 1e-5);
    }
}

void TestOps::doubledSizeIsBicubic() {
    at::manual_seed(8);
    for (const auto& [height, width] : {std::pair{1, 1}, {2, 3}, {7, 5}, {40, 33}}) {
        const auto images = at::rand({2, 3, height, width});
        const auto expected = at::upsample_bicubic2d(images, {2 * height, 2 * width}, false);
        QVERIFY(largestDifference(mcj::doubledSize(images), expected) == 0.0);  // with gradients
        const at::NoGradGuard noGrad;
        QVERIFY(largestDifference(mcj::doubledSize(images), expected) < 1e-6);
        const auto turned = images.transpose(2, 3);
        QVERIFY(largestDifference(mcj::doubledSize(turned), expected.transpose(2, 3)) < 1e-6);
    }
}

void TestOps::matchingInputEqualsItsParts_data() {
    QTest::addColumn<QList<int>>("shape");
    QTest::newRow("one cell") << QList<int>{1, 3, 1, 1};
    QTest::newRow("ragged width") << QList<int>{2, 8, 6, 19};
    QTest::newRow("two vectors") << QList<int>{1, 32, 5, 33};
}

void TestOps::matchingInputEqualsItsParts() {
    QFETCH(QList<int>, shape);
    const at::NoGradGuard noGrad;
    at::manual_seed(7);
    const auto first = at::randn({shape[0], shape[1], shape[2], shape[3]});
    const auto second = at::randn_like(first).contiguous(at::MemoryFormat::ChannelsLast);
    const auto flow = at::randn({shape[0], 2, shape[2], shape[3]});
    const auto parts =
        at::cat({at::leaky_relu(mcj::costVolume(first, second), 0.1), first, flow}, 1);
    const auto single = mcj::matchingInput(first, second, flow, 0.1, at::kFloat);
    QVERIFY(largestDifference(single, parts) < 1e-5);
    const auto half = mcj::matchingInput(first, second, flow, 0.1, at::kBFloat16);
    QVERIFY(largestDifference(half.to(at::kFloat), single.to(at::kBFloat16).to(at::kFloat)) == 0.0);
}

void TestOps::costVolumeEqualsTheLoop_data() {
    QTest::addColumn<QList<int>>("shape");
    QTest::addColumn<bool>("channelsLast");
    QTest::newRow("one cell") << QList<int>{1, 3, 1, 1} << false;
    QTest::newRow("narrow") << QList<int>{2, 5, 7, 3} << true;
    QTest::newRow("ragged width") << QList<int>{1, 8, 6, 19} << false;
    QTest::newRow("two vectors") << QList<int>{2, 32, 5, 33} << true;
}

void TestOps::costVolumeEqualsTheLoop() {
    QFETCH(QList<int>, shape);
    QFETCH(bool, channelsLast);
    for (const auto type : {at::kDouble, at::kFloat}) {
        auto a = randomMap(shape[0], shape[1], shape[2], shape[3], type, 1);
        auto b = randomMap(shape[0], shape[1], shape[2], shape[3], type, 2);
        const auto expected = naiveCostVolume(a, b);
        if (channelsLast) {
            a = a.contiguous(at::MemoryFormat::ChannelsLast);
            b = b.contiguous(at::MemoryFormat::ChannelsLast);
        }
        const double bound = type == at::kDouble ? 1e-13 : 1e-5;
        QVERIFY(largestDifference(mcj::costVolume(a, b), expected) < bound);
    }
}

void TestOps::costVolumeGradients_data() {
    QTest::addColumn<QList<int>>("shape");
    QTest::newRow("one cell") << QList<int>{1, 3, 1, 1};
    QTest::newRow("narrow") << QList<int>{2, 5, 7, 3};
    QTest::newRow("one row") << QList<int>{1, 8, 1, 17};
    QTest::newRow("narrowest whole") << QList<int>{1, 9, 2, 16};
    QTest::newRow("a column short") << QList<int>{1, 8, 5, 31};
    QTest::newRow("ragged width") << QList<int>{2, 11, 6, 21};
    QTest::newRow("two vectors") << QList<int>{1, 16, 12, 32};
}

void TestOps::costVolumeGradients() {
    QFETCH(QList<int>, shape);
    const auto f = [](const std::vector<at::Tensor>& in) { return mcj::costVolume(in[0], in[1]); };
    const auto input = [&](int seed) {
        return randomMap(shape[0], shape[1], shape[2], shape[3], at::kDouble, seed);
    };
    QVERIFY(gradientError(f, {input(3), input(4)}) < 1e-7);

    // Single precision has twice the lanes, and other blocks overlap.
    const auto gradients = [&](at::ScalarType type) {
        const auto a = input(3).to(type).requires_grad_(true);
        const auto b = input(4).to(type).requires_grad_(true);
        const auto weights = randomMap(shape[0], 81, shape[2], shape[3], at::kDouble, 5).to(type);
        return torch::autograd::grad({mcj::costVolume(a, b)}, {a, b}, {weights});
    };
    const auto exact = gradients(at::kDouble);
    const auto single = gradients(at::kFloat);
    for (std::size_t i = 0; i < 2; ++i) QVERIFY(largestDifference(single[i], exact[i]) < 1e-4);
}

void TestOps::costVolumeRefusesShapes() {
    QVERIFY_EXCEPTION_THROWN(
        (void)mcj::costVolume(at::zeros({1, 2, 3, 4}), at::zeros({1, 2, 3, 5})), mcj::Error);
}

void TestOps::warpEqualsTheLoop_data() {
    QTest::addColumn<bool>("clampBorder");
    QTest::newRow("zeros outside") << false;
    QTest::newRow("border repeated") << true;
}

void TestOps::warpEqualsTheLoop() {
    QFETCH(bool, clampBorder);
    const auto border = clampBorder ? mcj::kernels::Border::Clamp : mcj::kernels::Border::Zeros;
    const auto image = randomMap(2, 3, 6, 9, at::kDouble, 5);
    const auto flow = randomMap(2, 2, 6, 9, at::kDouble, 6) * 4;
    const auto expected = naiveWarp(image, flow, clampBorder);
    QVERIFY(largestDifference(mcj::warp(image, flow, border), expected) < 1e-12);
    const auto single =
        mcj::warp(image.to(at::kFloat), flow.to(at::kFloat), border).to(at::kDouble);
    QVERIFY(largestDifference(single, expected) < 1e-4);
    // Unknown flow reads nothing and does not crash.
    const auto nan = at::full_like(flow, std::nan(""));
    QVERIFY(mcj::warp(image, nan).abs().max().item<double>() == 0.0);
}

void TestOps::warpGradients_data() { warpEqualsTheLoop_data(); }

void TestOps::warpGradients() {
    QFETCH(bool, clampBorder);
    const auto border = clampBorder ? mcj::kernels::Border::Clamp : mcj::kernels::Border::Zeros;
    const auto f = [&](const std::vector<at::Tensor>& in) {
        return mcj::warp(in[0], in[1], border);
    };
    QVERIFY(gradientError(f, {randomMap(2, 18, 5, 7, at::kDouble, 8),
                              randomMap(2, 2, 5, 7, at::kDouble, 9) * 2}) < 1e-6);
}

void TestOps::zeroFlowWarpsToTheInput() {
    const auto image = randomMap(1, 4, 5, 6, at::kFloat, 10);
    QVERIFY(at::equal(mcj::warp(image, at::zeros({1, 2, 5, 6})), image));
}

void TestOps::splatIsTheTransposeOfWarp() {
    // <splat(a), b> = <a, warp(b)> for any a and b.
    const auto a = randomMap(1, 3, 6, 8, at::kDouble, 11);
    const auto b = randomMap(1, 3, 6, 8, at::kDouble, 12);
    const auto flow = randomMap(1, 2, 6, 8, at::kDouble, 13) * 3;
    const double left = (mcj::forwardSplat(a, flow) * b).sum().item<double>();
    const double right = (a * mcj::warp(b, flow)).sum().item<double>();
    QVERIFY(std::abs(left - right) < 1e-10);
}

void TestOps::consistencyEqualsTheFormula() {
    const auto forward = randomMap(1, 2, 7, 11, at::kDouble, 14) * 2;
    const auto backward = -forward + 0.4 * randomMap(1, 2, 7, 11, at::kDouble, 15);
    const auto result = mcj::checkConsistency(forward, backward);
    const auto back = naiveWarp(backward, forward, true);
    int occluded = 0;
    for (std::int64_t y = 0; y < 7; ++y) {
        for (std::int64_t x = 0; x < 11; ++x) {
            const double u = forward[0][0][y][x].item<double>();
            const double v = forward[0][1][y][x].item<double>();
            const double bu = back[0][0][y][x].item<double>();
            const double bv = back[0][1][y][x].item<double>();
            const double tx = static_cast<double>(x) + u;
            const double ty = static_cast<double>(y) + v;
            const bool outside = tx < 0 || ty < 0 || tx > 10 || ty > 6;
            const double d2 = (u + bu) * (u + bu) + (v + bv) * (v + bv);
            const bool fails = d2 > 0.01 * (u * u + v * v + bu * bu + bv * bv) + 0.5;
            QCOMPARE(result.occluded[0][0][y][x].item<double>() > 0.5, outside || fails);
            const double error = result.error[0][0][y][x].item<double>();
            QVERIFY(outside ? std::isnan(error) : std::abs(error - std::sqrt(d2)) < 1e-12);
            occluded += outside || fails ? 1 : 0;
        }
    }
    QVERIFY(occluded > 0 && occluded < 77);
}

void TestOps::cosineAndBestCell() {
    const auto features = randomMap(1, 9, 6, 8, at::kFloat, 16).squeeze(0);
    const auto query = features.select(2, 5).select(1, 2).contiguous();
    const auto map = mcj::cosineMap(features, query);
    const auto expected = at::cosine_similarity(features, query.view({9, 1, 1}), 0, 1e-12);
    QVERIFY(largestDifference(map, expected) < 1e-5);
    const auto best = mcj::bestCell(map);
    QVERIFY(std::abs(best.score - 1.0) < 1e-5);
    QVERIFY(std::abs(best.x - 5.0) <= 0.5 && std::abs(best.y - 2.0) <= 0.5);
}

void TestOps::joinedLevelsEqualTheLoop_data() {
    QTest::addColumn<int>("height");  // of the finer map
    QTest::addColumn<int>("width");
    QTest::newRow("even") << 6 << 8;
    QTest::newRow("odd") << 5 << 7;
    QTest::newRow("one row") << 1 << 3;
}

void TestOps::joinedLevelsEqualTheLoop() {
    QFETCH(const int, height);
    QFETCH(const int, width);
    const int rows = (height + 1) / 2;
    const int columns = (width + 1) / 2;
    const auto map = randomMap(1, 3, rows, columns, at::kDouble, 71);
    const auto finer = randomMap(1, 2, height, width, at::kDouble, 72);
    const auto got = mcj::joinLevels(map, finer);
    QCOMPARE(got.sizes(), at::IntArrayRef({1, 5, rows, columns}));
    for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
            const auto at = [](const at::Tensor& m, int cy, int cx) {
                return m.select(0, 0).select(2, cx).select(1, cy);
            };
            auto sum = at::zeros({2}, at::kDouble);
            int count = 0;
            for (int sy = 2 * y; sy < std::min(2 * y + 2, height); ++sy) {
                for (int sx = 2 * x; sx < std::min(2 * x + 2, width); ++sx) {
                    sum += at(finer, sy, sx);
                    ++count;
                }
            }
            sum /= count;
            const auto coarse = at(map, y, x);
            const auto expected = at::cat({coarse / coarse.norm(), sum / sum.norm()});
            QVERIFY(largestDifference(at(got, y, x), expected) < 1e-12);
        }
    }
    QVERIFY_EXCEPTION_THROWN((void)mcj::joinLevels(map, map), mcj::Error);
}

void TestOps::propagationEqualsTheDenseForm_data() {
    QTest::addColumn<int>("contexts");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("radius");
    QTest::newRow("one context, window wider than the map") << 1 << 5 << 7 << 12;
    QTest::newRow("ragged") << 3 << 9 << 21 << 3;
    QTest::newRow("the cell itself") << 6 << 3 << 5 << 0;
    QTest::newRow("protocol's window") << 2 << 30 << 40 << 12;
}

void TestOps::propagationEqualsTheDenseForm() {
    QFETCH(int, contexts);
    QFETCH(int, height);
    QFETCH(int, width);
    QFETCH(int, radius);
    constexpr int kChannels = 24;
    constexpr int kTopK = 5;
    constexpr double kTemperature = 0.1;
    const std::int64_t cells = static_cast<std::int64_t>(height) * width;
    const auto target = randomMap(1, kChannels, height, width, at::kFloat, 20);
    const auto flat = [&](const at::Tensor& map) {
        const auto f = map.view({kChannels, cells}).t().to(at::kDouble);
        return f / f.norm(2, 1, true);
    };
    const auto ys = at::arange(height).view({-1, 1}).expand({height, width}).reshape({-1});
    const auto xs = at::arange(width).view({1, -1}).expand({height, width}).reshape({-1});
    const auto near = (ys.view({-1, 1}) - ys.view({1, -1})).abs().le(radius) &
                      (xs.view({-1, 1}) - xs.view({1, -1})).abs().le(radius);
    std::vector<mcj::PropagationFeatures> prepared;
    std::vector<at::Tensor> labels;
    std::vector<at::Tensor> affinities;
    std::vector<at::Tensor> flatLabels;
    for (int k = 0; k < contexts; ++k) {
        const auto map = target * 0.5 + randomMap(1, kChannels, height, width, at::kFloat, 30 + k);
        prepared.push_back(mcj::preparePropagation(map, radius));
        labels.push_back(at::softmax(randomMap(1, height, width, 3, at::kFloat, 40 + k)[0], 2));
        affinities.push_back((flat(target).mm(flat(map).t()) / kTemperature).exp() * near);
        flatLabels.push_back(labels.back().view({cells, 3}).to(at::kDouble));
    }
    auto affinity = at::cat(affinities, 1);
    const auto threshold = std::get<0>(affinity.topk(kTopK, 1)).select(1, kTopK - 1).unsqueeze(1);
    affinity = affinity * affinity.ge(threshold);
    affinity = affinity / affinity.sum(1, true);
    const auto expected = affinity.mm(at::cat(flatLabels, 0)).view({height, width, 3});

    std::vector<const mcj::PropagationFeatures*> context;
    for (const auto& features : prepared) context.push_back(&features);
    const auto result = mcj::propagateLabels(mcj::preparePropagation(target, radius), context,
                                             labels, {kTopK, kTemperature});
    QVERIFY(largestDifference(result.to(at::kDouble), expected) < 1e-4);
    const auto same = result.argmax(2).eq(expected.argmax(2)).to(at::kFloat).mean().item<double>();
    QVERIFY(same > 0.999);
}

void TestOps::propagationCountsEveryTie() {
    constexpr int kRadius = 3;
    const auto same = mcj::preparePropagation(at::ones({4, 9, 21}), kRadius);
    const auto labels = at::rand({9, 21, 2});
    const auto sum = [](const at::Tensor& map) {
        return at::avg_pool2d(map, 2 * kRadius + 1, 1, kRadius, false, true, 1);
    };
    const auto planes = labels.permute({2, 0, 1}).unsqueeze(0);
    const auto mean = sum(planes) / sum(at::ones_like(planes));
    const auto soft = mcj::propagateLabels(same, {&same, &same}, {labels, labels}, {});
    QVERIFY(largestDifference(soft, mean[0].permute({1, 2, 0})) < 1e-5);
    // Nothing alike and a sharp temperature: weights must not vanish together.
    const auto other = mcj::preparePropagation(-at::ones({4, 9, 21}), kRadius);
    const auto sharp = mcj::propagateLabels(other, {&same}, {labels}, {5, 0.001});
    QVERIFY(sharp.isfinite().all().item<bool>());
}

QTEST_GUILESS_MAIN(TestOps)
#include "test_ops.moc"
