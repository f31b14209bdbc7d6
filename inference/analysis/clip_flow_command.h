#pragma once

#include <filesystem>

#include "inference/analysis/flow_files.h"
#include "inference/analysis/frame_range.h"
#include "inference/engine/flow_command.h"
#include "media/base/progress.h"
#include "media/io/frame_source.h"

namespace mcj {

/// Where and how much flow of commands per clip is kept.
struct ClipFlowFolder {
    std::filesystem::path folder;
    /// The least recently used clips are deleted beyond it; the one just computed stays.
    std::uint64_t budgetBytes = std::uint64_t{8} << 30;
};

/// The user's: mcjepa/flow_command_clip under the cache folder.
[[nodiscard]] ClipFlowFolder userClipFlowFolder();

/// Flow of the frames of `range`, whose end is known, by a command of `FlowCommandKind::Clip`. The
/// command gets a folder with the frames as PNG files that are named by their number in the clip,
/// 000012.png; a file that it writes holds the flow from the frame with its number to the next one.
/// The files stay in `kept` under the command's id and the content of the frames, so that the
/// command is not run again. `progress` counts the frames that are read. Throws what
/// `runFlowCommand` throws, `Error{Usage}` where the command is one for pairs, the range has a step
/// or `kept` has no folder, `Error{Input}` where a frame cannot be read or the command wrote no
/// flow of the frames' size.
[[nodiscard]] FlowFilesPtr flowOfClip(FrameSource& source, const FrameRange& range,
                                      const FlowCommand& command, const ClipFlowFolder& kept,
                                      const Progress& progress, const StopToken& stop);

}  // namespace mcj
