#include "app/cli_commands/command_context.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <deque>
#include <iostream>

#include <unistd.h>

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "app/cli_commands/text_layout.h"
#include "inference/engine/inference_engine.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

// A signal handler can only access globals; this one is used in this file only.
const StopSource stopSource;

extern "C" void rememberStop(int signal) {
    stopSource.requestStop();
    // The second signal has its default effect.
    std::signal(signal, SIG_DFL);
}

/// A stream that discards its output.
class SilentStream : public std::ostream {
public:
    SilentStream() : std::ostream(nullptr) {}
};

constexpr auto kTellEvery = std::chrono::milliseconds(200);
// The remaining time is based on the speed of the last 15 seconds, so that skipped frames of a
// resumed run, or a slow first frame, do not distort it for long.
constexpr auto kSpeedWindow = std::chrono::seconds(15);

}  // namespace

/// The speed and the terminal line of one piece of work.
struct CommandContext::ProgressState {
    struct Sample {
        Clock::time_point time;
        std::int64_t done = 0;
    };
    std::string what;
    std::deque<Sample> samples;
    Clock::time_point lastTold;
    bool lineOpen = false;

    std::optional<double> secsLeft(std::int64_t done, std::int64_t total) {
        const auto now = Clock::now();
        samples.push_back({now, done});
        while (samples.size() > 2 && now - samples.front().time > kSpeedWindow) samples.pop_front();
        const double secs = std::chrono::duration<double>(now - samples.front().time).count();
        const auto advanced = static_cast<double>(done - samples.front().done);
        if (total <= 0 || advanced <= 0.0 || secs <= 0.0) return std::nullopt;
        return secs / advanced * static_cast<double>(std::max<std::int64_t>(0, total - done));
    }
};

CommandContext::CommandContext()
    : progress_(std::make_shared<ProgressState>()), silent_(std::make_unique<SilentStream>()) {}

CommandContext::~CommandContext() = default;

std::ostream& CommandContext::text() { return json() ? *silent_ : std::cout; }

void CommandContext::emit(const std::string& event, const nlohmann::json& fields) {
    if (!json()) return;
    nlohmann::json line = fields;
    line["event"] = event;
    // Paths need not be UTF-8: invalid bytes are replaced, so that the line is still written.
    std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n'
              << std::flush;
}

void CommandContext::debug(const std::string& message) {
    endProgress();
    spdlog::debug("{}", message);
}

void CommandContext::info(const std::string& message) {
    endProgress();
    spdlog::info("{}", message);
}

void CommandContext::warn(const std::string& message) {
    endProgress();
    spdlog::warn("{}", message);
}

bool CommandContext::stopRequested() const noexcept { return stopSource.stopRequested(); }

StopToken CommandContext::stopToken() const { return stopSource.token(); }

void CommandContext::throwIfStopped(const std::string& hint) const {
    if (stopRequested()) {
        throw Error(ErrorCode::Interrupted, "stopped; the finished files are complete", hint);
    }
}

Progress CommandContext::progress(const std::string& what) {
    endProgress();
    progress_ = std::make_shared<ProgressState>();
    progress_->what = what;
    const bool onTerminal =
        !json() && options.verbosity != Verbosity::Quiet && ::isatty(STDERR_FILENO) == 1;
    return [this, state = progress_, onTerminal](std::int64_t done, std::int64_t total) {
        const auto left = state->secsLeft(done, total);
        const bool last = total > 0 && done >= total;
        if (!last && Clock::now() - state->lastTold < kTellEvery) return !stopRequested();
        state->lastTold = Clock::now();
        if (json()) {
            emit("progress", {{"what", state->what},
                              {"done", done},
                              {"total", total},
                              {"eta_secs", left ? nlohmann::json(std::round(*left * 10.0) / 10.0)
                                                : nlohmann::json(nullptr)}});
        } else if (onTerminal) {
            std::cerr << '\r' << state->what << ' ' << done;
            if (total > 0) std::cerr << '/' << total << "  " << done * 100 / total << " %";
            if (left && !last) std::cerr << "  " << durationText(*left) << " left";
            std::cerr << "\x1b[K" << std::flush;
            state->lineOpen = true;
            if (last) endProgress();
        }
        return !stopRequested();
    };
}

void CommandContext::endProgress() {
    if (!progress_->lineOpen) return;
    std::cerr << '\n';
    progress_->lineOpen = false;
}

InferenceEngine& CommandContext::engine() {
    if (!engine_) {
        debug("loading LibTorch and the model");
        EngineOptions wanted;
        wanted.model = options.model;
        wanted.device = options.device;
        wanted.precision = options.precision;
        wanted.threads = options.threads;
        wanted.maxSidePx = options.maxSidePx;
        // Commands process a clip in order: only the features of the current pair are used again.
        wanted.featureCacheBytes = 0;
        engine_ = loadEngine(wanted);
        const EngineInfo& info = engine_->info();
        debug("model " + info.modelPath.string() + " on " + info.device + ", " + info.precision);
    }
    return *engine_;
}

int CommandContext::runAction() {
    const Outcome<int> outcome = runGuarded([&] {
        if (action_) action_();
        return 0;
    });
    endProgress();
    std::cout.flush();
    if (outcome.ok()) {
        if (std::cout.good()) return 0;
        std::cerr << "mcjepa: cannot write to standard output\n";
        return static_cast<int>(ErrorCode::Internal);
    }
    const Error& error = outcome.error();
    const int code = static_cast<int>(error.code());
    emit("error", {{"code", code}, {"message", error.what()}, {"hint", error.hint()}});
    std::cerr << "mcjepa: " << error.what() << '\n';
    if (!error.hint().empty()) std::cerr << "        " << error.hint() << '\n';
    return code;
}

void installStopSignals() {
    std::signal(SIGINT, rememberStop);
    std::signal(SIGTERM, rememberStop);
    // A reader that exits (`mcjepa ... | head`) must not kill a run in the middle of a file.
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace mcj
