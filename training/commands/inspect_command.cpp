#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "training/commands/commands.h"
#include "training/run_curves.h"
#include "training/run_log.h"
#include "training/run_summary.h"
#include "training/whole_file.h"

namespace mcj {
namespace {

/// Runs of the same name in several folders need different names in the legend.
void nameApart(std::vector<RunLog>& runs, const std::vector<std::string>& words) {
    std::set<std::string> names;
    for (const auto& run : runs) names.insert(run.name);
    if (names.size() == runs.size()) return;
    for (std::size_t i = 0; i < runs.size(); ++i) runs[i].name = words[i];
}

}  // namespace

int inspectCommand(Arguments& arguments) {
    const std::string output = arguments.take("-o", "");
    const bool asJson = arguments.takeFlag("--json");
    const auto words = arguments.takePositionals("a run folder");
    arguments.refuseRest();
    std::vector<RunLog> runs;
    for (const auto& word : words) runs.push_back(readRunLog(word));
    nameApart(runs, words);

    std::vector<RunSummary> summaries;
    for (const auto& run : runs) summaries.push_back(summarize(run));
    const std::filesystem::path first = words.front();
    const auto folder = std::filesystem::is_directory(first) ? first : first.parent_path();
    const auto plot = output.empty() ? folder / "curves.svg" : std::filesystem::path(output);
    writeWholeFile(plot, svgOf(plotOfRuns(runs)));
    if (asJson) {
        for (const auto& summary : summaries) std::cout << summaryJson(summary) << "\n";
    } else {
        std::cout << summaryText(summaries) << "\n" << plot.string() << "\n";
    }
    return 0;
}

}  // namespace mcj
