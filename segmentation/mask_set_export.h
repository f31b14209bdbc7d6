#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "media/base/progress.h"
#include "media/io/manifest.h"
#include "segmentation/mask_formats/mask_format.h"

namespace mcj {

/// What to do if the folder already exists.
enum class ExistingFolder { Refuse, Replace };

/// Whether masks may be written in a format that cannot hold all of them (`MaskFormatFit::lost`).
enum class MaskLoss { Refuse, Allow };

struct MaskSetExport {
    std::filesystem::path folder;  ///< will hold the files and manifest.json; its parent must exist
    const MaskFormat* format = nullptr;
    ExistingFolder existing = ExistingFolder::Refuse;
    MaskLoss loss = MaskLoss::Refuse;
    /// The caller sets program, video, model and methods. The export adds the format, the frames,
    /// the objects and the files. A manifest without a video gets that of the set.
    Manifest manifest;
};

struct MaskExportReport {
    std::int64_t files = 0;        ///< besides the manifest
    std::int64_t emptyFrames = 0;  ///< had no mask and were written as background
};

/// Writes the set into a temporary folder beside the target, reads it back and compares every
/// frame, adds manifest.json, and renames the folder, so that the export is complete or absent.
/// Throws `Error{Usage}` where the folder exists and must not be replaced, the range is empty or
/// the format cannot hold the masks (before anything is written), `Error{Input}` where the folder
/// cannot be written or what was read back differs, `Error{Interrupted}` where `progress` asks for
/// a stop.
MaskExportReport exportMaskSet(const MaskSet& set, const MaskSetExport& request,
                               const Progress& progress = {});

// Exports that a program writes beside its masks, each to a folder FOLDER/FORMAT.

/// Removes the files that `program` wrote to such folders, of any format. Other files stay, and so
/// do folders that were made otherwise.
void removeFormatFolders(const std::filesystem::path& folder, const std::string& program);
/// Throws `Error{Usage}` where FOLDER/FORMAT is there and has a file that `program` did not write:
/// to replace the folder would delete it.
void requireOwnFormatFolder(const std::filesystem::path& folder, const MaskFormat& format,
                            const std::string& program);

/// Moves the folder `from` to `to`. If `to` exists, the two are exchanged atomically; the old
/// content is then in `from`. Throws `Error{Input}`.
void moveIntoPlace(const std::filesystem::path& from, const std::filesystem::path& to);

/// Throws `Error{Usage}` that names what `format` cannot hold, with `hint`.
void requireFit(const MaskFormatFit& fit, const MaskFormat& format, const std::string& hint);

}  // namespace mcj
