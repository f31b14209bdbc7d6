#include <csignal>

#include "training/commands/commands.h"

namespace mcj {
namespace {

// A signal handler can reach nothing but what is static.
std::atomic<bool> stopRequested{false};
void onSignal(int) { stopRequested.store(true); }

}  // namespace

const std::atomic<bool>& stopOnSignals() {
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    // What batch systems send before the time is up; mpirun hands it on to every process.
    std::signal(SIGUSR1, onSignal);
    return stopRequested;
}

}  // namespace mcj
