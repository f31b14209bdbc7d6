#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "media/base/error.h"
#include "media/base/progress.h"
#include "media/base/stop_token.h"

namespace mcj {

class InferenceEngine;

/// What standard output carries: text for people, or one JSON object a line for programs.
enum class OutputStyle { Text, JsonLines };

/// How much goes to standard error: -q, nothing, -v.
enum class Verbosity { Quiet, Normal, Verbose };

/// What becomes of files that are already there.
enum class ExistingOutput { Keep, Overwrite };

/// Whether a command does its work or only says what it would take.
enum class RunMode { Work, DryRun };

/// Options that every command understands, before or behind the command's name.
struct GlobalOptions {
    std::filesystem::path model;  ///< --model; empty: the shipped one
    std::string device = "auto";  ///< --device auto|cpu|cuda[:N]
    int maxSidePx = 0;            ///< --max-side; 0: never resize
    std::int64_t seed = 0;        ///< --seed, of clicks that are drawn at random
    int threads = 0;              ///< --threads; 0: as many as there are cores
    OutputStyle output = OutputStyle::Text;
    Verbosity verbosity = Verbosity::Normal;
    ExistingOutput existing = ExistingOutput::Keep;
    RunMode mode = RunMode::Work;
};

inline constexpr const char* kGoOnHint = "Run the same command again to go on.";

/// What a command gets from the program around it: the common options, the two output channels,
/// the stop flag of SIGINT and SIGTERM, and the engine on demand. Lives as long as `main`.
///
/// A command registers itself with `void addXCommand(CLI::App&, CommandContext&)`: it declares its
/// options on a subcommand and, in that subcommand's callback, hands its work to `setAction`. The
/// work runs after the whole line is parsed; an `Error` it throws becomes the message on standard
/// error and the exit code. One thread.
class CommandContext {
public:
    CommandContext();
    ~CommandContext();
    CommandContext(const CommandContext&) = delete;
    CommandContext& operator=(const CommandContext&) = delete;

    GlobalOptions options;

    void setAction(std::function<void()> action) { action_ = std::move(action); }
    /// Runs what `setAction` was given; returns the exit code and prints whatever was thrown.
    [[nodiscard]] int runAction();

    [[nodiscard]] bool json() const noexcept { return options.output == OutputStyle::JsonLines; }
    [[nodiscard]] bool dryRun() const noexcept { return options.mode == RunMode::DryRun; }
    [[nodiscard]] bool overwrite() const noexcept {
        return options.existing == ExistingOutput::Overwrite;
    }

    /// Standard output for people; a sink in JSON mode, so that text never mixes with objects.
    [[nodiscard]] std::ostream& text();
    /// One JSON line {"event": event, ...fields}; nothing in text mode.
    /// Events: "progress", "result" and, last, "summary"; "error" where the run fails.
    void emit(const std::string& event, const nlohmann::json& fields);

    /// Log lines on standard error. `info` is silent under -q, `debug` needs -v.
    void debug(const std::string& message);
    void info(const std::string& message);
    void warn(const std::string& message);

    /// True once the user asked to stop (SIGINT, SIGTERM): finish the frame at hand and end.
    [[nodiscard]] bool stopRequested() const noexcept;
    /// The same for work that looks at a token: hashing, reading, exports.
    [[nodiscard]] StopToken stopToken() const;
    /// Throws `Error{Interrupted}` if a stop was asked for. `hint`: how to go on; `kGoOnHint` only
    /// where the same command keeps what it finished.
    void throwIfStopped(const std::string& hint = {}) const;

    /// A progress callback for work that is called `what`: a line with the time left on a terminal,
    /// "progress" events with --json (at most five a second), and false once a stop is asked for.
    [[nodiscard]] Progress progress(const std::string& what);
    /// Ends the progress line on the terminal, before anything else is printed.
    void endProgress();

    /// The engine with the common options; opens LibTorch on the first call and only then.
    [[nodiscard]] InferenceEngine& engine();

private:
    struct ProgressState;

    std::function<void()> action_;
    std::unique_ptr<InferenceEngine> engine_;
    std::shared_ptr<ProgressState> progress_;
    std::unique_ptr<std::ostream> silent_;
};

/// Turns SIGINT and SIGTERM into the stop flag; a second signal ends the process at once.
void installStopSignals();

}  // namespace mcj
