#include "app/cli_commands/mask_score_table.h"

#include <algorithm>
#include <numeric>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"

namespace mcj {
namespace {

std::vector<SequenceScore> scoresOf(const auto& rows) {
    std::vector<SequenceScore> scores;
    for (const auto& row : rows) scores.push_back(row.score);
    return scores;
}

std::string percent(double share) { return numberText(share * 100.0, 1); }

std::string intervalText(const Interval& interval) {
    return percent(interval.low) + " to " + percent(interval.high);
}

nlohmann::json intervalJson(const std::optional<Interval>& interval) {
    return interval ? nlohmann::json{interval->low, interval->high} : nlohmann::json(nullptr);
}

nlohmann::json protocolJson(const LabelPropagationOptions& protocol) {
    const bool joined = protocol.level > 1;
    return {{"level", protocol.level},
            {"finer_level", joined ? nlohmann::json(protocol.level - 1) : nlohmann::json(nullptr)},
            {"stride_px", 1 << protocol.level},
            {"context_frames", protocol.contextFrames},
            {"radius_cells", protocol.radiusCells},
            {"top_k", protocol.topK},
            {"temperature", protocol.temperature}};
}

std::string levelsText(int level) {
    return level == 1 ? "level 1"
                      : "levels " + std::to_string(level) + " and " + std::to_string(level - 1);
}

std::string protocolText(const LabelPropagationOptions& protocol) {
    return "features of " + levelsText(protocol.level) + " (stride " +
           std::to_string(1 << protocol.level) + " px), context of the first and the last " +
           std::to_string(protocol.contextFrames) + " frames, window radius " +
           std::to_string(protocol.radiusCells) + " cells, top " + std::to_string(protocol.topK) +
           ", temperature " + numberText(double{protocol.temperature}, 2);
}

}  // namespace

void MaskScoreTable::describe(const std::string& method, const LabelPropagationOptions& protocol) {
    protocols_[method] = protocol;
}

void requireScores(const MaskScoreTable& table, const std::string& where) {
    if (!table.empty()) return;
    throw Error(ErrorCode::Input, "no sequence in " + where + " can be scored",
                "A sequence needs ground truth for every frame; check --only.");
}

void MaskScoreTable::add(const std::string& method, const std::string& sequence,
                         const SequenceScore& score) {
    if (std::find(methods_.begin(), methods_.end(), method) == methods_.end()) {
        methods_.push_back(method);
    }
    rows_[method].push_back({sequence, score});
    for (const ObjectScore& object : score.objects) {
        context_.emit("result", {{"method", method},
                                 {"sequence", sequence},
                                 {"object", object.object},
                                 {"j_mean", object.j.mean},
                                 {"j_recall", object.j.recall},
                                 {"j_decay", object.j.decay},
                                 {"f_mean", object.f.mean},
                                 {"f_recall", object.f.recall},
                                 {"f_decay", object.f.decay}});
    }
}

std::map<std::string, SequenceMean> MaskScoreTable::meansOf(const std::string& method) const {
    std::map<std::string, SequenceMean> means;
    for (const Row& row : rows_.at(method)) means[row.sequence] = meanOverObjects(row.score);
    return means;
}

SequenceAverage MaskScoreTable::averageOf(const std::string& method) const {
    const bool isFirst = method == methods_.front();
    return averageOverSequences(meansOf(method), isFirst ? std::map<std::string, SequenceMean>{}
                                                         : meansOf(methods_.front()));
}

void MaskScoreTable::printMethod(const std::string& method) const {
    const auto& rows = rows_.at(method);
    TextTable table({Align::Left, Align::Right, Align::Right, Align::Right, Align::Right,
                     Align::Right, Align::Right, Align::Right, Align::Right});
    table.add({method, "object", "J&F", "J", "recall", "decay", "F", "recall", "decay"});
    for (const Row& row : rows) {
        for (const ObjectScore& object : row.score.objects) {
            table.add({row.sequence, std::to_string(object.object),
                       percent((object.j.mean + object.f.mean) / 2.0), percent(object.j.mean),
                       percent(object.j.recall), percent(object.j.decay), percent(object.f.mean),
                       percent(object.f.recall), percent(object.f.decay)});
        }
    }
    const GlobalScore all = pool(scoresOf(rows));
    table.add({"all", std::to_string(all.objects), percent(all.jfMean), percent(all.jMean),
               percent(all.jRecall), percent(all.jDecay), percent(all.fMean), percent(all.fRecall),
               percent(all.fDecay)});
    const SequenceAverage average = averageOf(method);
    table.add({"mean over sequences", std::to_string(average.sequences), percent(average.jf),
               percent(average.j), "", "", percent(average.f)});
    context_.text() << table.text();
    if (average.jfInterval) {
        context_.text() << "J&F over sequences, 95 %: " << intervalText(*average.jfInterval);
        if (average.difference && average.differenceInterval) {
            context_.text() << "; difference to " << methods_.front() << ": "
                            << percent(*average.difference)
                            << ", 95 %: " << intervalText(*average.differenceInterval);
        }
        context_.text() << '\n';
    }
    const auto protocol = protocols_.find(method);
    if (protocol != protocols_.end()) {
        context_.text() << method << ": " << protocolText(protocol->second) << '\n';
    }
    context_.text() << '\n';
}

void MaskScoreTable::emitSummary(const std::string& method) const {
    const GlobalScore all = pool(scoresOf(rows_.at(method)));
    const SequenceAverage average = averageOf(method);
    const auto protocol = protocols_.find(method);
    nlohmann::json overSequences{{"j_mean", average.j},
                                 {"f_mean", average.f},
                                 {"jf_mean", average.jf},
                                 {"jf_interval", intervalJson(average.jfInterval)}};
    if (average.difference) {
        overSequences["against"] = methods_.front();
        overSequences["jf_difference"] = *average.difference;
        overSequences["jf_difference_interval"] = intervalJson(average.differenceInterval);
    }
    context_.emit("summary",
                  {{"method", method},
                   {"sequences", all.sequences},
                   {"objects", all.objects},
                   {"j_mean", all.jMean},
                   {"j_recall", all.jRecall},
                   {"j_decay", all.jDecay},
                   {"f_mean", all.fMean},
                   {"f_recall", all.fRecall},
                   {"f_decay", all.fDecay},
                   {"jf_mean", all.jfMean},
                   {"over_sequences", std::move(overSequences)},
                   {"protocol", protocol == protocols_.end() ? nlohmann::json(nullptr)
                                                             : protocolJson(protocol->second)}});
}

void MaskScoreTable::finish() const {
    for (const std::string& method : methods_) printMethod(method);
    if (!methods_.empty()) {
        context_.text()
            << "In percent; \"all\" is the mean over all objects, as in DAVIS 2017. 95 %\n"
               "intervals are from resampling the sequences (bootstrap).\n";
    }
    for (const std::string& method : methods_) emitSummary(method);
}

SequenceAverage averageOverSequences(const std::map<std::string, SequenceMean>& scores,
                                     const std::map<std::string, SequenceMean>& against) {
    SequenceAverage average;
    average.sequences = scores.size();
    if (scores.empty()) return average;
    std::vector<double> values;
    std::vector<double> differences;
    for (const auto& [sequence, mean] : scores) {
        average.j += mean.j;
        average.f += mean.f;
        values.push_back(mean.jf());
        const auto other = against.find(sequence);
        if (other != against.end()) differences.push_back(mean.jf() - other->second.jf());
    }
    const auto count = static_cast<double>(scores.size());
    average.j /= count;
    average.f /= count;
    average.jf = (average.j + average.f) / 2.0;
    average.jfInterval = bootstrapMean(values);
    if (differences.empty()) return average;
    average.difference = std::accumulate(differences.begin(), differences.end(), 0.0) /
                         static_cast<double>(differences.size());
    average.differenceInterval = bootstrapMean(differences);
    return average;
}

}  // namespace mcj
