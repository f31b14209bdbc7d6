#pragma once

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

// COCO: annotations.json with one annotation per object and frame, as compressed run lengths
// (column-major). Which object an annotation belongs to is its "track_id" as in TAO, with names in
// "tracks"; files without it are read by category: the n-th annotation of a category in a picture
// is the n-th object of that category. Polygons are read as well.
[[nodiscard]] std::vector<std::string> writeCocoSet(const MaskSet& set,
                                                    const std::filesystem::path& folder,
                                                    const Progress& progress);
[[nodiscard]] MaskSet readCocoSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeCoco(const std::filesystem::path& path);

// YouTube-VIS: annotations.json with one annotation per object, whose "segmentations" list has an
// entry per labelled frame, null where the object is absent.
[[nodiscard]] std::vector<std::string> writeYoutubeVisSet(const MaskSet& set,
                                                          const std::filesystem::path& folder,
                                                          const Progress& progress);
[[nodiscard]] MaskSet readYoutubeVisSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeYoutubeVis(const std::filesystem::path& path);

}  // namespace mcj
