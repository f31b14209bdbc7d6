#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "media/base/frame.h"
#include "media/base/progress.h"
#include "media/io/manifest.h"
#include "segmentation/mask_set_export.h"
#include "segmentation/mask_track.h"
#include "segmentation/object_table.h"

namespace mcj {

struct MaskExportRequest {
    std::filesystem::path folder;  ///< will hold the masks and manifest.json; its parent must exist
    FrameIndex begin = 0;          ///< half-open
    FrameIndex end = 0;
    SizePx size;  ///< of the video's frames
    ExistingFolder existing = ExistingFolder::Refuse;
    /// The caller sets program, video, model and methods. The export adds the frames, the objects,
    /// the origin of the masks (mask_manifest.h) and the files.
    Manifest manifest;
    std::string format = "davis";  ///< an id of `maskFormats`
    ObjectTable objects;           ///< their names
    MaskLoss loss = MaskLoss::Refuse;
};

/// Writes the masks of the range in the format, as `exportMaskSet`, which also lists the errors.
/// Formats without gaps have an empty mask for a frame without one.
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

/// `rgb` (H x W x 3) with an alpha channel, H x W x 4: 255 on the pixels of `object`, or of every
/// object where none is named; 0 on others and on void. Colours stay as they are also where alpha
/// is 0. Throws `Error{Input}` where the sizes differ.
[[nodiscard]] Raster<std::uint8_t> withAlpha(const Raster<std::uint8_t>& rgb, const Mask& mask,
                                             std::optional<ObjectId> object);

}  // namespace mcj
