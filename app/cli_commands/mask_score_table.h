#pragma once

#include <map>
#include <string>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "segmentation/mask_metrics.h"

namespace mcj {

class CommandContext;

/// J and F of several sequences by several methods: told as they come, summed up at the end.
class MaskScoreTable {
public:
    explicit MaskScoreTable(CommandContext& context) : context_(context) {}

    /// Settings that the method's labels were carried with; told with its figures.
    void describe(const std::string& method, const LabelPropagationOptions& protocol);
    /// Emits one "result" an object.
    void add(const std::string& method, const std::string& sequence, const SequenceScore& score);
    [[nodiscard]] bool empty() const noexcept { return methods_.empty(); }
    /// The table for people and one "summary" a method.
    void finish() const;

private:
    struct Row {
        std::string sequence;
        SequenceScore score;
    };
    CommandContext& context_;
    std::vector<std::string> methods_;  ///< in order of appearance
    std::map<std::string, std::vector<Row>> rows_;
    std::map<std::string, LabelPropagationOptions> protocols_;
};

/// Throws `Error{Input}` where no sequence of `where` was scored.
void requireScores(const MaskScoreTable& table, const std::string& where);

}  // namespace mcj
