#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace mcj {

class CommandContext;

/// How a finding is to be taken: as it should be, a limit that one can live with, or something
/// without which the main job does not run.
enum class FindingState { Good, Limited, Missing };

/// One thing that `doctor` looked at.
struct Finding {
    std::string name;  ///< "cpu", "gpu", "model", ...
    FindingState state = FindingState::Good;
    std::string text;    ///< what was found, one line
    std::string advice;  ///< what to do; empty where nothing needs doing
    nlohmann::json details = nlohmann::json::object();
};

[[nodiscard]] std::vector<Finding> lookAtMachine();  ///< system, CPU, memory, GPU, display
[[nodiscard]] std::vector<Finding> lookAtCodecs();   ///< FFmpeg's decoders and encoders
[[nodiscard]] std::vector<Finding> lookAtFolders();  ///< where files are written
/// Model and network library; opens both.
[[nodiscard]] std::vector<Finding> lookAtNetwork(CommandContext& context);

}  // namespace mcj
