#include <iostream>
#include <memory>
#include <string>

#include "media/base/error.h"
#include "training/commands/commands.h"
#include "training/distributed.h"
#include "training/trainer.h"

namespace mcj {
namespace {

/// NAME=FILE, or FILE, whose name is the file's.
ClipSet clipSet(const std::string& word) {
    const auto equals = word.find('=');
    const bool named = equals != std::string::npos && equals > 0 && word.find('/') > equals &&
                       equals + 1 < word.size();
    if (!named) return ClipSet(std::filesystem::path(word));
    return {word.substr(0, equals), std::filesystem::path(word.substr(equals + 1))};
}

TrainOptions takeOptions(Arguments& arguments) {
    TrainOptions options;
    options.runFolder = arguments.takeRequired("--run");
    for (const auto& path : arguments.takeAll("--pictures")) options.pictures.emplace_back(path);
    for (const auto& word : arguments.takeAll("--clips")) options.clips.push_back(clipSet(word));
    options.init = arguments.take("--init", "");
    options.threads = static_cast<int>(arguments.takeNumber("--threads", 0));
    options.workers = static_cast<int>(arguments.takeNumber("--workers", 0));
    options.cacheBytes = arguments.takeGibibytes("--cache-gib", 4.0);
    options.maxMinutes = arguments.takeNumber("--max-minutes", 0);
    return options;
}

void requireShards(const Recipe& recipe, const TrainOptions& options) {
    if (options.pictures.empty() && options.clips.empty()) {
        throw Error(ErrorCode::Usage, "--pictures is missing: there are no images to train on",
                    "Pack images with `mcjepa pack --images DIR -o FILE`.");
    }
    if (recipe.realEvery > 0 && options.clips.empty()) {
        throw Error(ErrorCode::Usage, "--clips is missing: the recipe uses real pairs",
                    "Pack videos with `mcjepa pack --videos DIR -o FILE`.");
    }
}

int train(Arguments& arguments, const std::string& device,
          const std::shared_ptr<Collective>& processes) {
    const auto recipe = readRecipe(arguments.takeRequired("--recipe"));
    auto options = takeOptions(arguments);
    const bool quiet = arguments.takeFlag("-q");
    arguments.refuseRest();
    requireShards(recipe, options);
    options.processes = processes;
    options.device = deviceOfProcess(device, processes->place());
    options.threads = threadsOfProcess(options.threads, processes->place());
    const std::atomic<bool>& stopRequested = stopOnSignals();
    const bool isFirst = processes->rank() == 0;
    if (isFirst && processes->size() > 1) std::cerr << describeProcess(*processes) << "\n";
    Trainer trainer(recipe, options);
    if (const auto warning = smallBatchWarning(recipe); isFirst && !warning.empty()) {
        std::cerr << "warning: " << warning << "\n";
    }
    if (isFirst && !trainer.initialWeights().empty()) {
        std::cerr << "first weights: " << trainer.initialWeights() << "\n";
    }
    const std::int64_t done = trainer.fit(stopRequested, [&](const MetricLine& line) {
        if (!quiet) std::cout << toJsonLine(line) << std::endl;
    });
    // A signal may have reached only another process; stopping by the time limit is a success.
    if (done >= recipe.steps || (options.maxMinutes > 0 && !stopRequested.load())) return 0;
    if (isFirst) {
        std::cerr << "stopped after step " << done << "; run the same command to resume\n";
    }
    return static_cast<int>(ErrorCode::Interrupted);
}

}  // namespace

int fitCommand(Arguments& arguments) {
    DistributedOptions distributed;
    distributed.kind = parseDistributedKind(arguments.take("--distributed", "auto"));
    distributed.device = arguments.take("--device", "auto");
    const auto processes = openCollective(distributed);
    return runTogether(*processes, [&] { return train(arguments, distributed.device, processes); });
}

}  // namespace mcj
