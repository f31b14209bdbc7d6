#include "app/cli_commands/evaluation_split.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"

namespace mcj {
namespace {

struct SplitRow {
    SplitItems items;
    EvaluationHalf half;
    std::string_view name;
};

constexpr auto kPairs = SplitItems::FlowPairs;
constexpr auto kMasks = SplitItems::MaskSequences;
constexpr auto kSelection = EvaluationHalf::Selection;
constexpr auto kReport = EvaluationHalf::Report;

// See docs/selection.md for the reasons. A name must not change its half.
constexpr std::array kSplit{
    SplitRow{kPairs, kSelection, "chairs3"},
    SplitRow{kPairs, kSelection, "chairs5"},
    SplitRow{kPairs, kSelection, "chairs7"},
    SplitRow{kPairs, kSelection, "dimetrodon"},
    SplitRow{kPairs, kSelection, "grove2"},
    SplitRow{kPairs, kSelection, "hydrangea"},
    SplitRow{kPairs, kSelection, "motorcycle"},
    SplitRow{kPairs, kSelection, "urban2"},
    SplitRow{kPairs, kSelection, "sintel_alley1_final"},
    SplitRow{kMasks, kSelection, "dog"},
    SplitRow{kMasks, kSelection, "car-shadow"},
    SplitRow{kMasks, kSelection, "scooter-black"},
    SplitRow{kMasks, kSelection, "libby"},
    SplitRow{kMasks, kSelection, "tennis_small"},
    SplitRow{kMasks, kSelection, "camvid_street"},
    SplitRow{kPairs, kReport, "chairs0"},
    SplitRow{kPairs, kReport, "chairs2"},
    SplitRow{kPairs, kReport, "kitti_000000"},
    SplitRow{kPairs, kReport, "rain1"},
    SplitRow{kPairs, kReport, "rubberwhale"},
    SplitRow{kPairs, kReport, "sintel_cave2_clean"},
    SplitRow{kPairs, kReport, "venus"},
    SplitRow{kMasks, kReport, "blackswan"},
    SplitRow{kMasks, kReport, "bmx-trees"},
    SplitRow{kMasks, kReport, "drift-straight"},
    SplitRow{kMasks, kReport, "horsejump-high"},
    SplitRow{kMasks, kReport, "kite-surf"},
    SplitRow{kMasks, kReport, "motocross-jump"},
};

std::string lastPart(const std::string& name) { return name.substr(name.find_last_of('/') + 1); }

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

std::optional<EvaluationHalf> halfOf(SplitItems items, const std::string& name) {
    const std::string last = lastPart(name);
    const auto found = std::ranges::find_if(
        kSplit, [&](const SplitRow& row) { return row.items == items && row.name == last; });
    if (found == kSplit.end()) return std::nullopt;
    return found->half;
}

std::vector<std::string> namesOfHalf(SplitItems items, EvaluationHalf half) {
    std::vector<std::string> names;
    for (const SplitRow& row : kSplit) {
        if (row.items == items && row.half == half) names.emplace_back(row.name);
    }
    return names;
}

std::string halfName(EvaluationHalf half) {
    return half == EvaluationHalf::Selection ? "selection" : "report";
}

void addSplitOption(CLI::App& command, std::optional<EvaluationHalf>& half) {
    command
        .add_option_function<std::string>(
            "--split",
            [&half](const std::string& name) {
                half = name == "report" ? EvaluationHalf::Report : EvaluationHalf::Selection;
            },
            "Only one half of the evaluation data: the one on which models are selected "
            "(selection), or the one on which they are reported (report); see docs/selection.md")
        ->check(CLI::IsMember({"selection", "report"}));
}

SplitFindings judgeSplit(SplitItems items, EvaluationHalf half,
                         const std::vector<std::string>& names) {
    SplitFindings findings;
    findings.missing = namesOfHalf(items, half);
    for (const std::string& name : names) {
        if (!halfOf(items, name)) findings.inNeither.push_back(name);
        std::erase(findings.missing, lastPart(name));
    }
    return findings;
}

void tellSplit(CommandContext& context, SplitItems items, EvaluationHalf half,
               const std::vector<std::string>& names) {
    const SplitFindings findings = judgeSplit(items, half, names);
    const std::size_t all = namesOfHalf(items, half).size();
    const std::string what = items == SplitItems::FlowPairs ? "pairs" : "sequences";
    if (findings.missing.size() == all) {
        throw Error(ErrorCode::Usage,
                    "none of the " + what + " of the " + halfName(half) + " half was found",
                    "Its names are " + listed(namesOfHalf(items, half)) + ".");
    }
    context.info("the " + halfName(half) +
                 " half: " + std::to_string(all - findings.missing.size()) + " of its " +
                 std::to_string(all) + " " + what);
    if (!findings.missing.empty()) {
        context.warn("missing, so that the result does not cover the whole half: " +
                     listed(findings.missing));
    }
    if (!findings.inNeither.empty()) {
        context.info("in neither half and left out: " + listed(findings.inNeither));
    }
    context.emit("split", {{"half", halfName(half)},
                           {"missing", findings.missing},
                           {"in_neither", findings.inNeither}});
}

}  // namespace mcj
