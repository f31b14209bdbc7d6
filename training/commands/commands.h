#pragma once

#include <atomic>

#include "training/commands/arguments.h"

namespace mcj {

/// Every command of `mcjepa-train` takes its options, does its work and returns the exit code; it
/// throws `mcj::Error` where it cannot.
int fitCommand(Arguments& arguments);
int exportCommand(Arguments& arguments);
int inspectCommand(Arguments& arguments);
int ablateCommand(Arguments& arguments);
int probeCommand(Arguments& arguments);

/// Set by SIGINT, SIGTERM and SIGUSR1 once a command has called this: long work looks at it between
/// steps.
[[nodiscard]] const std::atomic<bool>& stopOnSignals();

}  // namespace mcj
