#pragma once

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

// MOTS (KITTI MOTS, MOTSChallenge): a pixel or line has the number category * 1000 + instance,
// where categories count from 1; 10000 (category 10) is ignored. Line n of labels.txt is the name
// of category n, as in CVAT; at most 9 categories are written; if there are more, all objects get
// one category.

/// An object's id is its instance number.
constexpr int kHighestMotsInstance = 999;

constexpr int kMostMotsCategories = 9;

// PNG: instances/000000.png, 16-bit grey. A folder of such files is read as well.
[[nodiscard]] std::vector<std::string> writeMotsPngSet(const MaskSet& set,
                                                       const std::filesystem::path& folder,
                                                       const Progress& progress);
[[nodiscard]] MaskSet readMotsPngSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeMotsPng(const std::filesystem::path& path);

// Text: lines of "frame number category height width rle", COCO's compressed run lengths. Frames
// without objects have no line: all frames up to the last one that has count as empty masks.
[[nodiscard]] std::vector<std::string> writeMotsTextSet(const MaskSet& set,
                                                        const std::filesystem::path& folder,
                                                        const Progress& progress);
[[nodiscard]] MaskSet readMotsTextSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeMotsText(const std::filesystem::path& path);

}  // namespace mcj
