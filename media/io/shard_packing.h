#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "media/base/progress.h"

namespace mcj {

struct PackOptions {
    int maxSidePx = 640;  ///< pictures are made smaller, never larger
    int jpegQuality = 92;
    /// Folders of evaluation data. Entries that look like one of their pictures are left out.
    std::vector<std::filesystem::path> avoid;
    /// Differing bits of the 64-bit perceptual hash up to which two pictures count as the same.
    int avoidDistance = 4;
    /// Indices in label maps that are not a class (PASCAL VOC's 255, CamVid's 11).
    std::vector<int> voidLabels{255};
};

/// What was packed into a shard and what was left out.
struct PackReport {
    std::int64_t sources = 0;  ///< files, or runs of frames, packed at least in part
    std::int64_t entries = 0;  ///< label maps among them
    std::int64_t clips = 0;    ///< shots; of videos and frames
    std::int64_t labelMaps = 0;
    std::int64_t avoidedCount = 0;      ///< entries refused because they look like evaluation data
    std::uint64_t bytes = 0;            ///< of the shard
    std::vector<std::string> warnings;  ///< one line each; names the file and what was done
};

/// Packs every jpg, jpeg, png, webp and ppm under `folder` (recursively, natural order of names)
/// into a shard at `output`. A picture's group is its sub-folder, or its name up to the trailing
/// number: "cats_0012.jpg" belongs to "cats". Unreadable files are left out with a warning. Throws
/// `Error{Input}` where nothing can be packed or written, `Error{Interrupted}` when stopped.
PackReport packImages(const std::filesystem::path& folder, const std::filesystem::path& output,
                      const PackOptions& options, const Progress& progress);

/// Packs the pictures under `folder` that have a label map: a palette or grey PNG at the same path
/// below `labels`, except for the extension, as in PASCAL VOC and CamVid. Labels are made smaller
/// with their picture. Pictures without labels are left out and counted in a warning. Any other
/// problem of a picture or its labels (unreadable, of different sizes, an index that is not a
/// class) is thrown, because results on an incomplete evaluation set cannot be compared. Errors as
/// `packImages`.
PackReport packLabelledImages(const std::filesystem::path& folder,
                              const std::filesystem::path& labels,
                              const std::filesystem::path& output, const PackOptions& options,
                              const Progress& progress);

/// Packs every frame of every video file under `folder`. A hard cut starts a new clip, so that
/// neighbouring frames of a clip always show the same shot. Errors as `packImages`.
PackReport packVideos(const std::filesystem::path& folder, const std::filesystem::path& output,
                      const PackOptions& options, const Progress& progress);

/// Packs the pictures under `folder` as frames, the form in which flow and video sets are
/// published: a run of numbers is a clip (frame_runs.h), and shots end as in `packVideos`, except
/// that a run of two pictures is a pair however much they differ. Pictures without a run are left
/// out and counted in a warning. Errors as `packImages`.
PackReport packFrames(const std::filesystem::path& folder, const std::filesystem::path& output,
                      const PackOptions& options, const Progress& progress);

}  // namespace mcj
