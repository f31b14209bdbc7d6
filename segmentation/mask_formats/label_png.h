#pragma once

#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/mask_formats/mask_places.h"

namespace mcj {

// Formats of indexed PNGs. All are read by the stored index, never by colour.

// DAVIS: 00000.png on, one per frame without gaps.
[[nodiscard]] std::vector<std::string> writeDavisSet(const MaskSet& set,
                                                     const std::filesystem::path& folder,
                                                     const Progress& progress);
[[nodiscard]] MaskSet readDavisSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeDavis(const std::filesystem::path& path);
[[nodiscard]] MaskPlaces davisPlaces(const MaskReadRequest& request);

// The workspace of Cutie and XMem: masks/0000000.png on. Output of `mcjepa propagate` is read in
// the same way.
[[nodiscard]] std::vector<std::string> writeCutieSet(const MaskSet& set,
                                                     const std::filesystem::path& folder,
                                                     const Progress& progress);
[[nodiscard]] MaskSet readCutieSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeCutie(const std::filesystem::path& path);
[[nodiscard]] MaskPlaces cutiePlaces(const MaskReadRequest& request);

// YouTube-VOS: Annotations/VIDEO/00005.png of labelled frames, and meta.json {videos: {VIDEO:
// {objects: {"1": {category, frames}}}}}. The path of one video's folder is read as well.
[[nodiscard]] std::vector<std::string> writeYoutubeVosSet(const MaskSet& set,
                                                          const std::filesystem::path& folder,
                                                          const Progress& progress);
[[nodiscard]] MaskSet readYoutubeVosSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeYoutubeVos(const std::filesystem::path& path);
[[nodiscard]] MaskPlaces youtubeVosPlaces(const MaskReadRequest& request);

// SA-V: a folder per object, 000/00000.png, whose pixels are 0 or 1; objects may overlap. SA-V
// counts objects from 0: if a folder 000 exists, its object becomes 1 and so on.
[[nodiscard]] std::vector<std::string> writeSavSet(const MaskSet& set,
                                                   const std::filesystem::path& folder,
                                                   const Progress& progress);
[[nodiscard]] MaskSet readSavSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeSav(const std::filesystem::path& path);
[[nodiscard]] MaskPlaces savPlaces(const MaskReadRequest& request);

}  // namespace mcj
