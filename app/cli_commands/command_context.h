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

/// The form of standard output: text for people, or one JSON object per line for programs.
enum class OutputStyle { Text, JsonLines };

/// How much is written to standard error: -q, default, -v.
enum class Verbosity { Quiet, Normal, Verbose };

/// What to do with existing output files.
enum class ExistingOutput { Keep, Overwrite };

/// Whether a command does its work or only predicts its cost.
enum class RunMode { Work, DryRun };

/// Options of every command, before or after the command's name.
struct GlobalOptions {
    std::filesystem::path model;     ///< --model; empty: the shipped one
    std::string device = "auto";     ///< --device auto|cpu|cuda[:N]
    std::string precision = "auto";  ///< --precision, see EngineOptions
    int maxSidePx = 0;               ///< --max-side; 0: never resize
    std::int64_t seed = 0;           ///< --seed, for clicks that are drawn at random
    int threads = 0;                 ///< --threads; 0: one per core
    OutputStyle output = OutputStyle::Text;
    Verbosity verbosity = Verbosity::Normal;
    ExistingOutput existing = ExistingOutput::Keep;
    RunMode mode = RunMode::Work;
};

inline constexpr const char* kGoOnHint = "Run the same command again to resume.";

/// The environment of a command: the common options, the two output channels, the stop flag of
/// SIGINT and SIGTERM, and the engine on demand. Lives as long as `main`.
///
/// A command registers itself with `void addXCommand(CLI::App&, CommandContext&)`: it declares its
/// options on a subcommand and, in that subcommand's callback, passes its work to `setAction`. The
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
    /// Runs the action; prints any exception and returns the exit code.
    [[nodiscard]] int runAction();

    [[nodiscard]] bool json() const noexcept { return options.output == OutputStyle::JsonLines; }
    [[nodiscard]] bool dryRun() const noexcept { return options.mode == RunMode::DryRun; }
    [[nodiscard]] bool overwrite() const noexcept {
        return options.existing == ExistingOutput::Overwrite;
    }

    /// Standard output for people; discarded in JSON mode, so that text never mixes with objects.
    [[nodiscard]] std::ostream& text();
    /// Writes one JSON line {"event": event, ...fields}; does nothing in text mode.
    /// Events: "progress", "result", "clip" after each clip of several and, last, "summary";
    /// "error" if the run fails.
    void emit(const std::string& event, const nlohmann::json& fields);

    /// Log lines on standard error. `info` is silent under -q, `debug` needs -v.
    void debug(const std::string& message);
    void info(const std::string& message);
    void warn(const std::string& message);

    /// True once the user asked to stop (SIGINT, SIGTERM): finish the current frame and return.
    [[nodiscard]] bool stopRequested() const noexcept;
    /// The same for work that looks at a token: hashing, reading, exports.
    [[nodiscard]] StopToken stopToken() const;
    /// Throws `Error{Interrupted}` if a stop was asked for. `hint`: how to continue; use
    /// `kGoOnHint` only for commands that keep finished files.
    void throwIfStopped(const std::string& hint = {}) const;

    /// A progress callback for the work `what`: shows a line with the remaining time on a terminal,
    /// emits "progress" events with --json (at most five per second), and returns false once a stop
    /// is asked for.
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
