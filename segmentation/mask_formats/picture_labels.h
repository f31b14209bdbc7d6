#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "media/io/png_file.h"
#include "segmentation/mask.h"

namespace mcj {

/// How the pictures of a folder store labels: which values of a pixel stand for a label. Learned
/// from pictures whose labels are known, because a folder may store them as indices, as grey
/// values (255 for the only object), or as colours.
class PictureLabels {
public:
    /// The channels of a pixel; those that the kind does not have are 0.
    using Value = std::array<std::uint8_t, 4>;

    /// `labels`: what `picture` is read as. Of several values of a label the first is kept.
    void learn(const PngImage& picture, const Mask& labels);
    [[nodiscard]] bool knows(PngKind kind, ObjectId label) const;
    /// The value of a label that no picture has is guessed from the others: the index or grey
    /// value that is the label, or its colour in DAVIS's palette.
    [[nodiscard]] Value valueOf(PngKind kind, ObjectId label) const;

private:
    std::map<std::pair<PngKind, ObjectId>, Value> values_;
    bool colored_ = false;  ///< an object is stored in a colour that is not grey
    bool grey_ = false;     ///< an RGB picture stores an object as grey
};

/// `picture`, which is read as `from`, changed so that it is read as `to`. Pixels whose label does
/// not change keep their value; kind, bit depth and palette stay. Throws `Error{Usage}` that begins
/// with `name` where the picture cannot hold a label.
[[nodiscard]] PngImage relabeled(PngImage picture, const Mask& from, const Mask& to,
                                 const PictureLabels& values, const std::string& name);

/// A picture of background with the kind, size, bit depth and palette of `like`.
[[nodiscard]] PngImage blankLike(const PngImage& like, const PictureLabels& values);

}  // namespace mcj
