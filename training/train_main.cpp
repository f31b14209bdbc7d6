#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "media/base/passive_threads.h"
#include "training/trainer.h"

namespace {

constexpr const char* kUsage =
    R"(mcjepa-train: trains MC-JEPA models by self-supervision

  mcjepa-train fit --recipe FILE --run DIR --pictures SHARD [--clips SHARD]
                   [--device auto|cpu|cuda[:N]] [--threads N] [--max-minutes M] [-q]
      Trains, or goes on with the run in DIR. DIR/metrics.jsonl has one line a step.
  mcjepa-train export RUN_OR_CHECKPOINT -o FILE [--set KEY=VALUE ...]
      Writes the weights to ship (float16) with recipe and notes in the header.
  mcjepa-train --version

Shards are made by `mcjepa pack`. Exit codes: 0 done, 2 usage, 3 input, 4 device, 5 interrupted.
)";

std::atomic<bool> stopRequested{false};
void onSignal(int) { stopRequested.store(true); }

/// The words of a command line: options with their values, in order, and the rest.
class Arguments {
public:
    Arguments(int argc, char** argv) : words_(argv + 1, argv + argc) {}

    [[nodiscard]] bool takeFlag(const std::string& name) {
        for (auto it = words_.begin(); it != words_.end(); ++it) {
            if (*it == name) {
                words_.erase(it);
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] std::vector<std::string> takeAll(const std::string& name) {
        std::vector<std::string> values;
        for (auto it = words_.begin(); it != words_.end();) {
            if (*it != name) {
                ++it;
                continue;
            }
            if (it + 1 == words_.end()) {
                throw mcj::Error(mcj::ErrorCode::Usage, name + " needs a value");
            }
            values.push_back(*(it + 1));
            it = words_.erase(it, it + 2);
        }
        return values;
    }
    [[nodiscard]] std::string take(const std::string& name, const std::string& otherwise) {
        const auto values = takeAll(name);
        return values.empty() ? otherwise : values.back();
    }
    [[nodiscard]] std::string takeRequired(const std::string& name) {
        const auto values = takeAll(name);
        if (values.empty()) {
            throw mcj::Error(mcj::ErrorCode::Usage, name + " is missing",
                             "mcjepa-train --help shows every option.");
        }
        return values.back();
    }
    [[nodiscard]] std::string takePositional(const std::string& what) {
        if (words_.empty() || words_.front().starts_with("-")) {
            throw mcj::Error(mcj::ErrorCode::Usage, what + " is missing",
                             "mcjepa-train --help shows every option.");
        }
        const std::string word = words_.front();
        words_.erase(words_.begin());
        return word;
    }
    void refuseRest() const {
        if (!words_.empty()) {
            throw mcj::Error(mcj::ErrorCode::Usage, "unknown option " + words_.front(),
                             "mcjepa-train --help shows every option.");
        }
    }

private:
    std::vector<std::string> words_;
};

double numberOf(const std::string& option, const std::string& text) {
    try {
        std::size_t used = 0;
        const double value = std::stod(text, &used);
        if (used == text.size() && value >= 0) return value;
    } catch (const std::exception&) {
    }
    throw mcj::Error(mcj::ErrorCode::Usage, option + " " + text + ": is not a number from 0 up");
}

std::string jsonLine(const mcj::MetricLine& line) {
    std::string text = "{\"event\": \"step\"";
    for (const auto& [name, value] : line) {
        char number[64];
        std::snprintf(number, sizeof number, "%.9g", value);
        text += ", \"" + name + "\": " + number;
    }
    return text + "}";
}

int fit(Arguments& arguments) {
    mcj::TrainOptions options;
    const auto recipe = mcj::readRecipe(arguments.takeRequired("--recipe"));
    options.runFolder = arguments.takeRequired("--run");
    for (const auto& path : arguments.takeAll("--pictures")) options.pictures.emplace_back(path);
    for (const auto& path : arguments.takeAll("--clips")) options.clips.emplace_back(path);
    options.device = arguments.take("--device", "auto");
    options.threads = static_cast<int>(numberOf("--threads", arguments.take("--threads", "0")));
    options.maxMinutes = numberOf("--max-minutes", arguments.take("--max-minutes", "0"));
    const bool quiet = arguments.takeFlag("-q");
    arguments.refuseRest();
    if (recipe.syntheticBatch > 0 && options.pictures.empty()) {
        throw mcj::Error(mcj::ErrorCode::Usage, "--pictures is missing: the recipe makes scenes",
                         "Pack pictures with `mcjepa pack --images DIR -o FILE`.");
    }
    if (recipe.realEvery > 0 && options.clips.empty()) {
        throw mcj::Error(mcj::ErrorCode::Usage, "--clips is missing: the recipe uses real pairs",
                         "Pack videos with `mcjepa pack --videos DIR -o FILE`.");
    }
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    mcj::Trainer trainer(recipe, options);
    std::ofstream metrics(options.runFolder / "metrics.jsonl", std::ios::app);
    const std::int64_t done = trainer.fit(stopRequested, [&](const mcj::MetricLine& line) {
        const std::string text = jsonLine(line);
        metrics << text << std::endl;
        if (!quiet) std::cout << text << std::endl;
    });
    if (stopRequested.load()) {
        std::cerr << "stopped after step " << done << "; run the same command to go on\n";
        return static_cast<int>(mcj::ErrorCode::Interrupted);
    }
    return 0;
}

int exportWeights(Arguments& arguments) {
    std::filesystem::path source = arguments.takePositional("the run folder or checkpoint");
    const std::filesystem::path output = arguments.takeRequired("-o");
    std::map<std::string, std::string> metadata;
    for (const auto& pair : arguments.takeAll("--set")) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos) {
            throw mcj::Error(mcj::ErrorCode::Usage, "--set " + pair + ": needs KEY=VALUE");
        }
        metadata[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    arguments.refuseRest();
    if (std::filesystem::is_directory(source)) source /= "last.safetensors";
    mcj::exportModel(source, output, metadata);
    std::cout << output.string() << "\n";
    return 0;
}

int run(int argc, char** argv) {
    Arguments arguments(argc, argv);
    if (arguments.takeFlag("--version")) {
        std::cout << "mcjepa-train " << MCJ_VERSION << "\n";
        return 0;
    }
    if (arguments.takeFlag("--help") || arguments.takeFlag("-h") || argc < 2) {
        std::cout << kUsage;
        return argc < 2 ? 2 : 0;
    }
    const std::string command = arguments.takePositional("a command (fit, export)");
    if (command == "fit") return fit(arguments);
    if (command == "export") return exportWeights(arguments);
    throw mcj::Error(mcj::ErrorCode::Usage, "unknown command " + command,
                     "Commands are fit and export.");
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const mcj::Error& error) {
        std::cerr << "error: " << error.what() << "\n";
        if (!error.hint().empty()) std::cerr << error.hint() << "\n";
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "\n";
        return 1;
    }
}
