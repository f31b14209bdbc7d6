#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace mcj {

class CommandContext;

/// The severity of a finding: good, a limitation, or something without which the program does not
/// work.
enum class FindingState { Good, Limited, Missing };

/// The result of one check of `doctor`.
struct Finding {
    std::string name;  ///< "cpu", "gpu", "model", ...
    FindingState state = FindingState::Good;
    std::string text;    ///< what was found, one line
    std::string advice;  ///< what to do; empty if nothing needs to be done
    nlohmann::json details = nlohmann::json::object();
};

[[nodiscard]] std::vector<Finding> lookAtMachine();  ///< system, CPU, memory, GPU, display
[[nodiscard]] std::vector<Finding> lookAtCodecs();   ///< FFmpeg's decoders and encoders
[[nodiscard]] std::vector<Finding> lookAtFolders();  ///< where files are written
/// Model and network library; opens both.
[[nodiscard]] std::vector<Finding> lookAtNetwork(CommandContext& context);

}  // namespace mcj
