#include "app/cli_commands/flow_averages.h"
#include "app/cli_commands/mean_of_known.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mcj {
namespace {

/// Logarithms of EPE(method) / EPE(other), one for each pair that has a ratio.
std::vector<double> logRatios(const std::string& other, const std::string& method,
                              const std::vector<ScoredPair>& pairs) {
    // An error below a millionth of a pixel counts as 0; its logarithm must not dominate the mean.
    constexpr double kSmallestEpe = 1e-6;
    std::vector<double> ratios;
    for (const ScoredPair& pair : pairs) {
        const std::optional<double> reference = pair.scores.at(other).score.epe;
        const std::optional<double> epe = pair.scores.at(method).score.epe;
        if (!reference || !epe || *reference <= kSmallestEpe) continue;
        ratios.push_back(std::log(std::max(*epe, kSmallestEpe) / *reference));
    }
    return ratios;
}

/// Their geometric mean; none if no pair has a ratio.
std::optional<double> geometricMean(const std::vector<double>& logs) {
    if (logs.empty()) return std::nullopt;
    return std::exp(std::accumulate(logs.begin(), logs.end(), 0.0) /
                    static_cast<double>(logs.size()));
}

/// EPE and Fl as means over pairs; replaced by those of the pooled pixels where the layout uses
/// them.
FlowAverage meansOverPairs(const std::string& method, const std::vector<ScoredPair>& pairs) {
    MeanOfKnown epe;
    MeanOfKnown epeNoc;
    MeanOfKnown epeOcc;
    MeanOfKnown fl;
    MeanOfKnown angle;
    FlowAverage average;
    average.pairs = static_cast<std::int64_t>(pairs.size());
    for (const ScoredPair& pair : pairs) {
        const TimedFlowScore& timed = pair.scores.at(method);
        epe.add(timed.score.splits.all.epe());
        epeNoc.add(timed.score.splits.noc.epe());
        epeOcc.add(timed.score.splits.occ.epe());
        fl.add(timed.score.splits.all.flPercent());
        angle.add(timed.score.angularDeg);
        average.secs += timed.secs;
    }
    average.epe = epe.mean();
    average.epeNoc = epeNoc.mean();
    average.epeOcc = epeOcc.mean();
    average.flAll = fl.mean();
    average.angularDeg = angle.mean();
    if (!pairs.empty()) average.secs /= static_cast<double>(pairs.size());
    return average;
}

}  // namespace

FlowAverage averageFlow(const std::string& method, const std::vector<ScoredPair>& pairs,
                        PairLayout layout) {
    FlowAverage average = meansOverPairs(method, pairs);
    average.ratioZero = geometricMean(logRatios(kZeroFlow, method, pairs));
    const std::vector<double> toDis = logRatios(kDisFlow, method, pairs);
    average.ratioDis = geometricMean(toDis);
    if (const auto logs = bootstrapMean(toDis)) {
        average.ratioDisInterval = Interval{std::exp(logs->low), std::exp(logs->high)};
    }
    if (layout == PairLayout::Folders) return average;
    FlowSplits pooled;
    for (const ScoredPair& pair : pairs) pooled += pair.scores.at(method).score.splits;
    average.flAll = pooled.all.flPercent();
    average.flNoc = pooled.noc.flPercent();
    average.flBackground = pooled.background.flPercent();
    average.flForeground = pooled.foreground.flPercent();
    average.flNocBackground = pooled.nocBackground.flPercent();
    average.flNocForeground = pooled.nocForeground.flPercent();
    if (layout == PairLayout::Sintel) {
        average.epe = pooled.all.epe();
        average.epeNoc = pooled.noc.epe();
        average.epeOcc = pooled.occ.epe();
    }
    return average;
}

}  // namespace mcj
