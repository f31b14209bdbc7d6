#pragma once

#include <cstring>

#include <unistd.h>

/// For the file with a program's `main`, which includes this once and does no more about it.
///
/// OpenMP's idle threads spin unless OMP_WAIT_POLICY=PASSIVE stands in the environment when its
/// library initialises, which is before `main` and before this program's own constructors where
/// FFmpeg or OpenCV brings it in; on shared cores that multiplies the time of everything the
/// network does. A variable set in the process would come too late for it, so the program starts
/// again with it, from .preinit_array: before any library initialises, and so at the cost of
/// linking alone. A policy that the user has set is kept.
namespace mcj::detail {

__attribute__((no_sanitize("address", "undefined"))) inline void restartWithPassiveThreads(
    int, char** argv, char** environment) {
    static char policy[] = "OMP_WAIT_POLICY=PASSIVE";
    constexpr std::size_t kNameLength = sizeof "OMP_WAIT_POLICY";  // with its "="
    constexpr int kMostVariables = 4096;
    static char* variables[kMostVariables + 2];
    int count = 0;
    for (; environment[count] != nullptr; ++count) {
        if (std::strncmp(environment[count], policy, kNameLength) == 0) return;
        if (count == kMostVariables) return;
        variables[count] = environment[count];
    }
    variables[count] = policy;
    static char program[4096];
    const ssize_t length = ::readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) ::execve(program, argv, variables);
}

}  // namespace mcj::detail

__attribute__((section(".preinit_array"), used)) static void (*const kRestartFirst)(
    int, char**, char**) = &mcj::detail::restartWithPassiveThreads;
