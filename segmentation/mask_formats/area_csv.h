#pragma once

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

/// areas.csv: a line per object and frame with a mask, with its area and bounding box in pixels
/// (x1 and y1 are the last pixels' right and bottom neighbours), 0 and empty where the object is
/// absent. Times are in seconds, empty where unknown.
[[nodiscard]] std::vector<std::string> writeAreaTable(const MaskSet& set,
                                                      const std::filesystem::path& folder,
                                                      const Progress& progress);

}  // namespace mcj
