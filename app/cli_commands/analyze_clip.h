#pragma once

#include <memory>
#include <string>

#include "app/cli_commands/analyze_line.h"
#include "app/cli_commands/work_prediction.h"
#include "inference/analysis/analysis_export.h"
#include "media/io/frame_source.h"

namespace mcj {

class CommandContext;
class InferenceEngine;

/// A scanned clip, with all that its analysis needs.
struct OpenedClip {
    std::string video;
    std::unique_ptr<FrameSource> source;
    AnalysisRequest request;
    InferenceEngine* engine = nullptr;  ///< null: not needed
};

/// Opens and scans `files.video`, runs a flow command for the whole clip, and opens the network if
/// it is needed. Throws `Error{Usage}` if the overlay exists and must not be replaced.
[[nodiscard]] OpenedClip openClip(CommandContext& context, const AnalyzeLine& line,
                                  const ClipFiles& files);

/// Computes one pair outside the output folder and extrapolates.
[[nodiscard]] WorkPrediction predictClip(const OpenedClip& clip);

/// Writes the maps of the clip; reports damage that is found on the way as a warning.
[[nodiscard]] AnalysisReport analyzeClip(CommandContext& context, const AnalyzeLine& line,
                                         const OpenedClip& clip,
                                         const AnalysisCallbacks& callbacks);

}  // namespace mcj
