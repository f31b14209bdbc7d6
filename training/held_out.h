#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "training/shards.h"

namespace mcj {

/// The part of a run's data to draw from.
enum class DataPart { Training, HeldOut };

/// The data reserved for validation: every tenth picture, counted group by group, and five videos
/// with all their shots, evenly spaced by name. Of two to nine pictures the last is held out, of
/// fewer than 25 videos every fifth. Depends only on the shards. Immutable: any thread.
class HeldOut {
public:
    /// Nothing is held out.
    HeldOut() = default;
    /// From all shards of a run; one that serves as both may be given twice.
    explicit HeldOut(const std::vector<ShardPtr>& shards);

    [[nodiscard]] bool contains(const ShardReader& shard, std::size_t entry) const;
    /// Whether the entry belongs to `part`.
    [[nodiscard]] bool isIn(DataPart part, const ShardReader& shard, std::size_t entry) const {
        return contains(shard, entry) == (part == DataPart::HeldOut);
    }
    /// The entries of `part`, for `PictureDraw`.
    [[nodiscard]] PictureDraw::Choice choice(DataPart part) const {
        return [*this, part](const ShardReader& shard, std::size_t entry) {
            return isIn(part, shard, entry);
        };
    }
    [[nodiscard]] std::size_t pictures() const noexcept { return pictures_.size(); }
    [[nodiscard]] std::size_t videos() const noexcept { return videos_.size(); }

private:
    std::set<std::pair<std::uint32_t, std::size_t>> pictures_;  ///< shard's index CRC, entry
    std::set<std::string> videos_;                              ///< names
};

}  // namespace mcj
