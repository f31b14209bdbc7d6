#pragma once

#include <string>
#include <vector>

#include "media/io/manifest.h"
#include "segmentation/mask_track.h"

namespace mcj {

/// Ascending frames in the form used in manifests: "0,3:10,12", where 3:10 is half-open. Empty for
/// none.
[[nodiscard]] std::string frameListText(const std::vector<FrameIndex>& frames);

/// Adds to the options of `manifest` which masks an export of begin..end (half-open) writes:
/// "range" in the command line's syntax, "objects" by id, and the frames by the origin of their
/// masks, "painted", "propagated", "imported" and "without-mask", each only if it occurs.
void describeMasks(const MaskTrack& track, FrameIndex begin, FrameIndex end, Manifest& manifest);

}  // namespace mcj
