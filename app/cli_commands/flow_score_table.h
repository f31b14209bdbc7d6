#pragma once

#include <vector>

#include "app/cli_commands/flow_averages.h"

namespace mcj {

class CommandContext;

/// Scores of flow by several methods: told as they come, summed up at the end.
class FlowScoreTable {
public:
    FlowScoreTable(CommandContext& context, std::vector<std::string> methods, PairLayout layout)
        : context_(context), methods_(std::move(methods)), layout_(layout) {}

    /// Emits one "result" a method.
    void add(ScoredPair pair);
    /// The tables for people and one "summary" a method.
    void finish() const;

private:
    void printPairs() const;
    void printAverages() const;
    void printKitti() const;
    [[nodiscard]] std::vector<ScoredPair> ofPass(const std::string& pass) const;

    CommandContext& context_;
    std::vector<std::string> methods_;
    PairLayout layout_;
    std::vector<ScoredPair> pairs_;
};

}  // namespace mcj
