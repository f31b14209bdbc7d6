#include <csignal>

#include "training/commands/commands.h"

namespace mcj {
namespace {

// A signal handler can only access static variables.
std::atomic<bool> stopRequested{false};
void onSignal(int) { stopRequested.store(true); }

}  // namespace

const std::atomic<bool>& stopOnSignals() {
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    // Batch systems send it before the time limit; mpirun forwards it to every process.
    std::signal(SIGUSR1, onSignal);
    return stopRequested;
}

}  // namespace mcj
