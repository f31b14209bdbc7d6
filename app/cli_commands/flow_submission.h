#pragma once

#include <filesystem>
#include <string>

#include "inference/engine/flow_pairs.h"
#include "inference/engine/flow_provider.h"

namespace mcj {

class CommandContext;

/// Flow of a benchmark's test half, as its server takes it.
struct FlowSubmission {
    std::filesystem::path root;
    PairLayout layout = PairLayout::Sintel;  ///< or Kitti
    std::string method = kModelFlow;         ///< a flow provider
    std::filesystem::path folder;
};

/// Writes one file a pair (see `findTestPairs` for their names) and a manifest.json, goes on where
/// an earlier run of the same settings stopped, and tells one "result" a pair and a "summary".
/// Throws `Error{Input}` where the test half is not there, `Error{Usage}` where the folder holds
/// something else.
void writeFlowSubmission(CommandContext& context, const FlowSubmission& submission);

}  // namespace mcj
