#pragma once

#include <string>
#include <vector>

#include "media/io/manifest.h"
#include "segmentation/mask_track.h"

namespace mcj {

/// Ascending frames as manifests name them: "0,3:10,12", where 3:10 is half-open. Empty for none.
[[nodiscard]] std::string frameListText(const std::vector<FrameIndex>& frames);

/// Puts among the options of `manifest` which masks an export of begin..end (half-open) writes:
/// "range" in the command line's words, "objects" by id, and the frames by where their masks come
/// from, "painted", "propagated", "imported" and "without-mask", each only where it occurs.
void describeMasks(const MaskTrack& track, FrameIndex begin, FrameIndex end, Manifest& manifest);

}  // namespace mcj
