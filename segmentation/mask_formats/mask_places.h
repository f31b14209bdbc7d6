#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

/// A picture of a folder of masks.
struct MaskPicture {
    FrameIndex frame = 0;
    int object = 0;              ///< the id of the only object in it; 0: labels of all objects
    std::filesystem::path file;  ///< relative to `MaskPlaces::folder`
    friend bool operator==(const MaskPicture&, const MaskPicture&) = default;
};

/// What the pictures of a layout show.
enum class MaskPictureKind {
    Labels,   ///< a picture per frame, with a label per pixel
    Objects,  ///< a folder per object and in it a picture per frame, not 0 inside the object
};

/// Where the masks of another program lie.
struct MaskPlaces {
    MaskPictureKind kind = MaskPictureKind::Labels;
    std::filesystem::path folder;       ///< holds all pictures; links are resolved
    std::vector<MaskPicture> pictures;  ///< by frame, then by object; at least one
    /// Reads the pictures of any folder that is named like `folder`, which is its path.
    MaskReadRequest reading;
    /// `Objects`: the number of an object's folder is its id minus this.
    int idsBefore = 0;
    /// Why no object can be added, as a sentence; empty if objects can be added.
    std::string closed;
};

/// The masks of `places`, read from its pictures in `folder`.
[[nodiscard]] MaskSet readPlacedMasks(const MaskPlaces& places,
                                      const std::filesystem::path& folder);

}  // namespace mcj
