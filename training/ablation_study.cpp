#include "training/ablation_study.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include <nlohmann/json.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

using nlohmann::json;

// The paper's run has 100 epochs: its numbers of epochs are shares of the run here.
constexpr double kEpochShare = 0.01;

constexpr std::array<const char*, 10> kStepKeys{"warmup",
                                                "real_start",
                                                "occlusion_start",
                                                "flow_start",
                                                "vc_warmup",
                                                "estimator_warmup",
                                                "epoch_steps",
                                                "validate_every",
                                                "self_supervision_start",
                                                "self_supervision_ramp"};
constexpr std::array<const char*, 2> kAtLeastOne{"epoch_steps", "validate_every"};

long long shareOf(const json& recipe, double share) {
    return std::llround(share * recipe.at("steps").get<double>());
}

void rescale(json& recipe, long long steps) {
    const double factor = static_cast<double>(steps) / recipe.at("steps").get<double>();
    recipe["steps"] = steps;
    for (const char* key : kStepKeys) {
        if (!recipe.contains(key)) continue;
        const bool positive = std::find(kAtLeastOne.begin(), kAtLeastOne.end(), std::string(key)) !=
                              kAtLeastOne.end();
        const long long scaled = std::llround(recipe.at(key).get<double>() * factor);
        recipe[key] = std::max<long long>(positive ? 1 : 0, scaled);
    }
}

void setSampling(json& recipe, const std::string& word) {
    recipe["sampling"] = word;
    if (word == "combined") return;
    // Only content is trained before the flow starts; from there on the tasks alternate.
    const long long start = recipe.value("flow_start", 0LL);
    rescale(recipe, 2 * recipe.at("steps").get<long long>() - start);
    if (recipe.contains("flow_start")) recipe["flow_start"] = start;
    recipe["epoch_steps"] = std::max<long long>(1, shareOf(recipe, kEpochShare));
}

void setVc(json& recipe, const std::string& word) {
    json& vc = recipe.at("flow_loss").at("vc");
    if (word == "none") vc = json::array();
    if (word == "last") {
        // The last level of the encoder: coefficients of further levels have no effect.
        const std::size_t levels = recipe.at("model").at("encoder").at("widths").size();
        while (vc.size() > levels) vc.erase(vc.size() - 1);
        for (std::size_t i = 0; i + 1 < vc.size(); ++i) vc[i] = json::array({0.0, 0.0});
    }
    const int epochs = word == "warmup-1" ? 1 : word == "warmup-2" ? 2 : 0;
    const long long steps = shareOf(recipe, epochs * kEpochShare);
    recipe["vc_warmup"] = epochs > 0 ? std::max<long long>(1, steps) : 0;
}

void setMode(json& recipe, const std::string& word) {
    recipe.at("model")["mode"] = word;
    if (word == "m-jepa") {
        if (recipe.contains("content")) recipe["content"]["batch"] = 0;
        if (recipe.contains("flow_start")) recipe["flow_start"] = 0;
    }
    if (word == "vicreg") {
        recipe["synthetic_batch"] = 0;
        recipe["real_every"] = 0;
        if (recipe.contains("matching")) recipe["matching"]["weight"] = 0.0;  // has no known motion
    }
}

std::vector<Study> makeStudies() {
    const StudyNeeds both{true, false, false};
    return {
        {"flow-start",
         "When should the flow task join?",
         "start of the flow task, share of the run",
         StudyAxis::Numbers,
         {},
         {0.0, 0.1, 0.25, 0.5},
         0.99,
         1,
         both},
        {"cycle",
         "How much cycle consistency?",
         "weight of the cycle-consistency loss",
         StudyAxis::Numbers,
         {},
         {0.0, 0.1, 0.2, 0.5, 1.0},
         1e9,
         1,
         {false, true, false}},
        {"balance",
         "How much flow against content?",
         "weight of flow against content",
         StudyAxis::Numbers,
         {},
         {0.01, 0.03, 0.1, 0.3, 1.0},
         1e9,
         1,
         both},
        {"sampling",
         "How do the tasks share a run?",
         "sampling",
         StudyAxis::Words,
         {"combined", "batch-alternation", "epoch-alternation"},
         {},
         0,
         1,
         both},
        {"vc",
         "Which levels have variance and covariance terms?",
         "variance-covariance terms",
         StudyAxis::Words,
         {"none", "last", "all", "warmup-1", "warmup-2"},
         {},
         0,
         1,
         {false, true, true}},
        {"modes",
         "Do the tasks help each other?",
         "mode",
         StudyAxis::Words,
         {"mc-jepa", "m-jepa", "vicreg"},
         {},
         0,
         3,
         both},
    };
}

std::string shortNumber(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

StudyPoint pointOf(const Study& study, const std::string& word) {
    const auto refuse = [&](const std::string& hint) {
        return Error(ErrorCode::Usage, "--points: \"" + word + "\" is not a point of " + study.name,
                     hint);
    };
    if (study.axis == StudyAxis::Words) {
        const auto found = std::find(study.words.begin(), study.words.end(), word);
        if (found != study.words.end()) {
            return {word, static_cast<double>(found - study.words.begin())};
        }
        std::string known;
        for (const auto& name : study.words) known += (known.empty() ? "" : ", ") + name;
        throw refuse("Points are " + known + ".");
    }
    std::size_t used = 0;
    double value = -1.0;
    try {
        value = std::stod(word, &used);
    } catch (const std::exception&) {
        // Refused below.
    }
    if (used != word.size() || !(value >= 0.0 && value <= study.largest)) {
        throw refuse("Give numbers from 0 to " + shortNumber(study.largest) +
                     ", such as --points 0,0.1.");
    }
    return {shortNumber(value), value};
}

}  // namespace

const std::vector<Study>& studies() {
    static const std::vector<Study> all = makeStudies();
    return all;
}

const Study& findStudy(const std::string& name) {
    std::string known;
    for (const auto& study : studies()) {
        if (study.name == name) return study;
        known += (known.empty() ? "" : ", ") + study.name;
    }
    throw Error(ErrorCode::Usage, "unknown study " + name, "Studies are " + known + ".");
}

std::vector<StudyPoint> pointsOf(const Study& study, const std::string& list) {
    std::vector<StudyPoint> points;
    std::vector<std::string> words = study.words;
    for (const double number : study.numbers) words.push_back(shortNumber(number));
    if (!list.empty()) {
        words.clear();
        std::istringstream stream(list);
        for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
    }
    for (const auto& word : words) {
        const auto point = pointOf(study, word);
        const bool isNew = std::none_of(points.begin(), points.end(), [&](const StudyPoint& other) {
            return other.name == point.name;
        });
        if (isNew) points.push_back(point);
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const StudyPoint& a, const StudyPoint& b) { return a.place < b.place; });
    return points;
}

std::string withSteps(const std::string& recipe, long long steps) {
    json changed = json::parse(recipe);
    rescale(changed, steps);
    return changed.dump(2);
}

std::string recipeAt(const Study& study, const StudyPoint& point, const std::string& recipe) {
    json changed = json::parse(recipe);
    if (study.name == "flow-start") changed["flow_start"] = shareOf(changed, point.place);
    if (study.name == "cycle") changed.at("flow_loss")["cycle"] = point.place;
    if (study.name == "balance") changed["balance"] = point.place;
    if (study.name == "sampling") setSampling(changed, point.name);
    if (study.name == "vc") setVc(changed, point.name);
    if (study.name == "modes") setMode(changed, point.name);
    return changed.dump(2);
}

}  // namespace mcj
