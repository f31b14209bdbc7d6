// Times one optimiser step of mc-jepa with the preset `small`, data left out: one JSON line, by the
// name and shape of bench_reference.py.
//   bench_training [--device cpu|cuda] [--threads N] [--repeats N]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/optim/adamw.h>

#include "inference/ops/device.h"
#include "media/base/error.h"
#include "tests/bench/device_wait.h"
#include "training/collective.h"
#include "training/gradients.h"
#include "training/kept_memory.h"
#include "training/objectives.h"
#include "training/optimizer.h"
#include "training/recipe.h"

namespace {

/// Real pairs and pictures of one step; noise costs what pictures cost.
struct Batch {
    mcj::FramePairs pairs;
    mcj::ContentViews views;
};

Batch makeBatch(at::Device device) {
    Batch batch;
    batch.pairs.frame1 = at::rand({2, 3, 192, 256}, device);
    batch.pairs.frame2 = at::rand({2, 3, 192, 256}, device);
    batch.views = {at::rand({8, 3, 128, 128}, device), at::rand({8, 3, 128, 128}, device)};
    return batch;
}

mcj::Recipe makeRecipe() {
    mcj::Recipe recipe;
    recipe.model = mcj::presetConfig("small");
    recipe.flowLoss.vc = {{0.01, 0.04}, {0.01, 0.04}, {0.01, 0.001},
                          {0.01, 0.0},  {0.001, 0.0}, {0.0001, 0.0}};
    return recipe;
}

void step(mcj::McJepa model, torch::optim::AdamW& optimizer, const mcj::Recipe& recipe,
          const Batch& batch) {
    constexpr double kBalance = 0.1;  // the paper's
    mcj::SingleProcess alone;
    optimizer.zero_grad();
    const mcj::FlowStep flowStep{mcj::OcclusionUse::ForwardBackward, 1.0, 0.0,
                                 mcj::SampleRng(1, 2, 3)};
    const auto flow = mcj::flowObjective(model, batch.pairs, recipe.flowLoss, flowStep, alone);
    const auto content = mcj::contentObjective(model, batch.views, recipe.content.loss, alone);
    (flow.total * kBalance + content.total).backward();
    mcj::clipGradients(model, mcj::gradientNorms(model).at(""), recipe.clipNorm);
    optimizer.step();
}

void run(int argc, char** argv) {
    mcj::keepFreedMemory();  // as mcjepa-train does
    int repeats = 4;
    at::Device device = at::kCPU;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--device") device = mcj::chooseDevice(argv[i + 1]);
        if (name == "--threads") at::set_num_threads(std::stoi(argv[i + 1]));
        if (name == "--repeats") repeats = std::max(1, std::stoi(argv[i + 1]));
    }
    at::manual_seed(1);
    const auto recipe = makeRecipe();
    mcj::McJepa model(recipe.model);
    model->to(device);
    const auto optimizer = mcj::makeOptimizer(model, recipe);
    const auto batch = makeBatch(device);
    step(model, *optimizer, recipe, batch);  // warm up
    bench::waitFor(device);
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        step(model, *optimizer, recipe, batch);
        bench::waitFor(device);
        const std::chrono::duration<double, std::milli> spent =
            std::chrono::steady_clock::now() - begin;
        times.push_back(spent.count());
    }
    std::sort(times.begin(), times.end());
    std::printf(
        "{\"name\": \"training_step\", \"device\": \"%s\", \"engine\": \"mcjepa\", "
        "\"threads\": %d, \"shape\": [2, 3, 192, 256, 8, 128], \"repeats\": %d, "
        "\"median_ms\": %.3f, \"p95_ms\": %.3f}\n",
        device.str().c_str(), at::get_num_threads(), repeats, times[times.size() / 2],
        times.back());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc, argv);
    } catch (const mcj::Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
    return 0;
}
