#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mcj {

/// Identifies a shard independently of its folder.
struct ShardFacts {
    std::string set;   ///< its name in a recipe's `flow_sets`; empty for pictures
    std::string file;  ///< without its folder, for messages
    std::int64_t items = 0;
    std::uint32_t indexCrc = 0;  ///< the index holds a checksum of every item's data

    /// Whether both give the same samples.
    [[nodiscard]] bool servesAs(const ShardFacts& other) const {
        return set == other.set && items == other.items && indexCrc == other.indexCrc;
    }
};

/// The shards of a run in the order in which they were given, because samples depend on the order.
struct DataFacts {
    std::vector<ShardFacts> pictures;
    std::vector<ShardFacts> clips;
};

/// {"pictures": [...], "clips": [...]}
[[nodiscard]] std::string toJson(const DataFacts& data);
/// Throws `Error{Input}` for text that was not written by `toJson`.
[[nodiscard]] DataFacts parseDataFacts(const std::string& text);

/// Throws `Error{Usage}` that names `checkpoint` and the first shard that differs, is missing, is
/// new or has moved in the order.
void requireSameData(const DataFacts& trained, const DataFacts& given,
                     const std::string& checkpoint);

}  // namespace mcj
