#pragma once

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

// The annotations of SA-V's training set (sam2, sav_dataset/README.md): VIDEO_manual.json or
// VIDEO_auto.json with "masklet", a list over annotated frames of lists over objects of COCO's
// compressed run lengths, and "masklet_id". Every fourth frame of the video is annotated. Read
// only.
[[nodiscard]] MaskSet readSavJsonSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeSavJson(const std::filesystem::path& path);

}  // namespace mcj
