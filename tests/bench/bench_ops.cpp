// Times the ops and the model: one JSON line a measurement, by the names and shapes of
// bench_reference.py.
//   bench_ops [--device cpu|cuda] [--threads N] [--repeats N] [--model FILE] [--cases DIR]
// --cases DIR (written by bench_reference.py --cases DIR) also prints on how many cells the labels
// of label propagation agree with the dense form.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/checkpoint.h"
#include "inference/model/preprocess.h"
#include "inference/ops/cost_volume.h"
#include "inference/ops/device.h"
#include "inference/ops/label_propagation.h"
#include "media/base/error.h"
#include "tests/bench/device_wait.h"

namespace {

struct Options {
    at::Device device = at::kCPU;
    int threads = 0;
    int repeats = 12;
    std::string model;
    std::string cases;
};

void measure(const char* name, const std::string& shape, const Options& options, int repeats,
             const std::function<void()>& work) {
    work();  // warm up
    bench::waitFor(options.device);
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        bench::waitFor(options.device);
        const std::chrono::duration<double, std::milli> spent =
            std::chrono::steady_clock::now() - begin;
        times.push_back(spent.count());
    }
    std::sort(times.begin(), times.end());
    const auto last = static_cast<double>(times.size() - 1);
    std::printf(
        "{\"name\": \"%s\", \"device\": \"%s\", \"engine\": \"mcjepa\", \"threads\": %d, "
        "\"shape\": %s, \"repeats\": %d, \"median_ms\": %.3f, \"p95_ms\": %.3f}\n",
        name, options.device.str().c_str(), at::get_num_threads(), shape.c_str(), repeats,
        times[times.size() / 2], times[static_cast<std::size_t>(0.95 * last)]);
    std::fflush(stdout);
}

void costVolume(const Options& options) {
    at::manual_seed(1);
    auto first = at::randn({1, 32, 120, 216}, options.device).requires_grad_(true);
    auto second = at::randn({1, 32, 120, 216}, options.device).requires_grad_(true);
    const auto weight = at::randn({1, 81, 120, 216}, options.device);
    measure("cost_volume", "[1, 32, 120, 216]", options, options.repeats, [&] {
        first.mutable_grad().reset();
        second.mutable_grad().reset();
        mcj::costVolume(first, second).backward(weight);
    });
}

void labelPropagation(const Options& options) {
    constexpr int kRadius = 12;
    constexpr int kContexts = 8;
    const at::NoGradGuard noGrad;
    at::Tensor target = at::randn({120, 60, 104});
    at::Tensor contexts = at::randn({kContexts, 120, 60, 104});
    at::Tensor labels = at::softmax(at::randn({kContexts, 4, 60, 104}), 1);
    at::Tensor expected;
    if (!options.cases.empty()) {
        const auto file = mcj::readTensors(options.cases + "/label_propagation.safetensors");
        target = file.tensors.at("target");
        contexts = file.tensors.at("contexts");
        labels = file.tensors.at("labels");
        expected = file.tensors.at("soft");
    }
    // A context frame is prepared once and used by the next frames: only the target counts here.
    std::vector<mcj::PropagationFeatures> prepared;
    std::vector<const mcj::PropagationFeatures*> context;
    std::vector<at::Tensor> votes;
    for (std::int64_t k = 0; k < contexts.size(0); ++k) {
        prepared.push_back(mcj::preparePropagation(contexts[k].to(options.device), kRadius));
        votes.push_back(labels[k].permute({1, 2, 0}).contiguous().to(options.device));
    }
    target = target.to(options.device);
    for (const auto& features : prepared) context.push_back(&features);
    at::Tensor soft;
    measure("label_propagation", "[8, 120, 60, 104]", options, options.repeats, [&] {
        soft = mcj::propagateLabels(mcj::preparePropagation(target, kRadius), context, votes, {});
    });
    if (expected.defined()) {
        const auto same = soft.cpu().argmax(2).eq(expected.argmax(0)).to(at::kDouble).mean();
        std::printf("{\"name\": \"label_agreement\", \"shape\": [60, 104], \"share\": %.6f}\n",
                    same.item<double>());
    }
}

void modelForward(const Options& options) {
    const c10::InferenceMode inference;
    mcj::McJepa model = options.model.empty() ? mcj::McJepa(mcj::presetConfig("small"))
                                              : mcj::loadModel(options.model).model;
    model->to(options.device);
    const auto first = at::rand({1, 3, 480, 854}, options.device);
    const auto second = at::rand({1, 3, 480, 854}, options.device);
    measure("model_forward", "[1, 3, 480, 854]", options, std::max(1, options.repeats / 2), [&] {
        const auto encode = [&](const at::Tensor& image) {
            return model->encode(mcj::padToMultiple(mcj::normalizeImages(image)));
        };
        (void)model->estimateFlow(encode(first), encode(second));
    });
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--device") options.device = mcj::chooseDevice(argv[i + 1]);
        if (name == "--threads") options.threads = std::stoi(argv[i + 1]);
        if (name == "--repeats") options.repeats = std::stoi(argv[i + 1]);
        if (name == "--model") options.model = argv[i + 1];
        if (name == "--cases") options.cases = argv[i + 1];
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = parse(argc, argv);
        if (options.threads > 0) at::set_num_threads(options.threads);
        costVolume(options);
        labelPropagation(options);
        modelForward(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
    return 0;
}
