#pragma once

#include <map>
#include <string>
#include <vector>

#include "segmentation/mask_metrics.h"

namespace mcj {

class CommandContext;

/// J and F of several sequences by several methods: told as they come, summed up at the end.
class MaskScoreTable {
public:
    explicit MaskScoreTable(CommandContext& context) : context_(context) {}

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
};

}  // namespace mcj
