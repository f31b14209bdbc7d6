#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mcj {

/// What a shard is known again by, wherever it lies.
struct ShardFacts {
    std::string set;   ///< the name that a recipe repeats it by; empty for pictures
    std::string file;  ///< without its folder, for people
    std::int64_t items = 0;
    std::uint32_t indexCrc = 0;  ///< the index holds a checksum of every item's data

    /// Whether samples drawn from both are the same.
    [[nodiscard]] bool servesAs(const ShardFacts& other) const {
        return set == other.set && items == other.items && indexCrc == other.indexCrc;
    }
};

/// The shards of a run in the order that they were given in, which samples depend on.
struct DataFacts {
    std::vector<ShardFacts> pictures;
    std::vector<ShardFacts> clips;
};

/// {"pictures": [...], "clips": [...]}
[[nodiscard]] std::string toJson(const DataFacts& data);
/// Throws `Error{Input}` for text that `toJson` did not write.
[[nodiscard]] DataFacts parseDataFacts(const std::string& text);

/// Throws `Error{Usage}` that names `checkpoint` and the first shard which is another one, is gone,
/// is new or has changed its place.
void requireSameData(const DataFacts& trained, const DataFacts& given,
                     const std::string& checkpoint);

}  // namespace mcj
