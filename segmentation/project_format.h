#pragma once

#include <cstdint>
#include <filesystem>

#include "media/base/error.h"
#include "segmentation/project_file.h"

namespace mcj {

// Internal to project files.

/// "MCJP" in the file's header distinguishes projects from other SQLite databases.
constexpr std::int64_t kProjectApplicationId = 0x4D434A50;
/// The newest format that this program reads: 2 stores each mask once, and a typed log; 3 adds the
/// status and the notes of frames and objects, and the place of the video relative to the project;
/// 4 is a file of format 3 with pixels that lie under other objects, or with an order of the
/// objects.
constexpr std::int64_t kProjectFormat = 4;
/// The format of a file until the first of these is written to it: programs that know nothing of
/// overlaps can use it, and refuse it afterwards.
constexpr std::int64_t kFormatWithoutOverlaps = 3;

/// Reads a project of format 1 (masks by frame, the log as differences of labels, objects as JSON)
/// and writes a copy of the file to `copy`. Throws `Error{Input}` where it is damaged or open
/// elsewhere.
[[nodiscard]] ProjectContent readFormat1(const std::filesystem::path& path,
                                         const std::filesystem::path& copy);

/// Throws `Error{Input}` that names the project and the place unless `mask` has the video's size.
void checkMaskSize(const std::filesystem::path& project, const std::string& place,
                   const PackedMask& mask, SizePx video);

/// The error of a project whose content at `place` ("frame 3") cannot be used.
[[nodiscard]] Error damagedProject(const std::filesystem::path& project, const std::string& place,
                                   const std::string& why);

}  // namespace mcj
