#pragma once

#include <vector>

#include "app/cli_commands/flow_averages.h"

namespace mcj {

class CommandContext;

/// Scores of flow by several methods: reports each one and summarises at the end.
class FlowScoreTable {
public:
    FlowScoreTable(CommandContext& context, std::vector<std::string> methods, PairLayout layout)
        : context_(context), methods_(std::move(methods)), layout_(layout) {}

    /// Emits one "result" per method.
    void add(ScoredPair pair);
    /// Prints the tables and emits one "summary" per method.
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
