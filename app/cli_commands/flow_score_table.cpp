#include "app/cli_commands/flow_score_table.h"

#include <array>
#include <ostream>
#include <utility>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"

namespace mcj {
namespace {

constexpr std::array<const char*, 2> kPasses{"clean", "final"};

nlohmann::json orNull(const std::optional<double>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::string orDash(const std::optional<double>& value, int decimals) {
    return value ? numberText(*value, decimals) : std::string("-");
}

nlohmann::json intervalJson(const std::optional<Interval>& interval) {
    return interval ? nlohmann::json{interval->low, interval->high} : nlohmann::json(nullptr);
}

std::string intervalText(const std::optional<Interval>& interval) {
    if (!interval) return "-";
    return numberText(interval->low, 3) + " to " + numberText(interval->high, 3);
}

nlohmann::json resultOf(const ScoredPair& pair, const std::string& method, PairLayout layout) {
    const TimedFlowScore& timed = pair.scores.at(method);
    nlohmann::json result{{"pair", pair.name},
                          {"method", method},
                          {"epe", orNull(timed.score.epe)},
                          {"fl_all", orNull(timed.score.flAll)},
                          {"ae_deg", orNull(timed.score.angularDeg)},
                          {"valid_px", timed.score.validPx},
                          {"secs", timed.secs}};
    if (layout == PairLayout::Folders) return result;
    const FlowSplits& splits = timed.score.splits;
    result["epe_noc"] = orNull(splits.noc.epe());
    result["epe_occ"] = orNull(splits.occ.epe());
    if (layout == PairLayout::Sintel) {
        result["pass"] = pair.pass;
        return result;
    }
    result["fl_noc"] = orNull(splits.noc.flPercent());
    result["fl_bg"] = orNull(splits.background.flPercent());
    result["fl_fg"] = orNull(splits.foreground.flPercent());
    return result;
}

/// The fields of an average that every layout has, and those of its benchmark.
nlohmann::json averageJson(const FlowAverage& average, PairLayout layout) {
    nlohmann::json fields{{"pairs", average.pairs},
                          {"epe", orNull(average.epe)},
                          {"fl_all", orNull(average.flAll)},
                          {"ae_deg", orNull(average.angularDeg)},
                          {"ratio_zero", orNull(average.ratioZero)},
                          {"ratio_dis", orNull(average.ratioDis)},
                          {"ratio_dis_interval", intervalJson(average.ratioDisInterval)},
                          {"secs", average.secs}};
    if (layout == PairLayout::Folders) return fields;
    fields["epe_noc"] = orNull(average.epeNoc);
    fields["epe_occ"] = orNull(average.epeOcc);
    if (layout == PairLayout::Sintel) return fields;
    fields["fl_noc"] = orNull(average.flNoc);
    fields["fl_bg"] = orNull(average.flBackground);
    fields["fl_fg"] = orNull(average.flForeground);
    fields["fl_noc_bg"] = orNull(average.flNocBackground);
    fields["fl_noc_fg"] = orNull(average.flNocForeground);
    return fields;
}

std::vector<std::string> averageRow(const std::string& name, const FlowAverage& average,
                                    PairLayout layout) {
    std::vector<std::string> row{name, std::to_string(average.pairs), orDash(average.epe, 3)};
    if (layout != PairLayout::Folders) {
        row.push_back(orDash(average.epeNoc, 3));
        row.push_back(orDash(average.epeOcc, 3));
    }
    row.insert(row.end(), {orDash(average.flAll, 2), orDash(average.angularDeg, 2),
                           orDash(average.ratioZero, 3), orDash(average.ratioDis, 3),
                           intervalText(average.ratioDisInterval), numberText(average.secs, 3)});
    return row;
}

const char* averagingText(PairLayout layout) {
    switch (layout) {
    case PairLayout::Sintel:
        return "EPE and Fl-all are over all pixels of all pairs; matched pixels have a counterpart "
               "in the other frame.\n";
    case PairLayout::Kitti:
        return "EPE is the mean of the images' means, Fl is over all pixels as in the development "
               "kit;\nmatched pixels are those of flow_noc, unmatched the others of flow_occ.\n";
    case PairLayout::Folders: break;
    }
    return "EPE and Fl-all are arithmetic means over the pairs.\n";
}

}  // namespace

void FlowScoreTable::add(ScoredPair pair) {
    for (const std::string& method : methods_)
        context_.emit("result", resultOf(pair, method, layout_));
    pairs_.push_back(std::move(pair));
}

std::vector<ScoredPair> FlowScoreTable::ofPass(const std::string& pass) const {
    std::vector<ScoredPair> chosen;
    for (const ScoredPair& pair : pairs_) {
        if (pair.pass == pass) chosen.push_back(pair);
    }
    return chosen;
}

void FlowScoreTable::printPairs() const {
    std::vector<Align> columns{Align::Left, Align::Right};
    std::vector<std::string> head{"pair", "motion px"};
    for (const std::string& method : methods_) {
        columns.insert(columns.end(), 2, Align::Right);
        head.push_back(method + " EPE");
        head.emplace_back("Fl %");
    }
    TextTable table(columns);
    table.add(head);
    for (const ScoredPair& pair : pairs_) {
        std::vector<std::string> row{pair.name,
                                     orDash(pair.scores.at(kZeroFlow).score.meanTruthPx, 2)};
        for (const std::string& method : methods_) {
            const FlowScore& score = pair.scores.at(method).score;
            row.push_back(orDash(score.epe, 3));
            row.push_back(orDash(score.flAll, 2));
        }
        table.add(row);
    }
    context_.text() << table.text() << '\n';
}

void FlowScoreTable::printAverages() const {
    std::vector<std::string> head{"method", "pairs", "EPE px"};
    if (layout_ != PairLayout::Folders) head.insert(head.end(), {"matched", "unmatched"});
    head.insert(head.end(), {"Fl-all %", "angle deg", "x zero", "x DIS", "95 %", "s/pair"});
    std::vector<Align> columns(head.size(), Align::Right);
    columns.front() = Align::Left;
    TextTable table(columns);
    table.add(head);
    for (const std::string& method : methods_) {
        if (layout_ != PairLayout::Sintel) {
            table.add(averageRow(method, averageFlow(method, pairs_, layout_), layout_));
            continue;
        }
        for (const char* pass : kPasses) {
            const std::vector<ScoredPair> pairs = ofPass(pass);
            if (pairs.empty()) continue;
            table.add(
                averageRow(method + ", " + pass, averageFlow(method, pairs, layout_), layout_));
        }
    }
    context_.text() << table.text() << averagingText(layout_)
                    << "x zero and x DIS are geometric means of the pairs' EPE ratio; 95 % is the "
                       "interval of x DIS\n"
                       "from resampling the pairs (bootstrap).\n";
}

/// The table of the benchmark's page: outliers by object and by visibility.
void FlowScoreTable::printKitti() const {
    TextTable table({Align::Left, Align::Right, Align::Right, Align::Right, Align::Right,
                     Align::Right, Align::Right});
    table.add(
        {"outliers in %", "Fl-bg", "Fl-fg", "Fl-all", "noc Fl-bg", "noc Fl-fg", "noc Fl-all"});
    for (const std::string& method : methods_) {
        const FlowAverage average = averageFlow(method, pairs_, layout_);
        table.add({method, orDash(average.flBackground, 2), orDash(average.flForeground, 2),
                   orDash(average.flAll, 2), orDash(average.flNocBackground, 2),
                   orDash(average.flNocForeground, 2), orDash(average.flNoc, 2)});
    }
    context_.text() << '\n' << table.text();
}

void FlowScoreTable::finish() const {
    // A benchmark has hundreds of pairs; with --json each is reported.
    if (layout_ == PairLayout::Folders) printPairs();
    printAverages();
    if (layout_ == PairLayout::Kitti) printKitti();
    for (const std::string& method : methods_) {
        nlohmann::json summary = averageJson(averageFlow(method, pairs_, layout_), layout_);
        summary["method"] = method;
        if (layout_ == PairLayout::Sintel) {
            for (const char* pass : kPasses) {
                const std::vector<ScoredPair> pairs = ofPass(pass);
                summary[pass] = pairs.empty()
                                    ? nlohmann::json(nullptr)
                                    : averageJson(averageFlow(method, pairs, layout_), layout_);
            }
        }
        context_.emit("summary", summary);
    }
}

}  // namespace mcj
