#pragma once

#include <string>

namespace mcj {

// The engine options that both programs and the preferences accept, so that they accept the same
// values.

/// Smaller pictures are too small for the coarse levels, larger ones need too much memory.
constexpr int kLeastMaxSidePx = 16;
constexpr int kMostMaxSidePx = 65536;
constexpr int kMostThreads = 1024;

/// What is wrong with the name of a device; empty if it is valid. The engine checks whether the
/// device exists.
inline std::string deviceProblem(const std::string& name) {
    if (name == "auto" || name == "cpu" || name == "cuda") return {};
    const bool numbered = name.rfind("cuda:", 0) == 0 && name.size() > 5 &&
                          name.find_first_not_of("0123456789", 5) == std::string::npos;
    return numbered ? "" : "\"" + name + "\" is not a device: use auto, cpu, cuda or cuda:N";
}

/// "auto", "float32" or "bfloat16": see `EngineOptions`.
inline bool isPrecision(const std::string& name) {
    return name == "auto" || name == "float32" || name == "bfloat16";
}

/// 0 is the full size.
inline bool isMaxSide(int px) { return px == 0 || (px >= kLeastMaxSidePx && px <= kMostMaxSidePx); }

}  // namespace mcj
