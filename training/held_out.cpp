#include "training/held_out.h"

#include <algorithm>
#include <map>

namespace mcj {
namespace {

constexpr std::size_t kEveryPicture = 10;
constexpr std::size_t kVideos = 5;
constexpr std::size_t kFewestVideosEach = 5;

}  // namespace

HeldOut::HeldOut(const std::vector<ShardPtr>& shards) {
    std::map<std::string, std::set<std::pair<std::uint32_t, std::size_t>>> groups;
    std::set<std::string> names;
    for (const ShardPtr& shard : shards) {
        for (std::size_t i = 0; i < shard->size(); ++i) {
            const auto kind = shard->entries()[i].kind;
            if (kind == ShardEntryKind::Picture) {
                groups[shard->groupOf(i)].insert({shard->indexCrc(), i});
            }
            if (kind == ShardEntryKind::VideoFrame) names.insert(shard->nameOf(i));
        }
    }
    std::vector<std::pair<std::uint32_t, std::size_t>> all;
    for (const auto& [group, places] : groups) all.insert(all.end(), places.begin(), places.end());
    if (all.size() >= kEveryPicture) {
        for (std::size_t i = kEveryPicture - 1; i < all.size(); i += kEveryPicture) {
            pictures_.insert(all[i]);
        }
    } else if (all.size() >= 2) {
        pictures_.insert(all.back());
    }
    const std::vector<std::string> videos(names.begin(), names.end());
    const std::size_t count = std::min(kVideos, videos.size() / kFewestVideosEach);
    for (std::size_t i = 0; i < count; ++i) {
        videos_.insert(videos[(2 * i + 1) * videos.size() / (2 * count)]);
    }
}

bool HeldOut::contains(const ShardReader& shard, std::size_t entry) const {
    const auto kind = shard.entries().at(entry).kind;
    if (kind == ShardEntryKind::Picture) return pictures_.contains({shard.indexCrc(), entry});
    return kind == ShardEntryKind::VideoFrame && videos_.contains(shard.nameOf(entry));
}

}  // namespace mcj
