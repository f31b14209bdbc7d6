#pragma once

#include <string>
#include <vector>

#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/line_options.h"
#include "inference/analysis/analysis_export.h"
#include "media/base/frame.h"

namespace mcj {

struct GlobalOptions;

/// The command line of `analyze` as it was typed.
struct AnalyzeLine {
    std::vector<std::string> videos;
    std::string list;  ///< --list, a file with one path per line; empty: not given
    std::string folder;
    std::vector<std::string> maps{"flow"};
    std::vector<std::string> formats{"png", "flo"};
    std::string range;
    std::string scale = "clip";
    FlowChoice flow;
    std::string wheel = "middlebury";
    std::string overlay;
    std::string overlayStyle = "colors";
    LineOptions lines;
    std::string truth;
    std::string flowFrom;
    FrameIndex gap = 0;
    int level = 3;
    OcclusionRule rule;

    /// Whether each clip gets a folder of its own below --output.
    [[nodiscard]] bool isBatch() const noexcept { return videos.size() > 1 || !list.empty(); }
};

/// What the command line names for one clip. Empty: not given.
struct ClipFiles {
    std::string video;
    std::string folder;
    std::string overlay;
    std::string truth;
    std::string flowFrom;
};

/// Throws `Error{Usage}` where a VIDEO that does not exist is the name of a map or a format: the
/// names after --maps and --format were separated by blanks.
void checkClipNames(const AnalyzeLine& line);

/// Those of a line with one clip.
[[nodiscard]] ClipFiles filesOfOneClip(const AnalyzeLine& line);

/// The options that all clips share, checked, without the files of a clip. Throws `Error{Usage}`.
[[nodiscard]] AnalysisRequest commonRequest(const AnalyzeLine& line, const GlobalOptions& options);

/// The request for one clip; opens its files of flow. Throws `Error{Input}` where they cannot be
/// used.
[[nodiscard]] AnalysisRequest requestOf(const AnalyzeLine& line, const ClipFiles& clip,
                                        const GlobalOptions& options);

}  // namespace mcj
