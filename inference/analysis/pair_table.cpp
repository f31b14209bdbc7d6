#include "inference/analysis/pair_table.h"

#include <charconv>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "inference/analysis/csv_number.h"

namespace mcj {
namespace {

constexpr std::string_view kFixedColumns = "frame,second";

std::vector<std::string_view> cellsOf(std::string_view line) {
    std::vector<std::string_view> cells;
    while (true) {
        const std::size_t comma = line.find(',');
        cells.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return cells;
        line.remove_prefix(comma + 1);
    }
}

template <typename Number>
std::optional<Number> numberOf(std::string_view text) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [last, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc{} || last != end) return std::nullopt;
    return value;
}

}  // namespace

PairTable::PairTable(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string title;
    if (!std::getline(in, title) || !title.starts_with(kFixedColumns)) return;
    const std::vector<std::string_view> names = cellsOf(title);
    std::string line;
    while (std::getline(in, line)) {
        const std::vector<std::string_view> cells = cellsOf(line);
        if (cells.size() != names.size()) continue;
        const auto frame = numberOf<FrameIndex>(cells[0]);
        const auto second = numberOf<FrameIndex>(cells[1]);
        if (!frame || !second) continue;
        Row row;
        row.second = *second;
        for (std::size_t i = 2; i < cells.size(); ++i) {
            const auto value = numberOf<double>(cells[i]);
            if (value) row.numbers.emplace(names[i], *value);
        }
        // A row without numbers is one of a pair whose numbers were not known.
        row.measured = !row.numbers.empty();
        earlier_[*frame] = std::move(row);
    }
}

void PairTable::put(const PairReport& pair) {
    Row row;
    row.second = pair.second;
    if (pair.kept) {
        const auto before = earlier_.find(pair.first);
        if (before != earlier_.end() && before->second.second == pair.second) row = before->second;
    } else {
        row.measured = true;
        if (pair.meanFlowPx) row.numbers["mean_flow_px"] = *pair.meanFlowPx;
        for (const auto& [map, mean] : pair.means) {
            if (mean) row.numbers["mean_" + analysisMapFolder(map)] = *mean;
        }
    }
    rows_[pair.first] = std::move(row);
}

std::vector<std::string> PairTable::columns() const {
    std::set<std::string> names;
    for (const auto& [frame, row] : rows_) {
        for (const auto& [name, value] : row.numbers) names.insert(name);
    }
    return {names.begin(), names.end()};
}

std::vector<ColumnMean> PairTable::means() const {
    bool complete = true;
    for (const auto& [frame, row] : rows_) complete = complete && row.measured;
    std::vector<ColumnMean> means;
    for (const std::string& name : columns()) {
        double sum = 0.0;
        double count = 0.0;
        for (const auto& [frame, row] : rows_) {
            const auto found = row.numbers.find(name);
            if (found == row.numbers.end()) continue;
            sum += found->second;
            count += 1.0;
        }
        ColumnMean mean{name, std::nullopt};
        if (complete && count > 0.0) mean.mean = sum / count;
        means.push_back(std::move(mean));
    }
    return means;
}

std::string PairTable::csv() const {
    const std::vector<std::string> names = columns();
    std::string text(kFixedColumns);
    for (const std::string& name : names) text += ',' + name;
    text += '\n';
    for (const auto& [frame, row] : rows_) {
        text += std::to_string(frame) + ',' + std::to_string(row.second);
        for (const std::string& name : names) {
            text += ',';
            const auto found = row.numbers.find(name);
            if (found != row.numbers.end()) appendCsvNumber(text, found->second);
        }
        text += '\n';
    }
    return text;
}

}  // namespace mcj
