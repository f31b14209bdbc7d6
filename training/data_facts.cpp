#include "training/data_facts.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string crcText(std::uint32_t crc) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", crc);
    return text;
}

ordered_json written(const std::vector<ShardFacts>& shards) {
    ordered_json list = ordered_json::array();
    for (const auto& shard : shards) {
        ordered_json one;
        if (!shard.set.empty()) one["set"] = shard.set;
        one["file"] = shard.file;
        one["items"] = shard.items;
        one["index_crc32"] = crcText(shard.indexCrc);
        list.push_back(one);
    }
    return list;
}

std::vector<ShardFacts> read(const json& list) {
    std::vector<ShardFacts> shards;
    for (const auto& one : list) {
        const auto digits = one.at("index_crc32").get<std::string>();
        const auto crc = std::strtoul(digits.c_str(), nullptr, 16);
        shards.push_back({one.value("set", std::string()), one.at("file").get<std::string>(),
                          one.at("items").get<std::int64_t>(), static_cast<std::uint32_t>(crc)});
    }
    return shards;
}

std::string described(const ShardFacts& shard) {
    return (shard.set.empty() ? "" : shard.set + "=") + shard.file + " (" +
           std::to_string(shard.items) + " items, index " + crcText(shard.indexCrc) + ")";
}

void requireSame(const std::vector<ShardFacts>& trained, const std::vector<ShardFacts>& given,
                 const char* option, const std::string& checkpoint) {
    for (std::size_t i = 0; i < std::max(trained.size(), given.size()); ++i) {
        const bool isKnown = i < trained.size();
        const bool isGiven = i < given.size();
        if (isKnown && isGiven && given[i].servesAs(trained[i])) continue;
        throw Error(
            ErrorCode::Usage,
            checkpoint + ": was trained on other data: " + option + " number " +
                std::to_string(i + 1) + " was " + (isKnown ? described(trained[i]) : "absent") +
                " and is now " + (isGiven ? described(given[i]) : "absent"),
            "Give the same shards in the same order as at the start of the run, or choose a "
            "new --run folder.");
    }
}

}  // namespace

std::string toJson(const DataFacts& data) {
    ordered_json text;
    text["pictures"] = written(data.pictures);
    text["clips"] = written(data.clips);
    // File names need not be UTF-8.
    return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

DataFacts parseDataFacts(const std::string& text) {
    try {
        const json data = json::parse(text);
        return {read(data.at("pictures")), read(data.at("clips"))};
    } catch (const json::exception& error) {
        throw Error(ErrorCode::Input, std::string("the record of a run's data: ") + error.what());
    }
}

void requireSameData(const DataFacts& trained, const DataFacts& given,
                     const std::string& checkpoint) {
    requireSame(trained.pictures, given.pictures, "--pictures", checkpoint);
    requireSame(trained.clips, given.clips, "--clips", checkpoint);
}

}  // namespace mcj
