#include "app/cli_commands/batch_table.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "app/cli_commands/analyze_report.h"
#include "inference/analysis/csv_number.h"

namespace mcj {
namespace {

constexpr const char* kFixedColumns = "clip,folder,state,frames,pairs,flow_scale_px";

/// In quotes where the text needs them, as RFC 4180 says.
std::string cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char letter : text) {
        if (letter == '"') quoted += '"';
        quoted += letter;
    }
    return quoted + '"';
}

void appendNumber(std::string& line, const std::optional<double>& value) {
    line += ',';
    if (value) appendCsvNumber(line, *value);
}

std::string rowText(const BatchRow& row, const std::set<std::string>& means, bool withErrors) {
    std::string line = cell(row.clip) + ',' + cell(row.folder) + ',' + clipStateName(row.state);
    line += ',' + (row.frames > 0 ? std::to_string(row.frames) : std::string{});
    line += ',' + (row.state == ClipState::Done ? std::to_string(row.pairs) : std::string{}) + ',';
    if (row.flowScalePx > 0.0F) appendCsvNumber(line, row.flowScalePx);
    for (const std::string& name : means) {
        const auto found = std::find_if(row.means.begin(), row.means.end(),
                                        [&](const ColumnMean& mean) { return mean.name == name; });
        appendNumber(line, found == row.means.end() ? std::nullopt : found->mean);
    }
    if (withErrors) {
        for (const AccuracyColumn& column : accuracyColumns()) {
            appendNumber(line, row.accuracy ? column.value(*row.accuracy) : std::nullopt);
        }
    }
    line += ',' + cell(row.damaged.value_or(std::string{})) + ',';
    if (row.error) line += cell(row.error->what());
    return line + '\n';
}

}  // namespace

const char* clipStateName(ClipState state) noexcept {
    switch (state) {
    case ClipState::Waiting: return "waiting";
    case ClipState::Done: return "done";
    case ClipState::Failed: return "failed";
    case ClipState::Stopped: return "stopped";
    }
    return "";
}

std::string batchCsv(const std::vector<BatchRow>& rows) {
    std::set<std::string> means;
    bool withErrors = false;
    for (const BatchRow& row : rows) {
        for (const ColumnMean& mean : row.means) means.insert(mean.name);
        withErrors = withErrors || row.accuracy.has_value();
    }
    std::string text = kFixedColumns;
    for (const std::string& name : means) text += ',' + name;
    if (withErrors) {
        for (const AccuracyColumn& column : accuracyColumns()) {
            text += ',';
            text += column.id;
        }
    }
    text += ",damaged,error\n";
    for (const BatchRow& row : rows) text += rowText(row, means, withErrors);
    return text;
}

bool isBatchCsv(const std::string& text) { return text.starts_with(kFixedColumns); }

nlohmann::json batchJson(const BatchRow& row) {
    nlohmann::json fields{
        {"clip", row.clip},     {"folder", row.folder}, {"state", clipStateName(row.state)},
        {"frames", row.frames}, {"pairs", row.pairs},   {"kept", row.kept},
        {"secs", row.secs}};
    fields["flow_scale_px"] =
        row.flowScalePx > 0.0F ? nlohmann::json(row.flowScalePx) : nlohmann::json(nullptr);
    for (const ColumnMean& mean : row.means) {
        fields[mean.name] = mean.mean ? nlohmann::json(*mean.mean) : nlohmann::json(nullptr);
    }
    fields["accuracy"] = row.accuracy ? accuracyJson(*row.accuracy) : nlohmann::json(nullptr);
    fields["damaged"] = row.damaged ? nlohmann::json(*row.damaged) : nlohmann::json(nullptr);
    fields["error"] = nullptr;
    if (row.error) {
        fields["error"] = {{"code", static_cast<int>(row.error->code())},
                           {"message", row.error->what()},
                           {"hint", row.error->hint()}};
    }
    return fields;
}

}  // namespace mcj
