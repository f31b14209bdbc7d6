#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/mask_formats/mask_places.h"

namespace mcj {

// Formats with a folder per object and a picture per frame in it, 001/00000.png: SA-V and soft
// masks. They differ in the pictures.

/// The pictures of such a format. A raster is H x W x 1 and not 0 inside the object.
struct ObjectPictures {
    std::string_view extension;  ///< lower case, with the dot
    void (*write)(const std::filesystem::path& path, const Raster<std::uint8_t>& inside);
    Raster<std::uint8_t> (*read)(const std::filesystem::path& path);
};

/// "001/00000.png"
[[nodiscard]] std::string objectFileName(int object, FrameIndex frame, std::string_view extension);

/// Folders directly below `folder` that are not hidden, in natural order.
[[nodiscard]] std::vector<std::filesystem::path> foldersIn(const std::filesystem::path& folder);
/// The files of `folder` with the extension (any case) that are not hidden, in natural order.
[[nodiscard]] std::vector<std::filesystem::path> picturesIn(const std::filesystem::path& folder,
                                                            std::string_view extension);
/// The name of a folder, also where it is given as ".".
[[nodiscard]] std::string folderName(const std::filesystem::path& folder);

/// Every object has a picture for every frame of the set, an empty one where it has no pixels.
[[nodiscard]] std::vector<std::string> writeObjectFolders(const MaskSet& set,
                                                          const std::filesystem::path& folder,
                                                          const ObjectPictures& pictures,
                                                          const Progress& progress);
/// If a folder 0 exists, its object becomes 1 and so on. Throws `Error{Input}` that names a folder
/// whose number is out of range or occurs twice or that has no picture, or a picture of another
/// size.
[[nodiscard]] MaskSet readObjectFolders(const MaskReadRequest& request,
                                        const ObjectPictures& pictures);
/// The pictures of such a format. Throws as `readObjectFolders`; nothing is decoded.
[[nodiscard]] MaskPlaces objectPlaces(const MaskReadRequest& request, std::string_view extension);
/// Whether all folders in `path`, at least one, are named by numbers and have such pictures.
[[nodiscard]] bool looksLikeObjectFolders(const std::filesystem::path& path,
                                          std::string_view extension);

}  // namespace mcj
