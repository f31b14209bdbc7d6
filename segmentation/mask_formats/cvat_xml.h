#pragma once

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

// CVAT for video 1.1: annotations.xml with a track per object and a mask element per frame. Its run
// lengths go row by row inside the box of the mask and begin with zeros, unlike COCO's. The first
// frame after an object has left has its last mask with outside="1". The label is the object's
// category, or its name if it has none; with a category the name is an attribute "name".
// Polygons and boxes are read as well.
[[nodiscard]] std::vector<std::string> writeCvatSet(const MaskSet& set,
                                                    const std::filesystem::path& folder,
                                                    const Progress& progress);
[[nodiscard]] MaskSet readCvatSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeCvat(const std::filesystem::path& path);

}  // namespace mcj
