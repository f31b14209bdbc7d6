#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/base/stop_token.h"
#include "media/io/frame_index.h"
#include "media/io/scratch_folder.h"
#include "segmentation/project_file.h"

namespace mcj {

// A bundle is a folder with a project and every file that it needs, to be opened on another machine
// and from any place:
//
//   CLIP.mcjepa    the project; its paths are relative to the folder
//   CLIP           the clip, or a folder with its pictures
//   frame-index/   the exact index of the clip, if one is kept
//   models/        models of views
//   flow/N/        ground truth and other methods' flow from files
//
// Computed maps are not included. Curves and marks are, because they are part of the project.

/// A file to copy.
struct BundleFile {
    std::filesystem::path from;
    std::filesystem::path to;  ///< relative to the bundle
    std::uint64_t bytes = 0;
};

/// What a bundle will contain.
struct BundlePlan {
    ProjectContent content;         ///< with the paths that it has in the bundle
    std::filesystem::path project;  ///< its file, relative to the bundle
    std::filesystem::path video;    ///< relative to the bundle
    std::filesystem::path videoFrom;
    std::vector<BundleFile> files;
    std::optional<KeptScan> index;
    std::uint64_t projectBytes = 0;    ///< about
    std::vector<std::string> missing;  ///< files that the project names and that do not exist

    /// Of the bundle; that of the project and the index are estimated.
    [[nodiscard]] std::uint64_t bytes() const;
};

struct BundleOptions {
    /// Of views that are computed by the usual model, if that is not the one that ships with the
    /// program; empty otherwise.
    std::filesystem::path model;
    std::filesystem::path indexFolder;  ///< where exact indexes are kept; empty: nowhere
};

/// Lists what the project at `project` needs, which need not exist yet: `content` is what counts.
/// Its relative paths are relative to the folder of `project`. Throws `Error{Input}` where the
/// video is missing or unreadable.
[[nodiscard]] BundlePlan planBundle(const ProjectContent& content,
                                    const std::filesystem::path& project,
                                    const BundleOptions& options);

/// Writes a bundle part by part, beside its place; it appears there after the last part, when it
/// was checked. Nothing is left behind if the writer is destroyed before. One thread at a time.
class BundleWriter {
public:
    /// Throws `Error{Usage}` where `folder` exists, `Error{Input}` where its parent does not.
    BundleWriter(BundlePlan plan, std::filesystem::path folder);
    ~BundleWriter();
    BundleWriter(const BundleWriter&) = delete;
    BundleWriter& operator=(const BundleWriter&) = delete;

    /// At least 1.
    [[nodiscard]] std::int64_t totalParts() const noexcept { return copies_ + 1; }
    /// Writes the next part, at most 16 MiB of files or, last, the project; the last part also
    /// opens the bundle and compares it: the project with its content, the first picture of the
    /// clip and the sizes of all files with the originals. Throws `Error{Input}` where a file
    /// cannot be read or written, has another size than planned, or the comparison fails, and
    /// `Error{Interrupted}`.
    void writePart(const StopToken& stop);

private:
    void copySome(const StopToken& stop);
    void openNext();
    void closeFile();
    void writeProject() const;
    void check(const StopToken& stop) const;

    BundlePlan plan_;
    std::filesystem::path folder_;
    std::unique_ptr<ScratchFolder> scratch_;  ///< from the first part on
    std::int64_t copies_ = 0;
    std::int64_t written_ = 0;
    std::size_t file_ = 0;         ///< the next one, or the open one
    std::uint64_t copied_ = 0;     ///< of the open file
    std::uint64_t allCopied_ = 0;  ///< of all files
    std::ifstream in_;
    std::ofstream out_;
    std::vector<char> buffer_;
};

}  // namespace mcj
