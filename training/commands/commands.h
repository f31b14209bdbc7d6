#pragma once

#include <atomic>

#include "training/commands/arguments.h"

namespace mcj {

/// Every command of `mcjepa-train` takes its options, does its work and returns the exit code, or
/// throws `mcj::Error`.
int fitCommand(Arguments& arguments);
int exportCommand(Arguments& arguments);
int inspectCommand(Arguments& arguments);
int ablateCommand(Arguments& arguments);
int probeCommand(Arguments& arguments);

/// A flag that SIGINT, SIGTERM and SIGUSR1 set from the first call on; long work checks it between
/// steps.
[[nodiscard]] const std::atomic<bool>& stopOnSignals();

}  // namespace mcj
