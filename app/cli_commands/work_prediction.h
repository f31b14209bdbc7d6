#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "media/base/frame.h"

namespace mcj {

class CommandContext;

/// The predicted cost of a run, for --dry-run.
struct WorkPrediction {
    std::string unit;  ///< what is counted: "pairs", "frames"
    FrameIndex count = 0;
    FrameIndex clipFrames = 0;          ///< of the whole clip, or of all clips
    std::optional<std::int64_t> clips;  ///< how many; none: the cost is that of one clip
    double secs = 0.0;
    std::uint64_t memoryBytes = 0;
    std::uint64_t diskBytes = 0;
};

/// Prints the prediction, or its "summary"; warns if the disk of `output` has too little space.
void tellPrediction(CommandContext& context, const WorkPrediction& prediction,
                    const std::filesystem::path& output);

}  // namespace mcj
