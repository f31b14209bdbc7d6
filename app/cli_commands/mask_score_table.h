#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/cli_commands/bootstrap_interval.h"
#include "inference/engine/inference_engine.h"
#include "segmentation/mask_metrics.h"

namespace mcj {

class CommandContext;

/// A method's J and F as means over sequences, each the mean over its objects. Shares, not percent.
struct SequenceAverage {
    std::size_t sequences = 0;
    double j = 0.0;
    double f = 0.0;
    double jf = 0.0;
    std::optional<Interval> jfInterval;  ///< 95 %, over sequences (`bootstrapMean`)
    /// J&F minus that of another method on the same sequences, and the paired interval.
    std::optional<double> difference;
    std::optional<Interval> differenceInterval;
};

/// `scores` and, if not empty, `against` are by name of the sequence. The difference is over the
/// sequences that both have.
[[nodiscard]] SequenceAverage averageOverSequences(
    const std::map<std::string, SequenceMean>& scores,
    const std::map<std::string, SequenceMean>& against);

/// J and F of several sequences by several methods: reports each one and summarises at the end.
class MaskScoreTable {
public:
    explicit MaskScoreTable(CommandContext& context) : context_(context) {}

    /// The settings of the method's label propagation, reported with its scores.
    void describe(const std::string& method, const LabelPropagationOptions& protocol);
    /// Emits one "result" per object.
    void add(const std::string& method, const std::string& sequence, const SequenceScore& score);
    [[nodiscard]] bool empty() const noexcept { return methods_.empty(); }
    /// Prints the table and emits one "summary" per method.
    void finish() const;

private:
    struct Row {
        std::string sequence;
        SequenceScore score;
    };
    void printMethod(const std::string& method) const;
    void emitSummary(const std::string& method) const;
    [[nodiscard]] std::map<std::string, SequenceMean> meansOf(const std::string& method) const;
    /// Compared with the first method.
    [[nodiscard]] SequenceAverage averageOf(const std::string& method) const;

    CommandContext& context_;
    std::vector<std::string> methods_;  ///< in order of appearance
    std::map<std::string, std::vector<Row>> rows_;
    std::map<std::string, LabelPropagationOptions> protocols_;
};

/// Throws `Error{Input}` where no sequence of `where` was scored.
void requireScores(const MaskScoreTable& table, const std::string& where);

}  // namespace mcj
