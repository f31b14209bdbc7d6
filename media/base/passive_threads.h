#pragma once

#include <cstdlib>

/// For the file with a program's `main`, which includes this once and does no more about it.
///
/// OpenMP's idle threads spin unless OMP_WAIT_POLICY=PASSIVE stands in the environment when its
/// library initialises, which is before `main` and before this program's own constructors where
/// FFmpeg or OpenCV brings it in; on shared cores that doubles the time of everything the network
/// does. What an executable lists in .preinit_array runs before any library initialises. A policy
/// that the user has set is kept.
namespace mcj::detail {

__attribute__((no_sanitize("address"))) inline void waitPassively() {
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
}

}  // namespace mcj::detail

__attribute__((section(".preinit_array"), used)) static void (*const kWaitPassivelyFirst)() =
    &mcj::detail::waitPassively;
