#include <cstdlib>

#include "inference/model/model_config.h"
#include "inference/model/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

namespace mcj::fuzz {
namespace {

/// A file of two small tensors with metadata, written by hand so that the seed needs no disk.
Bytes safetensorsSeed() {
    const std::string header = R"({"__metadata__":{"config":"{}"},)"
                               R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                               R"("b":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}} )";
    Bytes bytes(8, 0);
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(header.size() >> (8 * i));
    }
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), 32, std::uint8_t{7});
    return bytes;
}

Bytes configSeed(const std::string& preset) {
    const std::string text = toJson(presetConfig(preset));
    return {text.begin(), text.end()};
}

}  // namespace

std::vector<FuzzTarget> modelTargets() {
    std::vector<FuzzTarget> targets;
    targets.push_back({"safetensors",
                       {safetensorsSeed()},
                       [](std::span<const std::uint8_t> bytes) {
                           const Bytes copy(bytes.begin(), bytes.end());
                           const auto file = parseSafetensors(copy, "fuzz");
                           for (const auto& entry : file.entries) {
                               if (entry.end > file.data.size()) std::abort();
                           }
                       },
                       {}});
    targets.push_back({"model configuration",
                       {configSeed("small"), configSeed("convnext-t")},
                       [](std::span<const std::uint8_t> bytes) {
                           (void)parseModelConfig(std::string(bytes.begin(), bytes.end()));
                       },
                       {}});
    return targets;
}

}  // namespace mcj::fuzz
