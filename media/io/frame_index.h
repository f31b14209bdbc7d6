#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/frame_table.h"

namespace mcj {

/// The result of a scan of a whole video, as it is kept on disk: the index of its exact frames and
/// the facts that are known only after a scan.
struct KeptScan {
    FrameTable table;
    SizePx storedSize;        ///< of the first decoded picture, before rotation
    bool oneThread = false;   ///< the stream is damaged: only one thread decodes it reproducibly
    double averageFps = 0.0;  ///< this and what follows: of `VideoInfo`
    bool variableRate = false;
    double durationSecs = 0.0;
    bool interlaced = false;
    std::optional<std::string> damaged;
    std::vector<std::string> warnings;  ///< those that the scan added
};

/// Scans of videos in a folder, one file per video, named after the video's identity. Only speed
/// depends on it: the folder may be deleted at any time, a file that is damaged or of another
/// version counts as absent, and nothing here throws. Processes may share the folder. Any thread.
class FrameIndexFolder {
public:
    static constexpr std::uint64_t kBudgetBytes = std::uint64_t{512} << 20;

    /// The least recently used files are deleted when the total exceeds `budgetBytes`.
    explicit FrameIndexFolder(std::filesystem::path folder,
                              std::uint64_t budgetBytes = kBudgetBytes)
        : folder_(std::move(folder)), budgetBytes_(budgetBytes) {}

    /// None where no usable file exists for `identity` (`quickIdentityOf`).
    [[nodiscard]] std::optional<KeptScan> load(const std::string& identity) const noexcept;
    void keep(const std::string& identity, const KeptScan& scan) const noexcept;
    void drop(const std::string& identity) const noexcept;

private:
    [[nodiscard]] std::filesystem::path fileOf(const std::string& identity) const;

    std::filesystem::path folder_;
    std::uint64_t budgetBytes_;
};

/// A folder of this name beside a video may have its index, too: that of a bundle
/// (segmentation/project_bundle.h), which the reader takes over to its own folder.
inline constexpr const char* kIndexBesideVideo = "frame-index";

/// The folder of the user's indexes: mcjepa/frame_index under $XDG_CACHE_HOME or ~/.cache. Empty
/// where neither is known.
[[nodiscard]] std::filesystem::path userFrameIndexFolder();

}  // namespace mcj
