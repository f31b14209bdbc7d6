#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/io/frame_source.h"
#include "media/io/natural_order.h"

namespace mcj {

/// Whether the name has the extension of a still picture (".png", ".JPG", ...).
[[nodiscard]] bool hasImageExtension(const std::filesystem::path& path);

/// The last run of digits in a file name and the text around it: 7 and "frame_#" of
/// "frame_0007.png".
struct NumberedName {
    std::string around;
    std::int64_t number = 0;
};
/// None where the name without its extension has no digits, or more than fit a number.
[[nodiscard]] std::optional<NumberedName> numberedName(const std::filesystem::path& file);

/// Warnings about the numbers in the names of `files` (in natural order): gaps, numbers that occur
/// twice. Names that all step by the same amount (0, 5, 10 ...) have no gaps.
[[nodiscard]] std::vector<std::string> numberingWarnings(
    const std::vector<std::filesystem::path>& files);

/// The pictures of `folder`, or those that the glob names, in natural order.
/// Throws `Error{Input}` if there are no pictures.
[[nodiscard]] std::vector<std::filesystem::path> listImages(const std::string& folderOrGlob);

/// Pictures as frames, one per file; all must have the size of the first. A single file with
/// several pictures (TIFF pages, animated WebP) gives those. `path`: as it was given. Only
/// animations have timestamps. Frames that have another size, or cannot be read, throw
/// `Error{Input}` in `read`; `scan` finds them, for which it reads the files completely.
[[nodiscard]] std::unique_ptr<FrameSource> openImageSequence(
    const std::string& path, std::vector<std::filesystem::path> files,
    const SourceOptions& options);

}  // namespace mcj
