#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/cli_commands/bootstrap_interval.h"
#include "inference/analysis/flow_metrics.h"
#include "inference/analysis/flow_pairs.h"
#include "inference/engine/flow_provider.h"

namespace mcj {

struct TimedFlowScore {
    FlowScore score;
    double secs = 0.0;
};

/// One pair with the scores of every method that was run.
struct ScoredPair {
    std::string name;
    std::string pass;  ///< Sintel's, else empty
    std::map<std::string, TimedFlowScore> scores;
};

/// One method over all pairs. Values without pixels, or without a pair that has a ratio, are none;
/// a pair without known truth is left out of all means of errors.
struct FlowAverage {
    std::int64_t pairs = 0;
    std::optional<double> epe;
    std::optional<double> epeNoc;
    std::optional<double> epeOcc;
    std::optional<double> flAll;  ///< percent, as all Fl
    std::optional<double> flNoc;
    std::optional<double> flBackground;
    std::optional<double> flForeground;
    std::optional<double> flNocBackground;
    std::optional<double> flNocForeground;
    std::optional<double> angularDeg;
    double secs = 0.0;
    std::optional<double> ratioZero;           ///< geometric mean of EPE / EPE of zero motion
    std::optional<double> ratioDis;            ///< the same to DIS
    std::optional<Interval> ratioDisInterval;  ///< 95 %, over pairs (`bootstrapMean`)
};

/// Averages as in each layout's own evaluation:
/// - Folders: means of the pairs' means.
/// - Sintel: EPE and Fl over all pixels of all pairs.
/// - Kitti: EPE as the mean of the pairs' means, Fl over all pixels (development kit 2015).
/// Angle and time are means over pairs. Pairs need the scores of `method`, Zero and Dis.
[[nodiscard]] FlowAverage averageFlow(const std::string& method,
                                      const std::vector<ScoredPair>& pairs, PairLayout layout);

}  // namespace mcj
