#include <array>
#include <filesystem>
#include <utility>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/doctor_findings.h"
#include "app/cli_commands/text_layout.h"
#include "inference/engine/engine_loader.h"
#include "inference/engine/inference_engine.h"
#include "media/io/manifest.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

Finding missing(const std::string& name, const Error& error) {
    Finding finding{name, FindingState::Missing, error.what(), error.hint()};
    return finding;
}

Finding lookAtModelFile(const fs::path& asked, bool& there) {
    try {
        const fs::path model = asked.empty() ? shippedModelPath() : asked;
        const std::string sha = sha256OfFile(model);
        const auto bytes = static_cast<std::uint64_t>(fs::file_size(model));
        there = true;
        Finding finding{"model", FindingState::Good,
                        model.string() + ", " + bytesText(bytes) + ", sha256 " + sha};
        finding.details = {{"path", model.string()}, {"bytes", bytes}, {"sha256", sha}};
        return finding;
    } catch (const Error& error) {
        return missing("model", error);
    }
}

Finding lookAtLibrary(bool& there) {
    try {
        const fs::path library = openNetworkLibrary();
        there = true;
        Finding finding{"libtorch", FindingState::Good, library.string() + " loads"};
        finding.details = {{"path", library.string()}};
        return finding;
    } catch (const Error& error) {
        return missing("libtorch", error);
    }
}

Finding lookAtEngine(CommandContext& context) {
    const Outcome<Finding> outcome = runGuarded([&] {
        InferenceEngine& engine = context.engine();
        const EngineInfo& info = engine.info();
        const SizePx size{854, 480};
        const WorkEstimate full = engine.estimate(size, FlowDetail::Full);
        const WorkEstimate fast = engine.estimate(size, FlowDetail::Fast);
        Finding finding{"network", FindingState::Good,
                        info.modelName + " (" + info.mode + "), " +
                            numberText(static_cast<double>(info.parameters) / 1e6, 2) +
                            " M parameters, on " + info.device + " in " + info.precision +
                            (info.noGpuReason.empty() ? "" : " (" + info.noGpuReason + ")") + "; " +
                            numberText(full.secsPerPair, 2) + " s and " +
                            bytesText(full.peakBytes) + " for a pair at 854x480, " +
                            numberText(fast.secsPerPair, 2) + " s by model-fast"};
        finding.details = {
            {"model", info.modelName},           {"mode", info.mode},
            {"parameters", info.parameters},     {"device", info.device},
            {"precision", info.precision},       {"has_flow", info.hasFlow},
            {"secs_per_pair", full.secsPerPair}, {"secs_per_pair_fast", fast.secsPerPair},
            {"peak_bytes", full.peakBytes},      {"no_gpu_reason", info.noGpuReason}};
        if (!info.noGpuHint.empty()) {
            finding.state = FindingState::Limited;
            finding.advice = info.noGpuHint;
        }
        return finding;
    });
    return outcome.ok() ? outcome.value() : missing("network", outcome.error());
}

}  // namespace

std::vector<Finding> lookAtNetwork(CommandContext& context) {
    bool modelThere = false;
    bool libraryThere = false;
    std::vector<Finding> findings{lookAtModelFile(context.options.model, modelThere),
                                  lookAtLibrary(libraryThere)};
    if (modelThere && libraryThere) findings.push_back(lookAtEngine(context));
    return findings;
}

}  // namespace mcj
