#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/frame_table.h"

namespace mcj {

/// What a scan of a whole video has found, as it is kept on disk: the index of its exact frames and
/// the facts that only the end of a scan settles.
struct KeptScan {
    FrameTable table;
    SizePx storedSize;        ///< of the first decoded picture, before rotation
    bool oneThread = false;   ///< the stream is damaged: only one thread repeats its pictures
    double averageFps = 0.0;  ///< this and what follows: of `VideoInfo`
    bool variableRate = false;
    double durationSecs = 0.0;
    bool interlaced = false;
    std::optional<std::string> damaged;
    std::vector<std::string> warnings;  ///< those that the scan added
};

/// Scans of videos in a folder, one file a video under the video's identity. The folder may be
/// deleted at any time, and a file that is damaged or of another version counts as absent: only
/// speed depends on it, so nothing here throws. Processes may share the folder. Any thread.
class FrameIndexFolder {
public:
    static constexpr std::uint64_t kBudgetBytes = std::uint64_t{512} << 20;

    /// The files used least recently are dropped where all together exceed `budgetBytes`.
    explicit FrameIndexFolder(std::filesystem::path folder,
                              std::uint64_t budgetBytes = kBudgetBytes)
        : folder_(std::move(folder)), budgetBytes_(budgetBytes) {}

    /// None where nothing usable is kept under `identity` (`quickIdentityOf`).
    [[nodiscard]] std::optional<KeptScan> load(const std::string& identity) const noexcept;
    void keep(const std::string& identity, const KeptScan& scan) const noexcept;
    void drop(const std::string& identity) const noexcept;

private:
    [[nodiscard]] std::filesystem::path fileOf(const std::string& identity) const;
    void dropOldest() const;

    std::filesystem::path folder_;
    std::uint64_t budgetBytes_;
};

/// The folder of the user's indexes: mcjepa/frame_index under $XDG_CACHE_HOME or ~/.cache. Empty
/// where neither is known.
[[nodiscard]] std::filesystem::path userFrameIndexFolder();

}  // namespace mcj
