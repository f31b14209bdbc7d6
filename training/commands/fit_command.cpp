#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "media/base/error.h"
#include "training/commands/commands.h"
#include "training/trainer.h"

namespace mcj {
namespace {

std::string jsonLine(const MetricLine& line) {
    std::string text = "{\"event\": \"step\"";
    for (const auto& [name, value] : line) {
        char number[64];
        std::snprintf(number, sizeof number, "%.9g", value);
        text += ", \"" + name + "\": " + number;
    }
    return text + "}";
}

}  // namespace

int fitCommand(Arguments& arguments) {
    TrainOptions options;
    const auto recipe = readRecipe(arguments.takeRequired("--recipe"));
    options.runFolder = arguments.takeRequired("--run");
    for (const auto& path : arguments.takeAll("--pictures")) options.pictures.emplace_back(path);
    for (const auto& path : arguments.takeAll("--clips")) options.clips.emplace_back(path);
    options.init = arguments.take("--init", "");
    options.device = arguments.take("--device", "auto");
    options.threads = static_cast<int>(arguments.takeNumber("--threads", 0));
    options.maxMinutes = arguments.takeNumber("--max-minutes", 0);
    const bool quiet = arguments.takeFlag("-q");
    arguments.refuseRest();
    if (recipe.syntheticBatch > 0 && options.pictures.empty()) {
        throw Error(ErrorCode::Usage, "--pictures is missing: the recipe makes scenes",
                         "Pack pictures with `mcjepa pack --images DIR -o FILE`.");
    }
    if (recipe.realEvery > 0 && options.clips.empty()) {
        throw Error(ErrorCode::Usage, "--clips is missing: the recipe uses real pairs",
                         "Pack videos with `mcjepa pack --videos DIR -o FILE`.");
    }
    const std::atomic<bool>& stopRequested = stopOnSignals();
    Trainer trainer(recipe, options);
    if (!trainer.initialWeights().empty()) {
        std::cerr << "first weights: " << trainer.initialWeights() << "\n";
    }
    std::ofstream metrics(options.runFolder / "metrics.jsonl", std::ios::app);
    const std::int64_t done = trainer.fit(stopRequested, [&](const MetricLine& line) {
        const std::string text = jsonLine(line);
        metrics << text << std::endl;
        if (!quiet) std::cout << text << std::endl;
    });
    if (stopRequested.load()) {
        std::cerr << "stopped after step " << done << "; run the same command to go on\n";
        return static_cast<int>(ErrorCode::Interrupted);
    }
    return 0;
}

}  // namespace mcj
