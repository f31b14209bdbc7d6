#pragma once

#include <cstdint>
#include <filesystem>

#include "media/io/atomic_file.h"
#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

// Soft masks: a folder per object with a picture per frame (object_folders.h) of the object's
// probability at every pixel. Void is 0 for all objects. They are written
// - from probabilities by `mcjepa propagate` (propagation_export.h), for methods that have them;
// - from masks, whose pixels then are 0 or 1. The manifest says so.
// Read as masks, a pixel is inside from a probability of one half on.

enum class SoftFormat {
    Png16,  ///< grey PNG of 16 bits, probability * 65535, rounded
    Exr,    ///< OpenEXR, one channel "Y" of 32-bit floats, 0..1
};

/// "soft-png" or "soft-exr": the id of the mask format, and its folder beside a propagation's
/// masks.
[[nodiscard]] const char* softFormatId(SoftFormat format) noexcept;
/// ".png" or ".exr"
[[nodiscard]] const char* softExtension(SoftFormat format) noexcept;

/// Writes probabilities, H x W x 1, 0..1 (values outside are clamped), atomically.
void writeSoftPicture(const std::filesystem::path& path, SoftFormat format,
                      const Raster<float>& probability, Flush flush = Flush::AtCommit);
/// The probabilities of such a picture, 0..1. Throws `Error{Input}` that names the file.
[[nodiscard]] Raster<float> readSoftPicture(const std::filesystem::path& path, SoftFormat format);

[[nodiscard]] std::vector<std::string> writeSoftPngSet(const MaskSet& set,
                                                       const std::filesystem::path& folder,
                                                       const Progress& progress);
[[nodiscard]] MaskSet readSoftPngSet(const MaskReadRequest& request);
/// Unlike SA-V, the pictures have 16 bits.
[[nodiscard]] bool looksLikeSoftPng(const std::filesystem::path& path);
[[nodiscard]] std::vector<std::string> writeSoftExrSet(const MaskSet& set,
                                                       const std::filesystem::path& folder,
                                                       const Progress& progress);
[[nodiscard]] MaskSet readSoftExrSet(const MaskReadRequest& request);
[[nodiscard]] bool looksLikeSoftExr(const std::filesystem::path& path);

}  // namespace mcj
