// The time of a pair of frames by each of the model's flow methods: encoding both frames, flow,
// and a map of the frames' size. One JSON line for each.
//   bench_flow [--size WxH] [--threads N] [--repeats N] [--precision auto|float32|bfloat16]
//              [--model FILE]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/passive_threads.h"
#include "tests/support/wave_frame.h"

namespace {

using namespace mcj;

struct Options {
    SizePx size{640, 480};
    int repeats = 10;
    EngineOptions engine;
};

Options parse(int argc, char** argv) {
    Options options;
    options.engine.device = "cpu";
    options.engine.featureCacheBytes = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const char* value = argv[i + 1];
        if (name == "--size") {
            std::sscanf(value, "%dx%d", &options.size.width, &options.size.height);
        } else if (name == "--threads") {
            options.engine.threads = std::atoi(value);
        } else if (name == "--repeats") {
            options.repeats = std::max(1, std::atoi(value));
        } else if (name == "--precision") {
            options.engine.precision = value;
        } else if (name == "--model") {
            options.engine.model = value;
        }
    }
    return options;
}

/// Of all threads.
double processorMs() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const auto engine = loadEngine(options.engine);
    FrameIndex next = 0;
    for (const char* method : {"model", "model-fast", "model-coarse"}) {
        std::vector<double> times;
        double spent = 0.0;
        for (int k = -1; k < options.repeats; ++k) {  // the first warms up
            // New frames each time: nothing comes from a cache.
            const FramePtr first = test::wavesMovedBy(0.0F, options.size, next++);
            const FramePtr second = test::wavesMovedBy(3.0F, options.size, next++);
            const double processor = processorMs();
            const auto begin = std::chrono::steady_clock::now();
            (void)estimateFlow(method, first, second, engine.get(), {});
            const std::chrono::duration<double, std::milli> wall =
                std::chrono::steady_clock::now() - begin;
            if (k < 0) continue;
            times.push_back(wall.count());
            spent += processorMs() - processor;
        }
        std::sort(times.begin(), times.end());
        std::printf(
            "{\"name\": \"pair_%s\", \"device\": \"cpu\", \"engine\": \"mcjepa\", "
            "\"precision\": \"%s\", \"threads\": %d, \"shape\": [%d, %d], "
            "\"repeats\": %d, \"median_ms\": %.1f, \"p95_ms\": %.1f, "
            "\"processor_ms\": %.1f}\n",
            method, engine->info().precision.c_str(), options.engine.threads, options.size.height,
            options.size.width, options.repeats, times[times.size() / 2],
            times[static_cast<std::size_t>(0.95 * static_cast<double>(times.size() - 1))],
            spent / options.repeats);
        std::fflush(stdout);
    }
    return 0;
}
