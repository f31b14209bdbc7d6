#pragma once

#include <string>

namespace mcj {

// What both programs accept for the engine, so that a line that one refuses the other refuses too.

/// Smaller pictures have no coarse level left, larger ones no memory.
constexpr int kLeastMaxSidePx = 16;
constexpr int kMostMaxSidePx = 65536;
constexpr int kMostThreads = 1024;

/// What is wrong with the name of a device; empty where nothing is. Whether it is there is the
/// engine's to say.
inline std::string deviceProblem(const std::string& name) {
    if (name == "auto" || name == "cpu" || name == "cuda") return {};
    const bool numbered = name.rfind("cuda:", 0) == 0 && name.size() > 5 &&
                          name.find_first_not_of("0123456789", 5) == std::string::npos;
    return numbered ? "" : "\"" + name + "\" is no device: use auto, cpu, cuda or cuda:N";
}

}  // namespace mcj
