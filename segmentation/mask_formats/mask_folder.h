#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

/// Masks that were given together, read on demand. The meaning of their pixels is decided from all
/// of them:
/// - 255 is void if some mask has it beside objects; otherwise a mask whose only non-zero value is
///   255 means one object and becomes 1.
/// - Grey stored as RGB stands for its grey values, unless some mask has colours of DAVIS's
///   palette: then (128, 128, 128) is object 7, as in that palette.
/// - With a threshold, every picture that is not a label map becomes one object. If there is any,
///   pictures with only a few soft pixels do, too; and if the shape of one is in its alpha channel,
///   the alpha channel is used for all that have one. Label maps stay as they are.
class MaskFolder {
public:
    /// Examines every file once. Throws `Error{Input}` for a file that cannot be read and, without
    /// a threshold, for the first one that is not a label map (see `judgeMaskPicture`).
    explicit MaskFolder(std::vector<std::filesystem::path> files, MaskReading reading = {});

    [[nodiscard]] const std::vector<std::filesystem::path>& files() const noexcept {
        return files_;
    }
    [[nodiscard]] Mask read(std::size_t index) const;

private:
    enum class Meaning { Labels, Shades };

    std::vector<std::filesystem::path> files_;
    MaskReading reading_;
    std::vector<Meaning> meanings_;  ///< one per file
    GreyAsRgb greyAsRgb_ = GreyAsRgb::Value;
    ShadeSource shadeSource_ = ShadeSource::Colors;
    bool voidBesideObjects_ = false;
};

}  // namespace mcj
