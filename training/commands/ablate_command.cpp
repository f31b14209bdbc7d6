#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "training/ablation.h"
#include "training/ablation_report.h"
#include "training/commands/commands.h"
#include "training/recipe.h"
#include "training/run_summary.h"
#include "training/text_table.h"
#include "training/whole_file.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

enum class Telling { Progress, Quiet };

/// Earlier scores are in the study's folder; those in --scores files replace them.
std::vector<std::filesystem::path> scoreFiles(const std::vector<std::string>& given,
                                              const std::filesystem::path& studyFolder) {
    std::vector<std::filesystem::path> files;
    const auto own = studyFolder / "scores.jsonl";
    if (std::filesystem::exists(own)) files.push_back(own);
    files.insert(files.end(), given.begin(), given.end());
    return files;
}

void writeReport(const Study& study, const std::filesystem::path& studyFolder,
                 const std::vector<std::filesystem::path>& scores) {
    const auto results = collectResults(studyFolder, scores);
    if (results.runs.empty()) {
        throw Error(ErrorCode::Input, studyFolder.string() + ": contains no finished run",
                    "Train the study with --recipe, --pictures and --clips.");
    }
    writeAblationReport(study, results, studyFolder);
}

void checkData(const AblationPlan& plan, const TrainOptions& options) {
    if (options.pictures.empty()) {
        throw Error(ErrorCode::Usage, "--pictures is missing: features are measured on images",
                    "Pack images with `mcjepa pack --images DIR -o FILE`.");
    }
    for (const auto& run : plan.runs) {
        if (!options.clips.empty() || parseRecipe(run.recipe).realEvery <= 0) continue;
        throw Error(ErrorCode::Usage, "--clips is missing: " + run.name() + " uses real pairs",
                    "Pack videos with `mcjepa pack --videos DIR -o FILE`.");
    }
}

void printPlan(const AblationPlan& plan) {
    for (const auto& run : plan.runs) {
        std::cout << run.folder.string() << "  " << parseRecipe(run.recipe).steps << " steps\n";
    }
}

std::string outcomeText(RunOutcome outcome) {
    switch (outcome) {
    case RunOutcome::Kept: return "already finished";
    case RunOutcome::Finished: return "finished";
    case RunOutcome::Failed: return "failed: a loss became NaN";
    case RunOutcome::Interrupted: break;
    }
    return "stopped; run the same command to resume";
}

/// Prints a line of progress ten times per run.
void tell(const AblationRun& run, std::int64_t steps, const MetricLine& line) {
    const auto done = static_cast<std::int64_t>(line.at("step")) + 1;
    if (done % std::max<std::int64_t>(1, steps / 10) != 0 && done != steps) return;
    std::cerr << run.study << " " << run.name() << ": step " << done << " of " << steps;
    const auto show = [&](const char* key, const char* what) {
        if (const auto found = line.find(key); found != line.end()) {
            std::cerr << ", " << what << " " << cell(found->second);
        }
    };
    show("loss", "loss");
    show("validation_epe_px", "validation px");
    if (const auto left = line.find("eta_secs"); left != line.end()) {
        std::cerr << ", " << durationText(left->second) << " left";
    }
    std::cerr << "\n";
}

int train(const Study& study, const AblationPlan& plan, const TrainOptions& options,
          const std::vector<std::filesystem::path>& scores, Telling telling) {
    const auto& stop = stopOnSignals();
    const auto start = Clock::now();
    beginStudy(plan);
    for (const auto& run : plan.runs) {
        TrainOptions own = options;
        if (options.maxMinutes > 0) {
            const std::chrono::duration<double> gone = Clock::now() - start;
            // Not 0, which would mean no limit.
            own.maxMinutes = std::max(1e-6, options.maxMinutes - gone.count() / 60.0);
        }
        const std::int64_t steps = parseRecipe(run.recipe).steps;
        const auto outcome = runPoint(run, own, stop, [&](const MetricLine& line) {
            if (telling == Telling::Progress) tell(run, steps, line);
        });
        std::cerr << run.study << " " << run.name() << ": " << outcomeText(outcome) << "\n";
        if (outcome == RunOutcome::Interrupted) return static_cast<int>(ErrorCode::Interrupted);
        writeReport(study, plan.studyFolder, scores);
    }
    std::cout << (plan.studyFolder / "table.md").string() << "\n";
    return 0;
}

}  // namespace

int ablateCommand(Arguments& arguments) {
    AblationPlanOptions plan;
    plan.folder = arguments.takeRequired("-o");
    plan.points = arguments.take("--points", "");
    plan.seeds = static_cast<int>(arguments.takeNumber("--seeds", 0));
    plan.steps = static_cast<std::int64_t>(arguments.takeNumber("--steps", 0));
    const std::string recipe = arguments.take("--recipe", "");
    TrainOptions options;
    for (const auto& path : arguments.takeAll("--pictures")) options.pictures.emplace_back(path);
    for (const auto& path : arguments.takeAll("--clips")) options.clips.emplace_back(path);
    options.device = arguments.take("--device", "auto");
    options.threads = static_cast<int>(arguments.takeNumber("--threads", 0));
    options.cacheBytes = arguments.takeGibibytes("--cache-gib", 4.0);
    options.maxMinutes = arguments.takeNumber("--max-minutes", 0);
    const bool dryRun = arguments.takeFlag("--dry-run");
    const auto telling = arguments.takeFlag("-q") ? Telling::Quiet : Telling::Progress;
    const auto givenScores = arguments.takeAll("--scores");
    const Study& study = findStudy(arguments.takePositional("the study"));
    arguments.refuseRest();

    const auto studyFolder = plan.folder / study.name;
    const auto scores = scoreFiles(givenScores, studyFolder);
    if (recipe.empty()) {
        writeReport(study, studyFolder, scores);
        std::cout << readWholeFile(studyFolder / "table.md", "");
        return 0;
    }
    const std::string base =
        readWholeFile(recipe, "Give a recipe file, for example training/recipes/ablation.json.");
    const auto planned = planAblation(study, base, plan);
    checkData(planned, options);
    if (dryRun) {
        printPlan(planned);
        return 0;
    }
    return train(study, planned, options, scores, telling);
}

}  // namespace mcj
