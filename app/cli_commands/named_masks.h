#pragma once

#include <string>

#include "app/cli_commands/command_context.h"
#include "media/base/raster.h"
#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/project_state.h"

namespace mcj {

/// Masks that a command line names: a project, or a folder or file in any format.
struct NamedMasks {
    ProjectState state;
    SizePx size;
};

/// `clip`: the video or folder of images that masks in files are matched to; empty: they belong to
/// frames by the number in their name. Throws `Error{Input}` where they cannot be read or have
/// objects above 254, `Error{Interrupted}`.
[[nodiscard]] NamedMasks readNamedMasks(CommandContext& context, const std::string& path,
                                        const std::string& clip, const MaskReading& reading);

/// How masks in files at `path` are read for `clip`, which may be empty. Opens and counts the clip.
[[nodiscard]] MaskReadRequest requestOfLine(CommandContext& context, const std::string& path,
                                            const std::string& clip, const MaskReading& reading);

}  // namespace mcj
