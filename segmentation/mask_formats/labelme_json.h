#pragma once

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

// LabelMe: one JSON file per frame, with a shape of type "mask" per object: a PNG of the pixels
// inside the box whose two points are its first and last pixel. The object is the group_id. The
// label is the object's category, or its name if it has none; with a category the name is the
// description. Polygons and rectangles are read as well, several shapes of one object are united,
// and shapes without a group_id are one object per label.
[[nodiscard]] std::vector<std::string> writeLabelmeSet(const MaskSet& set,
                                                       const std::filesystem::path& folder,
                                                       const Progress& progress);
[[nodiscard]] MaskSet readLabelmeSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeLabelme(const std::filesystem::path& path);

}  // namespace mcj
