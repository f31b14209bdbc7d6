#include "training/ablation_results.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "training/whole_file.h"

namespace mcj {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct OwnMeasure {
    const char* key;
    const char* column;
};
constexpr std::array<OwnMeasure, 4> kOwn{{{"validation_epe_px", "validation EPE px"},
                                          {"content_loss", "content loss"},
                                          {"rank_pooled", "rank, pooled"},
                                          {"rank_positions", "rank, positions"}}};

ColumnKind kindOf(const std::string& column) {
    if (column.find("EPE") != std::string::npos) return ColumnKind::FlowError;
    return column == "content loss" ? ColumnKind::Other : ColumnKind::Content;
}

std::string wordOf(const json& line, const char* key) {
    const auto found = line.find(key);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

RunResult readMeasures(const fs::path& folder) {
    const auto path = folder / "measures.json";
    const std::string hint = "Delete it to measure the run again.";
    try {
        const json file = json::parse(readWholeFile(path, hint));
        RunResult result;
        result.run = folder.filename().string();
        result.point = {file.at("point").get<std::string>(), file.at("place").get<double>()};
        result.seed = file.at("seed").get<std::uint64_t>();
        result.steps = file.at("steps").get<std::int64_t>();
        result.failure = wordOf(file, "failure");
        for (const auto& [key, column] : kOwn) {
            const auto found = file.find(key);
            if (found != file.end() && found->is_number()) {
                result.values[column] = found->get<double>();
            }
        }
        return result;
    } catch (const json::exception& error) {
        throw Error(ErrorCode::Input, path.string() + ": " + error.what(), hint);
    }
}

/// Takes the scores of the model from a line of `mcjepa evaluate` or `mcjepa-train probe`. Methods
/// without a model are skipped, because they are the same for every run.
void takeScore(const json& line, std::map<std::string, double>& values) {
    const auto number = [&](const char* key) -> std::optional<double> {
        const auto found = line.find(key);
        return found != line.end() && found->is_number() ? std::optional(found->get<double>())
                                                         : std::nullopt;
    };
    const std::string event = wordOf(line, "event");
    const std::string method = wordOf(line, "method");
    if (const auto iou = number("miou"); iou && (event == "result" || event == "summary")) {
        values["mIoU"] = *iou;
    }
    if (event != "summary") return;
    if (const auto epe = number("epe"); epe && method == "model-fast") {
        values["EPE px, one look"] = *epe;
    }
    if (const auto epe = number("epe"); epe && method == "model") {
        values["EPE px"] = *epe;
        for (const char* pass : {"clean", "final"}) {  // Sintel's
            const auto part = line.find(pass);
            if (part == line.end() || !part->is_object() || !part->contains("epe")) continue;
            const json& error = part->at("epe");
            if (error.is_number()) values["EPE px, " + std::string(pass)] = error.get<double>();
        }
    }
    if (method != "features" && method != "flow" && method != "both") return;
    if (const auto jf = number("jf_mean")) values["J&F, " + method] = *jf;
}

void readScores(const fs::path& path,
                std::map<std::string, std::map<std::string, double>>& scores) {
    std::ifstream stream(path);
    if (!stream) {
        throw Error(ErrorCode::Input, path.string() + ": cannot be opened",
                    "See docs/ablations.md for how to create scores.");
    }
    std::int64_t number = 0;
    for (std::string text; std::getline(stream, text);) {
        ++number;
        if (text.empty()) continue;
        const json line = json::parse(text, nullptr, false);
        if (!line.is_object() || wordOf(line, "run").empty()) {
            throw Error(
                ErrorCode::Input,
                path.string() + ": line " + std::to_string(number) + " has no \"run\"",
                "Every line must be a JSON object with the key \"run\"; see docs/ablations.md for "
                "the command that adds it.");
        }
        takeScore(line, scores[wordOf(line, "run")]);
    }
}

}  // namespace

AblationResults collectResults(const fs::path& studyFolder,
                               const std::vector<fs::path>& scoreFiles) {
    AblationResults results;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(studyFolder, absent)) {
        if (fs::exists(entry.path() / "measures.json")) {
            results.runs.push_back(readMeasures(entry.path()));
        }
    }
    std::map<std::string, std::map<std::string, double>> scores;
    for (const auto& path : scoreFiles) readScores(path, scores);
    std::vector<std::string> names;
    for (const auto& own : kOwn) names.push_back(own.column);
    for (auto& run : results.runs) {
        for (const auto& [column, value] : scores[run.run]) {
            run.values[column] = value;
            if (std::find(names.begin(), names.end(), column) == names.end()) {
                names.push_back(column);
            }
        }
    }
    for (const auto& name : names) {
        const bool isThere =
            std::any_of(results.runs.begin(), results.runs.end(),
                        [&](const auto& run) { return run.values.contains(name); });
        if (isThere) results.columns.push_back({name, kindOf(name)});
    }
    std::sort(results.runs.begin(), results.runs.end(), [](const RunResult& a, const RunResult& b) {
        return std::pair(a.point.place, a.seed) < std::pair(b.point.place, b.seed);
    });
    return results;
}

std::vector<PointResult> averageSeeds(const AblationResults& results) {
    std::vector<PointResult> points;
    for (const auto& run : results.runs) {
        if (points.empty() || points.back().point.name != run.point.name) {
            points.push_back({run.point});
        }
        points.back().seeds += run.failure.empty() ? 1 : 0;
        points.back().failed += run.failure.empty() ? 0 : 1;
    }
    for (auto& point : points) {
        for (const auto& column : results.columns) {
            std::vector<double> values;
            for (const auto& run : results.runs) {
                const auto found = run.values.find(column.name);
                if (run.point.name == point.point.name && found != run.values.end()) {
                    values.push_back(found->second);
                }
            }
            if (values.empty()) continue;
            const auto count = static_cast<double>(values.size());
            double sum = 0.0;
            for (const double value : values) sum += value;
            const double mean = sum / count;
            point.mean[column.name] = mean;
            if (values.size() < 2) continue;
            double squares = 0.0;
            for (const double value : values) squares += (value - mean) * (value - mean);
            point.deviation[column.name] = std::sqrt(squares / (count - 1.0));
        }
    }
    return points;
}

}  // namespace mcj
