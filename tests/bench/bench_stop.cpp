// How long the network works on after a stop was asked for, at moments spread over the flow of a
// 1080p pair in full detail and over a step of label propagation.
//   bench_stop [ROUNDS]      one JSON line per kind of work
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "media/base/passive_threads.h"
#include "tests/support/wave_frame.h"

namespace {

using namespace mcj;
using Clock = std::chrono::steady_clock;

constexpr SizePx kSize{1920, 1080};

double millisSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// `work` begins anew in each round, with nothing of the round before in a cache.
void measure(const char* name, int rounds, const std::function<void(const StopToken&)>& work) {
    const auto begin = Clock::now();
    work({});
    const double whole = millisSince(begin);
    std::vector<double> waits;
    for (int round = 0; round < rounds; ++round) {
        const StopSource stop;
        std::atomic<Clock::time_point> asked{};
        std::thread later([&] {
            std::this_thread::sleep_for(
                std::chrono::duration<double, std::milli>(whole * (round + 0.5) / rounds));
            asked = Clock::now();
            stop.requestStop();
        });
        bool stopped = false;
        try {
            work(stop.token());
        } catch (const Error& error) {
            stopped = error.code() == ErrorCode::Interrupted;
        }
        const auto end = Clock::now();
        later.join();
        if (stopped) {
            waits.push_back(std::chrono::duration<double, std::milli>(end - asked.load()).count());
        }
    }
    if (waits.empty()) return;
    std::sort(waits.begin(), waits.end());
    std::printf(
        "{\"name\": \"%s\", \"device\": \"cpu\", \"shape\": [1080, 1920], \"repeats\": %zu, "
        "\"median_ms\": %.1f, \"p95_ms\": %.1f, \"worst_ms\": %.1f, \"whole_ms\": %.0f}\n",
        name, waits.size(), waits[waits.size() / 2],
        waits[static_cast<std::size_t>(0.95 * static_cast<double>(waits.size() - 1))], waits.back(),
        whole);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
    EngineOptions options;
    options.device = "cpu";
    options.featureCacheBytes = 0;
    const auto engine = loadEngine(options);
    const FramePtr first = test::wavesMovedBy(0.0F, kSize, 0);
    const FramePtr second = test::wavesMovedBy(3.0F, kSize, 1);
    measure("stop_flow_full", rounds, [&](const StopToken& stop) {
        (void)engine->flow(first, second, FlowDetail::Full, stop);
    });
    measure("stop_flow_fast", rounds, [&](const StopToken& stop) {
        (void)engine->flow(first, second, FlowDetail::Fast, stop);
    });
    Raster<std::uint8_t> labels(kSize, 1);
    for (int y = 300; y < 700; ++y) std::fill_n(labels.row(y) + 400, 500, std::uint8_t{1});
    const auto propagation = engine->startPropagation({});
    propagation->condition(first, labels);
    measure("stop_propagation", rounds,
            [&](const StopToken& stop) { (void)propagation->step(second, stop); });
    return 0;
}
