#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inference/analysis/analysis_export.h"

namespace mcj {

class CommandContext;

/// The pixels and every column of the errors; null where there are no such pixels.
[[nodiscard]] nlohmann::json accuracyJson(const FlowAccuracy& accuracy);

/// The "result" of one pair.
[[nodiscard]] nlohmann::json pairJson(const PairReport& pair);

/// The "summary" of one clip, and its text. `secs`: how long it took.
void tellReport(CommandContext& context, const AnalysisRequest& request,
                const AnalysisReport& report, double secs);

}  // namespace mcj
