#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

/// The frames that mask files belong to, by frame; `files` in natural order, as `listMaskFiles`
/// returns them. `clip` is the video, image folder or glob as it was given, of `frames` frames.
/// 1. Masks of an image folder or glob are named after its pictures (`FrameNames`).
/// 2. As many masks as frames belong to them in order, whatever number they begin with.
/// 3. The number in a mask's name is the frame's, counted from 0.
/// The first rule that gives every mask a frame of its own is used. Throws `Error{Input}` where
/// none does.
[[nodiscard]] std::vector<FrameMaskFile> matchMasksToClip(
    const std::string& clip, FrameIndex frames, const std::vector<std::filesystem::path>& files);

/// The clip that masks belong to.
struct MaskedClip {
    std::string path;       ///< a video, image folder or glob, as it was given
    FrameIndex frames = 0;  ///< all of them, counted
};

/// How masks of any format at `path` are read for the clip, by the same rules.
[[nodiscard]] MaskReadRequest requestFor(const MaskedClip& clip, const std::filesystem::path& path,
                                         const MaskReading& reading = {});

}  // namespace mcj
