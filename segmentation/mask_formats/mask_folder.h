#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

/// Masks that were given together, read on demand. What their pixels stand for is decided over all
/// of them:
/// - 255 is void where some mask has it beside objects; elsewhere a mask whose only value but 0 is
///   255 means one object and becomes 1.
/// - Grey stored as RGB stands for its grey values, unless some mask has colours of DAVIS's
///   palette: then (128, 128, 128) is object 7, as in that palette.
/// - With a threshold, every picture that is not a label map becomes one object. As soon as there
/// is one,
///   pictures with only a few soft pixels do, too; and where the shape of one lies in its alpha
///   channel, that of all does which have one. Label maps stay as they are.
class MaskFolder {
public:
    /// Looks through every file once. Throws `Error{Input}` for a file that cannot be read and,
    /// without a threshold, for the first one that is not a label map (see `judgeMaskPicture`).
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
