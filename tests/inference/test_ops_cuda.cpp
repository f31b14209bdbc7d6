// Every op on the GPU against the same op on the CPU, which test_ops.cpp holds to naive loops; and
// what can be said of the CUDA library where there is no GPU. Carry the program to a machine with a
// GPU, also under compute-sanitizer.

#include <QtTest>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

#include "inference/ops/consistency.h"
#include "inference/ops/cost_volume.h"
#include "inference/ops/cuda_library.h"
#include "inference/ops/cuda_ops.h"
#include "inference/ops/device.h"
#include "inference/ops/label_propagation.h"
#include "inference/ops/similarity.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"

namespace {

using mcj::kernels::Border;

at::Tensor randomMap(at::IntArrayRef size, at::ScalarType type, std::uint64_t seed) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return at::randn(size, generator, at::TensorOptions(type));
}

at::Tensor onGpu(const at::Tensor& tensor) { return tensor.to(at::kCUDA); }

/// Largest difference; NaN at the same places is no difference, at others it is infinite.
double largestDifference(const at::Tensor& a, const at::Tensor& b) {
    if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) return INFINITY;
    const auto left = a.detach().cpu().to(at::kDouble);
    const auto right = b.detach().cpu().to(at::kDouble);
    if (!at::equal(left.isnan(), right.isnan())) return INFINITY;
    return (left - right).abs().nan_to_num(0.0).max().item<double>();
}

double boundFor(at::ScalarType type) { return type == at::kDouble ? 1e-12 : 2e-4; }

/// Gradients of (f(inputs) * fixed weights).sum() to the inputs, on the device where they lie.
template <typename Function>
std::vector<at::Tensor> gradients(const Function& f, std::vector<at::Tensor> inputs) {
    for (auto& input : inputs) input = input.detach().clone().requires_grad_(true);
    const auto out = f(inputs);
    const auto weights =
        randomMap(out.sizes(), at::kDouble, 99).to(out.device(), out.scalar_type());
    return torch::autograd::grad({(out * weights).sum()}, inputs);
}

template <typename Function>
double gradientDifference(const Function& f, const std::vector<at::Tensor>& inputs) {
    std::vector<at::Tensor> there;
    for (const auto& input : inputs) there.push_back(onGpu(input));
    const auto expected = gradients(f, inputs);
    const auto got = gradients(f, there);
    double worst = 0.0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        worst = std::max(worst, largestDifference(got[i], expected[i]));
    }
    return worst;
}

/// Gradients on the GPU against central differences along random directions, in double.
template <typename Function>
double gradientError(const Function& f, const std::vector<at::Tensor>& inputs) {
    std::vector<at::Tensor> there;
    for (const auto& input : inputs) there.push_back(onGpu(input));
    const auto exact = gradients(f, there);
    const at::NoGradGuard noGrad;
    const auto out = f(there);
    const auto weights = onGpu(randomMap(out.sizes(), at::kDouble, 99));
    constexpr double kStep = 1e-6;
    double worst = 0.0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto direction = onGpu(randomMap(inputs[i].sizes(), at::kDouble, 7 + i));
        auto plus = there;
        auto minus = there;
        plus[i] = there[i] + kStep * direction;
        minus[i] = there[i] - kStep * direction;
        const double numeric =
            ((f(plus) - f(minus)) * weights).sum().template item<double>() / (2 * kStep);
        const double along = (exact[i] * direction).sum().template item<double>();
        worst = std::max(worst, std::abs(numeric - along) / std::max(1.0, std::abs(along)));
    }
    return worst;
}

/// Flow with whole numbers, a pixel that is unknown and pixels far outside.
at::Tensor awkwardFlow(std::int64_t batch, std::int64_t height, std::int64_t width,
                       at::ScalarType type) {
    auto flow = randomMap({batch, 2, height, width}, type, 6) * 4;
    flow.select(3, 0).round_();
    flow[0][0][0][0] = std::nan("");
    flow[0][1][0][1] = 1e9;
    flow[batch - 1][0][height - 1][width - 1] = -INFINITY;
    return flow;
}

}  // namespace

class TestOpsCuda : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void libraryOpensWithoutADevice();
    void launchWithoutADeviceSaysSo();
    void backendNamesItsReason();
    void gpusWithoutKernelsAreNotUsed();
    void devicesAreChosen_data();
    void devicesAreChosen();
    void aGpuThatIsNotUsableSaysWhy();
    void costVolume_data();
    void costVolume();
    void costVolumeGradients();
    void costVolumeGradientsAreDeterministic();
    void warp_data();
    void warp();
    void warpGradients_data();
    void warpGradients();
    void splat();
    void consistency();
    void cosineMap();
    void propagation_data();
    void propagation();
    void propagationKeepsTies();
    void halfTypesComeBack();
    void workGoesToTheCurrentStream();
    void mixedDevicesAreRefused();

private:
    bool gpu_ = false;
};

#define MCJ_NEEDS_GPU() \
    if (!gpu_) QSKIP("there is no CUDA device here")

void TestOpsCuda::initTestCase() {
    gpu_ = mcj::openCudaBackend().ready && torch::cuda::is_available();
}

void TestOpsCuda::libraryOpensWithoutADevice() {
#if MCJ_CUDA_BUILT
    const auto& table = mcj::cudaTable();
    QCOMPARE(table.version, mcj::kernels::kCudaTableVersion);
    QVERIFY(table.errorText != nullptr && table.propagateLabels != nullptr);
    const auto complete = [](const auto& use) {
        return use.costVolume && use.costVolumeGradFirst && use.costVolumeGradSecond && use.warp &&
               use.warpGradSource && use.warpGradFlow && use.consistency && use.cosine;
    };
    QVERIFY(complete(table.single));
    QVERIFY(complete(table.twice));
    // Nothing to do is no error, even where no device could do it.
    QCOMPARE(table.single.warp(nullptr, nullptr, {}, Border::Zeros, nullptr, {}), 0);
#else
    try {
        (void)mcj::cudaTable();
        QFAIL("opened a library that this build does not have");
    } catch (const mcj::Error& error) {
        QCOMPARE(error.code(), mcj::ErrorCode::Device);
        QVERIFY(std::string(error.what()).find("looked in") != std::string::npos);
        QVERIFY(!error.hint().empty());
    }
#endif
}

void TestOpsCuda::launchWithoutADeviceSaysSo() {
#if MCJ_CUDA_BUILT
    if (gpu_) QSKIP("there is a CUDA device here");
    const int code =
        mcj::cudaTable().single.costVolume(nullptr, nullptr, {1, 1, 1, 1}, nullptr, {});
    QVERIFY(code != 0);
    try {
        mcj::checkCuda(code, "costVolume");
        QFAIL("took an error code for success");
    } catch (const mcj::Error& error) {
        QCOMPARE(error.code(), mcj::ErrorCode::Device);
        QVERIFY(std::string(error.what()).starts_with("costVolume failed on the GPU: "));
        QVERIFY(std::string(error.what()).find("CUDA") != std::string::npos);
    }
#else
    QSKIP("this build has no CUDA kernels");
#endif
}

void TestOpsCuda::backendNamesItsReason() {
    const auto& backend = mcj::openCudaBackend();
    QCOMPARE(backend.ready, backend.reason.empty());
}

void TestOpsCuda::gpusWithoutKernelsAreNotUsed() {
    const mcj::UsableGpus gpus = mcj::findGpus();
    QCOMPARE(gpus.count > 0, gpus.reason.empty());
    QCOMPARE(gpus.count > 0, gpu_ && bool(MCJ_CUDA_BUILT));
    QCOMPARE(mcj::chooseDevice("auto").is_cuda(), gpus.count > 0);
}

void TestOpsCuda::devicesAreChosen_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("gpus");
    QTest::addColumn<QString>("device");  // empty: a device error
    QTest::newRow("the CPU") << "cpu" << 2 << "cpu";
    QTest::newRow("auto without a GPU") << "auto" << 0 << "cpu";
    QTest::newRow("auto with GPUs") << "auto" << 2 << "cuda:0";
    QTest::newRow("the first GPU") << "cuda" << 1 << "cuda:0";
    QTest::newRow("the second GPU") << "cuda:1" << 2 << "cuda:1";
    QTest::newRow("a GPU too far") << "cuda:2" << 2 << "";
    QTest::newRow("no GPU") << "cuda" << 0 << "";
}

void TestOpsCuda::devicesAreChosen() {
    QFETCH(QString, name);
    QFETCH(int, gpus);
    QFETCH(QString, device);
    const mcj::UsableGpus machine{gpus, gpus == 0 ? "no kernels" : "", ""};
    try {
        const c10::Device chosen = mcj::chooseDevice(name.toStdString(), machine);
        QCOMPARE(QString::fromStdString(chosen.str()), device);
    } catch (const mcj::Error& error) {
        QCOMPARE(device, QString());
        QCOMPARE(error.code(), mcj::ErrorCode::Device);
    }
}

void TestOpsCuda::aGpuThatIsNotUsableSaysWhy() {
    try {
        (void)mcj::chooseDevice("cuda", {0, "the CUDA kernels were not found", "Build them."});
        QFAIL("took a GPU that is not usable");
    } catch (const mcj::Error& error) {
        QCOMPARE(error.code(), mcj::ErrorCode::Device);
        QCOMPARE(std::string(error.what()),
                 std::string("--device cuda: the CUDA kernels were not found"));
        QCOMPARE(error.hint(), std::string("Build them."));
    }
}

void TestOpsCuda::costVolume_data() {
    QTest::addColumn<QList<int>>("shape");
    QTest::addColumn<bool>("channelsLast");
    QTest::newRow("one cell") << QList<int>{1, 3, 1, 1} << false;
    QTest::newRow("narrow") << QList<int>{2, 5, 7, 3} << true;
    QTest::newRow("ragged width") << QList<int>{1, 8, 6, 19} << false;
    QTest::newRow("one column past a tile") << QList<int>{2, 32, 5, 33} << true;
    QTest::newRow("whole quads") << QList<int>{2, 33, 9, 68} << false;
    QTest::newRow("a level of the network") << QList<int>{1, 96, 56, 128} << false;
}

void TestOpsCuda::costVolume() {
    MCJ_NEEDS_GPU();
    QFETCH(QList<int>, shape);
    QFETCH(bool, channelsLast);
    for (const auto type : {at::kDouble, at::kFloat}) {
        auto a = randomMap({shape[0], shape[1], shape[2], shape[3]}, type, 1);
        auto b = randomMap({shape[0], shape[1], shape[2], shape[3]}, type, 2);
        if (channelsLast) {
            a = a.contiguous(at::MemoryFormat::ChannelsLast);
            b = b.contiguous(at::MemoryFormat::ChannelsLast);
        }
        const auto f = [](const std::vector<at::Tensor>& in) {
            return mcj::costVolume(in[0], in[1]);
        };
        QVERIFY(largestDifference(f({onGpu(a), onGpu(b)}), f({a, b})) < boundFor(type));
        QVERIFY(gradientDifference(f, {a, b}) < boundFor(type));
    }
}

void TestOpsCuda::costVolumeGradients() {
    MCJ_NEEDS_GPU();
    const auto f = [](const std::vector<at::Tensor>& in) { return mcj::costVolume(in[0], in[1]); };
    QVERIFY(gradientError(f, {randomMap({2, 11, 6, 21}, at::kDouble, 3),
                              randomMap({2, 11, 6, 21}, at::kDouble, 4)}) < 1e-7);
}

void TestOpsCuda::costVolumeGradientsAreDeterministic() {
    MCJ_NEEDS_GPU();
    const auto f = [](const std::vector<at::Tensor>& in) { return mcj::costVolume(in[0], in[1]); };
    const std::vector<at::Tensor> inputs = {onGpu(randomMap({2, 40, 17, 45}, at::kFloat, 3)),
                                            onGpu(randomMap({2, 40, 17, 45}, at::kFloat, 4))};
    const auto once = gradients(f, inputs);
    const auto again = gradients(f, inputs);
    QVERIFY(at::equal(once[0], again[0]) && at::equal(once[1], again[1]));
}

void TestOpsCuda::warp_data() {
    QTest::addColumn<bool>("clampBorder");
    QTest::addColumn<int>("channels");
    for (const int channels : {1, 2, 3, 18, 100}) {
        QTest::addRow("zeros outside, %d channels", channels) << false << channels;
        QTest::addRow("border repeated, %d channels", channels) << true << channels;
    }
}

void TestOpsCuda::warp() {
    MCJ_NEEDS_GPU();
    QFETCH(bool, clampBorder);
    QFETCH(int, channels);
    const auto border = clampBorder ? Border::Clamp : Border::Zeros;
    for (const auto type : {at::kDouble, at::kFloat}) {
        const auto image = randomMap({2, channels, 13, 17}, type, 5);
        const auto flow = awkwardFlow(2, 13, 17, type);
        const auto got = mcj::warp(onGpu(image), onGpu(flow), border);
        QVERIFY(largestDifference(got, mcj::warp(image, flow, border)) < boundFor(type));
        const auto f = [&](const std::vector<at::Tensor>& in) {
            return mcj::warp(in[0], in[1], border);
        };
        // The gradient to the flow sums over channels.
        QVERIFY(gradientDifference(f, {image, flow}) < 10 * boundFor(type));
    }
}

void TestOpsCuda::warpGradients_data() {
    QTest::addColumn<bool>("clampBorder");
    QTest::newRow("zeros outside") << false;
    QTest::newRow("border repeated") << true;
}

void TestOpsCuda::warpGradients() {
    MCJ_NEEDS_GPU();
    QFETCH(bool, clampBorder);
    const auto border = clampBorder ? Border::Clamp : Border::Zeros;
    const auto f = [&](const std::vector<at::Tensor>& in) {
        return mcj::warp(in[0], in[1], border);
    };
    QVERIFY(gradientError(f, {randomMap({2, 18, 5, 7}, at::kDouble, 8),
                              randomMap({2, 2, 5, 7}, at::kDouble, 9) * 2}) < 1e-6);
}

void TestOpsCuda::splat() {
    MCJ_NEEDS_GPU();
    for (const auto type : {at::kDouble, at::kFloat}) {
        for (const int channels : {1, 5}) {
            const auto values = randomMap({2, channels, 13, 17}, type, 11);
            const auto flow = awkwardFlow(2, 13, 17, type);
            QVERIFY(largestDifference(mcj::forwardSplat(onGpu(values), onGpu(flow)),
                                      mcj::forwardSplat(values, flow)) < boundFor(type));
        }
    }
}

void TestOpsCuda::consistency() {
    MCJ_NEEDS_GPU();
    for (const auto type : {at::kDouble, at::kFloat}) {
        auto forward = randomMap({2, 2, 23, 31}, type, 14) * 2;
        auto backward = -forward + 0.4 * randomMap({2, 2, 23, 31}, type, 15);
        forward[0][0][3][4] = std::nan("");
        backward[1][1][5][6] = std::nan("");
        const auto expected = mcj::checkConsistency(forward, backward);
        const auto got = mcj::checkConsistency(onGpu(forward), onGpu(backward));
        // A pixel whose difference is the bound to the last bit may fall either way.
        const auto differing = got.occluded.cpu().ne(expected.occluded).sum().item<std::int64_t>();
        QVERIFY(differing <= (type == at::kDouble ? 0 : 1));
        QVERIFY(largestDifference(got.error, expected.error) < boundFor(type));
        const auto occluded = expected.occluded.sum().item<double>();
        QVERIFY(occluded > 0 && occluded < 2 * 23 * 31);
    }
}

void TestOpsCuda::cosineMap() {
    MCJ_NEEDS_GPU();
    for (const auto type : {at::kDouble, at::kFloat}) {
        for (const int channels : {1, 9, 64, 300}) {
            const auto features = randomMap({channels, 11, 13}, type, 16);
            const auto query = features.select(2, 5).select(1, 2).contiguous();
            QVERIFY(largestDifference(mcj::cosineMap(onGpu(features), onGpu(query)),
                                      mcj::cosineMap(features, query)) < boundFor(type));
        }
    }
}

void TestOpsCuda::propagation_data() {
    QTest::addColumn<int>("contexts");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("radius");
    QTest::addColumn<int>("topK");
    QTest::newRow("one context, window wider than the map") << 1 << 5 << 7 << 12 << 5;
    QTest::newRow("the cell alone") << 1 << 4 << 6 << 0 << 5;
    QTest::newRow("fewer cells than asked for") << 1 << 3 << 3 << 1 << 32;
    QTest::newRow("window wider than a tile of displacements") << 2 << 9 << 50 << 18 << 5;
    QTest::newRow("more contexts than a launch takes") << 18 << 6 << 33 << 2 << 10;
    QTest::newRow("protocol's window, two bands of rows") << 8 << 60 << 100 << 12 << 5;
}

void TestOpsCuda::propagation() {
    MCJ_NEEDS_GPU();
    QFETCH(int, contexts);
    QFETCH(int, height);
    QFETCH(int, width);
    QFETCH(int, radius);
    QFETCH(int, topK);
    constexpr int kClasses = 35;
    const auto target = randomMap({20, height, width}, at::kFloat, 20);
    std::vector<mcj::PropagationFeatures> here, there;
    std::vector<at::Tensor> labels, labelsThere;
    for (int k = 0; k < contexts; ++k) {
        const auto map = target * 0.5 + randomMap({20, height, width}, at::kFloat, 30 + k);
        here.push_back(mcj::preparePropagation(map, radius));
        there.push_back(mcj::preparePropagation(onGpu(map), radius));
        labels.push_back(at::softmax(randomMap({height, width, kClasses}, at::kFloat, 60 + k), 2));
        labelsThere.push_back(onGpu(labels.back()));
    }
    std::vector<const mcj::PropagationFeatures*> contextHere, contextThere;
    for (int k = 0; k < contexts; ++k) {
        contextHere.push_back(&here[static_cast<std::size_t>(k)]);
        contextThere.push_back(&there[static_cast<std::size_t>(k)]);
    }
    const auto prepared = mcj::preparePropagation(target, radius);
    const auto preparedThere = mcj::preparePropagation(onGpu(target), radius);
    const auto expected = mcj::propagateLabels(prepared, contextHere, labels, {topK, 0.1});
    const auto got = mcj::propagateLabels(preparedThere, contextThere, labelsThere, {topK, 0.1});
    // Scores that differ in the last bit may change who is the last of the top: rarely.
    const auto far = (got.cpu() - expected).abs().amax(2).gt(1e-4).to(at::kFloat).mean();
    QVERIFY(far.item<double>() < 2e-3);
    QVERIFY(!got.isnan().any().item<bool>());
    QVERIFY((got.sum(2) - 1).abs().max().item<double>() < 1e-4);
}

void TestOpsCuda::propagationKeepsTies() {
    MCJ_NEEDS_GPU();
    // All features are equal: every cell of the window ties, and each weighs the same.
    constexpr int kHeight = 7;
    constexpr int kWidth = 9;
    const auto features = mcj::preparePropagation(onGpu(at::ones({1, 4, kHeight, kWidth})), 1);
    const auto labels = at::eye(kHeight * kWidth).view({kHeight, kWidth, -1});
    const auto got = mcj::propagateLabels(features, {&features}, {onGpu(labels)}, {2, 0.1}).cpu();
    QCOMPARE(got[3][4].gt(0).sum().item<int>(), 9);
    QCOMPARE(got[0][0].gt(0).sum().item<int>(), 4);
    QVERIFY(std::abs(got[3][4].max().item<double>() - 1.0 / 9) < 1e-6);
}

void TestOpsCuda::halfTypesComeBack() {
    MCJ_NEEDS_GPU();
    const auto a = randomMap({1, 16, 9, 11}, at::kFloat, 1);
    const auto b = randomMap({1, 16, 9, 11}, at::kFloat, 2);
    const auto expected = mcj::costVolume(a, b);
    for (const auto type : {at::kHalf, at::kBFloat16}) {
        const auto got = mcj::costVolume(onGpu(a).to(type), onGpu(b).to(type));
        QCOMPARE(got.scalar_type(), type);
        QVERIFY(largestDifference(got.to(at::kFloat), expected) < 0.05);
        const auto still = onGpu(at::zeros({1, 2, 9, 11})).to(type);
        const auto warped = mcj::warp(onGpu(a).to(type), still);
        QVERIFY(at::equal(warped, onGpu(a).to(type)));
    }
}

void TestOpsCuda::workGoesToTheCurrentStream() {
    MCJ_NEEDS_GPU();
    const auto a = onGpu(randomMap({1, 32, 64, 64}, at::kFloat, 1));
    const auto expected = mcj::costVolume(a + 1, a);
    const c10::impl::VirtualGuardImpl guard(c10::kCUDA);
    const auto mine = guard.getNewStream(a.device());
    guard.synchronizeDevice(a.device().index());
    const auto before = guard.exchangeStream(mine);
    // Work before and after on the same stream: ours has to fall in between.
    const auto got = mcj::costVolume(a + 1, a) + 0;
    guard.exchangeStream(before);
    guard.synchronizeStream(mine);
    QVERIFY(at::equal(got, expected));
}

void TestOpsCuda::mixedDevicesAreRefused() {
    MCJ_NEEDS_GPU();
    const auto image = onGpu(randomMap({1, 3, 5, 6}, at::kFloat, 1));
    QVERIFY_EXCEPTION_THROWN((void)mcj::warp(image, at::zeros({1, 2, 5, 6})), mcj::Error);
}

QTEST_GUILESS_MAIN(TestOpsCuda)
#include "test_ops_cuda.moc"
