#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/base/raster.h"

namespace mcj {

/// The pictures of one file: the pages of a TIFF, the frames of an animated WebP. One thread at a
/// time. Pages are counted from 0; reduced copies and masks of a TIFF are not pages.
class PictureStack {
public:
    virtual ~PictureStack() = default;

    [[nodiscard]] virtual int count() const = 0;
    /// Upright, from the header; none where the header is invalid.
    [[nodiscard]] virtual std::optional<SizePx> size(int page) = 0;
    /// The damage of a page that its structure shows; empty where it shows none.
    [[nodiscard]] virtual std::string damage(int page) = 0;
    /// Upright 8-bit RGB, H x W x 3. Throws `Error{Input}`. Notes for the user on how its values
    /// were converted to bytes are appended to `notes`.
    [[nodiscard]] virtual Raster<std::uint8_t> read(int page, std::vector<std::string>& notes) = 0;
    [[nodiscard]] virtual bool hasTransparency() = 0;
    /// When a page is shown, in milliseconds; none where the file has no times.
    [[nodiscard]] virtual std::optional<std::int64_t> startMs(int page) const = 0;
};

/// The pages of a TIFF or WebP file. Throws `Error{Input}` for others and for damaged ones, and
/// `Error{Device}` where the codecs cannot be opened.
[[nodiscard]] std::unique_ptr<PictureStack> openPictureStack(const std::filesystem::path& path);

}  // namespace mcj
