#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "inference/model/checkpoint.h"
#include "inference/ops/device.h"
#include "media/base/error.h"
#include "media/base/partial_path.h"
#include "training/commands/commands.h"
#include "training/linear_probe.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct ProbeLine {
    std::string model;
    std::string train;
    std::string test;
    std::string shard;
    int folds = 4;
    std::optional<std::vector<int>> levels;
    fs::path output;
    ProbeOptions probe;
    ProbeSetOptions set;
};

/// "2,3,5" as ordered numbers, each once.
std::vector<int> parseLevels(const std::string& text) {
    std::set<int> levels;
    std::stringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        if (word.size() != 1 || word[0] < '1' || word[0] > '0' + kLevels) {
            throw Error(ErrorCode::Usage, "--levels " + text + ": \"" + word + "\" is not a level",
                        "Levels are 1 to 6, at strides 2 to 64: --levels 2,3,4,5.");
        }
        levels.insert(word[0] - '0');
    }
    if (levels.empty()) throw Error(ErrorCode::Usage, "--levels is empty");
    return {levels.begin(), levels.end()};
}

int takeCount(Arguments& arguments, const std::string& name, int otherwise, int least, int most) {
    const double value = arguments.takeNumber(name, otherwise);
    if (value < least || value > most || value != std::floor(value)) {
        throw Error(ErrorCode::Usage, name + " must be an integer from " + std::to_string(least) +
                                          " to " + std::to_string(most));
    }
    return static_cast<int>(value);
}

ProbeLine parseLine(Arguments& arguments) {
    constexpr int kMany = 1'000'000'000;
    ProbeLine line;
    line.model = arguments.takeRequired("--model");
    line.train = arguments.take("--train", "");
    line.test = arguments.take("--test", "");
    line.shard = arguments.take("--shard", "");
    const int folds = takeCount(arguments, "--folds", 0, 0, kMany);
    if (const std::string levels = arguments.take("--levels", ""); !levels.empty()) {
        line.levels = parseLevels(levels);
    }
    line.output = arguments.take("-o", "");
    ProbeOptions& probe = line.probe;
    probe.steps = takeCount(arguments, "--steps", probe.steps, 1, kMany);
    probe.batch = takeCount(arguments, "--batch", probe.batch, 1, kMany);
    probe.learningRate = arguments.takeNumber("--learning-rate", probe.learningRate);
    probe.weightDecay = arguments.takeNumber("--weight-decay", probe.weightDecay);
    probe.seed = static_cast<std::uint64_t>(takeCount(arguments, "--seed", 1, 0, kMany));
    line.set.gridLevel = takeCount(arguments, "--grid", line.set.gridLevel, 1, kLevels);
    line.set.cacheBytes = arguments.takeGibibytes("--cache-gib", 4.0);
    const bool splits = !line.train.empty() && !line.test.empty();
    if (splits != line.shard.empty() || line.train.empty() != line.test.empty()) {
        throw Error(
            ErrorCode::Usage, "a probe needs --train SHARD and --test SHARD, or --shard SHARD",
            "With one shard every image is scored once, by cross-validation with --folds parts.");
    }
    if (splits && folds > 0) {
        throw Error(ErrorCode::Usage, "--folds cannot be used with --train and --test",
                    "Omit it, or use --shard.");
    }
    if (folds > 0) line.folds = folds;
    std::error_code ignored;
    if (splits && fs::equivalent(line.train, line.test, ignored)) {
        throw Error(ErrorCode::Usage, "--train and --test are the same file",
                    "Use --shard FILE --folds K, which scores no image with a head that was "
                    "trained on it.");
    }
    return line;
}

/// An untrained encoder. `like`: a model file with the same architecture, or a preset.
McJepa untrainedModel(const std::string& like, std::uint64_t seed) {
    ModelConfig config = fs::exists(like) ? loadModel(like).model->config() : presetConfig(like);
    config.expander.clear();
    at::manual_seed(seed);
    return McJepa(config);
}

FrozenFeatures featuresOf(const ProbeLine& line) {
    if (line.model == "colour") {
        if (line.levels) throw Error(ErrorCode::Usage, "--levels: colour has no levels");
        return colourFeatures(line.set.gridLevel);
    }
    constexpr std::string_view kRandom = "random";
    McJepa model{nullptr};
    if (line.model == kRandom) {
        model = untrainedModel("small", line.probe.seed);
    } else if (line.model.starts_with(std::string(kRandom) + ":")) {
        model = untrainedModel(line.model.substr(kRandom.size() + 1), line.probe.seed);
    } else {
        model = loadModel(line.model).model;
    }
    model->to(line.set.device);
    // Untrained levels would give the probe random features.
    std::vector<int> levels(static_cast<std::size_t>(model->config().coarsestTrainedLevel()));
    std::iota(levels.begin(), levels.end(), 1);
    return encoderFeatures(model, line.levels.value_or(levels), line.set.gridLevel);
}

enum class ProgressOutput { Lines, None };

/// Writes JSON lines about the progress, at most one per second, and all that have a loss.
class ProgressLines {
public:
    ProgressLines(const std::atomic<bool>& stop, ProgressOutput output)
        : stop_(stop), output_(output) {}

    void enterFold(int fold) {
        fold_ = fold;
        phase_.reset();
    }

    bool operator()(const ProbeProgress& progress) {
        using std::chrono::duration;
        const auto now = Clock::now();
        if (phase_ != progress.phase) {
            phase_ = progress.phase;
            begin_ = now;
            last_ = now;
        }
        const bool due = progress.loss || now - last_ >= std::chrono::seconds(1);
        if (output_ == ProgressOutput::Lines && due && progress.done > 0) {
            last_ = now;
            const double secs = duration<double>(now - begin_).count();
            const auto left = static_cast<double>(progress.total - progress.done);
            json text{{"event", "progress"},
                      {"fold", fold_},
                      {"phase", nameOf(progress.phase)},
                      {"done", progress.done},
                      {"total", progress.total},
                      {"eta_secs", secs * left / static_cast<double>(progress.done)}};
            if (progress.loss) text["loss"] = *progress.loss;
            std::cout << text.dump() << std::endl;
        }
        return !stop_.load();
    }

private:
    using Clock = std::chrono::steady_clock;
    static const char* nameOf(ProbePhase phase) {
        switch (phase) {
        case ProbePhase::Features: return "features";
        case ProbePhase::Training: return "training";
        case ProbePhase::Scoring: return "scoring";
        }
        return "";
    }

    const std::atomic<bool>& stop_;
    ProgressOutput output_;
    int fold_ = 0;
    std::optional<ProbePhase> phase_;
    Clock::time_point begin_;
    Clock::time_point last_;
};

/// Indices of the pictures of the training and the test shard, which follow each other in the set.
std::vector<ProbeSplit> twoShards(std::size_t train, std::size_t all) {
    ProbeSplit split;
    for (std::size_t i = 0; i < all; ++i) (i < train ? split.train : split.test).push_back(i);
    return {split};
}

json resultOf(const ProbeLine& line, const SegmentationScores& scores, std::int64_t channels) {
    json iou = json::array();
    json pixels = json::array();
    for (const ClassScore& score : scores.classes) {
        iou.push_back(score.truthPixels > 0 ? json(score.iou) : json());
        pixels.push_back(score.truthPixels);
    }
    json result{{"event", "result"},
                {"model", line.model},
                {"miou", scores.meanIou},
                {"pixel_accuracy", scores.pixelAccuracy},
                {"iou", iou},
                {"truth_pixels", pixels},
                {"pixels", scores.pixels},
                {"channels", channels},
                {"grid_stride", 1 << line.set.gridLevel},
                {"steps", line.probe.steps},
                {"batch", line.probe.batch},
                {"learning_rate", line.probe.learningRate},
                {"weight_decay", line.probe.weightDecay},
                {"seed", line.probe.seed},
                {"device", line.set.device.str()},
                {"threads", at::get_num_threads()}};
    if (line.levels) result["levels"] = *line.levels;
    if (line.shard.empty()) {
        result["train"] = line.train;
        result["test"] = line.test;
    } else {
        result["shard"] = line.shard;
        result["folds"] = line.folds;
    }
    return result;
}

/// Writes the file atomically.
void writeResult(const fs::path& path, const json& result) {
    const fs::path part = partialPath(path, "", ".part");
    std::ofstream file(part);
    file << result.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
    file.close();
    std::error_code failure;
    if (file) fs::rename(part, path, failure);
    if (!file || failure) {
        throw Error(ErrorCode::Input, "cannot write " + path.string(),
                    "Check that the folder exists and is writable.");
    }
}

}  // namespace

int probeCommand(Arguments& arguments) {
    ProbeLine line = parseLine(arguments);
    const std::string device = arguments.take("--device", "auto");
    const int threads = takeCount(arguments, "--threads", 0, 0, 4096);
    const auto output = arguments.takeFlag("-q") ? ProgressOutput::None : ProgressOutput::Lines;
    arguments.refuseRest();
    line.set.device = chooseDevice(device);
    if (threads > 0) at::set_num_threads(threads);

    // Every picture is decoded only once: cache features instead.
    const auto open = [](const std::string& path) {
        return labelledPictures(
            std::make_shared<const ShardReader>(path, ShardOptions{.cacheBytes = 0}));
    };
    std::vector<LabelledPicture> pictures = open(line.shard.empty() ? line.train : line.shard);
    std::vector<ProbeSplit> splits;
    if (line.shard.empty()) {
        const std::size_t train = pictures.size();
        for (auto& picture : open(line.test)) pictures.push_back(std::move(picture));
        splits = twoShards(train, pictures.size());
    } else {
        splits = contiguousFolds(pictures.size(), line.folds);
    }
    ProbeSet set(std::move(pictures), featuresOf(line), line.set);
    ConfusionMatrix matrix(set.classes(), line.set.device);
    ProgressLines lines(stopOnSignals(), output);
    std::int64_t channels = 0;
    for (std::size_t fold = 0; fold < splits.size(); ++fold) {
        lines.enterFold(static_cast<int>(fold));
        const auto report = [&](const ProbeProgress& progress) { return lines(progress); };
        const ProbeHead head = trainProbe(set, splits[fold].train, line.probe, report);
        matrix.add(scoreProbe(set, splits[fold].test, head, report));
        channels = head.channels();
    }
    const SegmentationScores scores = scoresOf(matrix);
    if (scores.pixels == 0) {
        throw Error(ErrorCode::Input, "every label of the test images is void",
                    "Check --void of `mcjepa pack`.");
    }
    const json result = resultOf(line, scores, channels);
    // File names need not be UTF-8.
    std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    if (!line.output.empty()) writeResult(line.output, result);
    return 0;
}

}  // namespace mcj
