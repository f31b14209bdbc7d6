#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/streamlines.h"
#include "media/base/flow_color.h"
#include "media/base/frame.h"
#include "media/figure/motion_lines.h"

namespace mcj {

class CommandContext;

/// `mcjepa figure flow`: one row per pair of frames, one column per method, truth last if known.
struct FlowFigure {
    /// Folders of pairs (frame1.*, frame2.*, and flow.flo or flow.png where truth is known), or
    /// videos.
    std::vector<std::string> inputs;
    std::string sintel;  ///< or the folder of a benchmark
    std::string kitti;
    std::vector<std::string> only;                     ///< pairs by name, * matches any characters
    std::vector<FrameIndex> frames{0};                 ///< for videos: the pairs (T, T + 1)
    std::vector<std::string> methods{"model", "dis"};  ///< or NAME=FILE: another model
    double flowScalePx = 0.0;                          ///< full saturation; 0: by each row's truth
    FlowWheel wheel = FlowWheel::Middlebury;
    std::optional<ArrowLook> arrows;  ///< flow as arrows over the first frame, not in colours
    /// Or as streamlines over the frames after it, in videos only.
    std::optional<StreamLook> streams;
    int cellWidthPx = 320;
    std::string output;  ///< .svg, .pdf or .png
};

/// One colour scale per row: the 99th percentile of the truth's motion, or without truth the
/// largest of the methods', rounded up to 1-2-5 steps. Emits one "result" per picture of flow and a
/// "summary".
void drawFlowFigure(CommandContext& context, const FlowFigure& request);

}  // namespace mcj
