#pragma once

#include <cstdint>
#include <filesystem>

#include "media/base/frame.h"
#include "media/base/progress.h"
#include "media/io/manifest.h"
#include "segmentation/mask_track.h"

namespace mcj {

/// What to do if the folder already exists.
enum class ExistingFolder { Refuse, Replace };

struct MaskExportRequest {
    std::filesystem::path folder;  ///< will hold 00000.png ... and manifest.json; its parent
                                   ///< must exist
    FrameIndex begin = 0;          ///< half-open
    FrameIndex end = 0;
    SizePx size;  ///< of the video's frames
    ExistingFolder existing = ExistingFolder::Refuse;
    /// The caller sets program, video, model and methods. The export adds the frames, the objects,
    /// the origin of the masks (mask_manifest.h) and the files.
    Manifest manifest;
};

struct MaskExportReport {
    std::int64_t files = 0;
    std::int64_t emptyFrames = 0;  ///< had no mask and were written as background
};

/// Writes the range as DAVIS PNGs, one per frame without gaps, into a temporary folder beside the
/// target, reads every file back, adds manifest.json, and renames the folder, so that the export is
/// complete or absent. Throws `Error{Usage}` where the folder exists and must not be replaced,
/// `Error{Input}` where it cannot be written or a file read back differs from the mask,
/// `Error{Interrupted}` where `progress` asks for a stop.
MaskExportReport exportMasks(const MaskTrack& track, const MaskExportRequest& request,
                             const Progress& progress = {});

struct BlendOptions {
    float opacity = 0.5F;  ///< of the objects' colour, 0..1
    int contourPx = 1;     ///< width of the opaque outline inside each object; 0: none
};

/// `rgb` (H x W x 3) with the objects in DAVIS colours; background is untouched, void is drawn in
/// grey without outline. Throws `Error{Input}` where the sizes differ.
[[nodiscard]] Raster<std::uint8_t> blendMask(const Raster<std::uint8_t>& rgb, const Mask& mask,
                                             const BlendOptions& options = {});

}  // namespace mcj
