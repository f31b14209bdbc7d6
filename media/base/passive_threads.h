#pragma once

#include <cstring>

#include <unistd.h>

/// Include this once, in the file with a program's `main`; nothing needs to be called.
///
/// OpenMP's idle threads spin unless OMP_WAIT_POLICY=PASSIVE is in the environment when its library
/// initialises; on shared cores that multiplies the time of everything the network does. The
/// library initialises before `main`, and before this program's constructors where FFmpeg or OpenCV
/// loads it, so setting the variable in the process would be too late. Instead the program restarts
/// itself with it from .preinit_array, before any library initialises, which only costs the
/// linking. A policy that the user has set is kept.
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
