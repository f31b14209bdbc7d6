#pragma once

#include <string>

#include <c10/core/Device.h>

namespace mcj {

/// "auto" (a GPU where there is one that works, else the CPU), "cpu", "cuda" or "cuda:N".
/// Throws `Error{Usage}` for another word, `Error{Device}` where the GPU asked for is not there.
[[nodiscard]] c10::Device chooseDevice(const std::string& name);

}  // namespace mcj
