#pragma once

#include <filesystem>
#include <string>

#include "inference/analysis/flow_pairs.h"
#include "inference/engine/flow_provider.h"

namespace mcj {

class CommandContext;

/// Flow of a benchmark's test part in its server's format.
struct FlowSubmission {
    std::filesystem::path root;
    PairLayout layout = PairLayout::Sintel;  ///< or Kitti
    std::string method = kModelFlow;         ///< a flow provider
    std::filesystem::path folder;
};

/// Writes one file per pair (see `findTestPairs` for their names) and a manifest.json, resumes a
/// stopped run with the same settings, and emits one "result" per pair and a "summary". Throws
/// `Error{Input}` where the test part is missing, `Error{Usage}` where the folder contains other
/// files.
void writeFlowSubmission(CommandContext& context, const FlowSubmission& submission);

}  // namespace mcj
