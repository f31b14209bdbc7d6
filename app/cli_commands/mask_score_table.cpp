#include "app/cli_commands/mask_score_table.h"

#include <algorithm>
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

}  // namespace

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

void MaskScoreTable::finish() const {
    for (const std::string& method : methods_) {
        const auto& rows = rows_.at(method);
        TextTable table({Align::Left, Align::Right, Align::Right, Align::Right, Align::Right,
                         Align::Right, Align::Right, Align::Right, Align::Right});
        table.add({method, "object", "J&F", "J", "recall", "decay", "F", "recall", "decay"});
        for (const Row& row : rows) {
            for (const ObjectScore& object : row.score.objects) {
                table.add({row.sequence, std::to_string(object.object),
                           percent((object.j.mean + object.f.mean) / 2.0), percent(object.j.mean),
                           percent(object.j.recall), percent(object.j.decay),
                           percent(object.f.mean), percent(object.f.recall),
                           percent(object.f.decay)});
            }
        }
        const GlobalScore all = pool(scoresOf(rows));
        table.add({"all", std::to_string(all.objects), percent(all.jfMean), percent(all.jMean), "",
                   "", percent(all.fMean), "", ""});
        context_.text() << table.text() << '\n';
    }
    if (!methods_.empty()) {
        context_.text() << "In percent; \"all\" is the mean over all objects, as DAVIS 2017 has it.\n";
    }
    for (const std::string& method : methods_) {
        const GlobalScore all = pool(scoresOf(rows_.at(method)));
        context_.emit("summary", {{"method", method},
                                  {"sequences", all.sequences},
                                  {"objects", all.objects},
                                  {"j_mean", all.jMean},
                                  {"f_mean", all.fMean},
                                  {"jf_mean", all.jfMean}});
    }
}

}  // namespace mcj
