#include <iostream>
#include <string>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>
#include <opencv2/core/utility.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/describe_program.h"
#include "app/cli_commands/figure_command.h"
#ifdef MCJ_HAVE_PACK
#include "app/cli_commands/pack_command.h"
#endif
#include "inference/engine/engine_limits.h"
#include "media/base/passive_threads.h"

namespace {

void addGlobalOptions(CLI::App& app, mcj::CommandContext& context) {
    mcj::GlobalOptions& options = context.options;
    const std::string group = "Common options";
    app.add_option("--model", options.model,
                   "Model weights, a .safetensors file (default: the shipped model)")
        ->group(group);
    app.add_option("--device", options.device,
                   "Device for computing: auto, cpu, cuda or cuda:N (default: auto)")
        ->check(CLI::Validator(
            [](std::string& text) -> std::string { return mcj::deviceProblem(text); }, "",
            "device"))
        ->group(group);
    app.add_option(
           "--precision", options.precision,
           "Number type of matrix products on the CPU: auto, float32 or bfloat16 (default auto: "
           "bfloat16 if the processor has AMX instructions; flow then differs by less than 1 %)")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
        ->group(group);
    app.add_option("--max-side", options.maxSidePx,
                   "Reduce frames whose longer side exceeds this many pixels before computing, and "
                   "scale the results back (default: full size)")
        ->check(CLI::Range(mcj::kLeastMaxSidePx, mcj::kMostMaxSidePx))
        ->group(group);
    app.add_option("--seed", options.seed,
                   "Seed of random numbers, such as the clicks of evaluate similarity")
        ->group(group);
    app.add_option("--threads", options.threads,
                   "Number of threads for computing (default: one per core)")
        ->check(CLI::Range(1, mcj::kMostThreads))
        ->group(group);
    app.add_flag_callback(
           "--json", [&options] { options.output = mcj::OutputStyle::JsonLines; },
           "Write one JSON object per line to standard output")
        ->group(group);
    app.add_flag_callback(
           "--dry-run", [&options] { options.mode = mcj::RunMode::DryRun; },
           "Print the expected time, memory and disk space, and write nothing")
        ->group(group);
    app.add_flag_callback(
           "--overwrite", [&options] { options.existing = mcj::ExistingOutput::Overwrite; },
           "Replace the output of an earlier run")
        ->group(group);
    app.add_flag_callback(
           "-q,--quiet", [&options] { options.verbosity = mcj::Verbosity::Quiet; },
           "Print only warnings and errors")
        ->group(group);
    app.add_flag_callback(
           "-v,--verbose", [&options] { options.verbosity = mcj::Verbosity::Verbose; },
           "Print more messages to standard error")
        ->group(group);
}

void startLog() {
    auto log = spdlog::stderr_color_mt("mcjepa");
    log->set_pattern("%^%l%$: %v");
    spdlog::set_default_logger(std::move(log));
}

void applyOptions(const mcj::GlobalOptions& options) {
    switch (options.verbosity) {
    case mcj::Verbosity::Quiet: spdlog::set_level(spdlog::level::warn); break;
    case mcj::Verbosity::Normal: spdlog::set_level(spdlog::level::info); break;
    case mcj::Verbosity::Verbose: spdlog::set_level(spdlog::level::debug); break;
    }
    if (options.threads > 0) cv::setNumThreads(options.threads);
}

int parseAndRun(int argc, char** argv) {
    mcj::CommandContext context;
    CLI::App app(
        "Motion and content in video with MC-JEPA: flow, warp errors, consistency,\nsimilarity and "
        "mask propagation, from the command line.",
        "mcjepa");
    app.set_version_flag("--version", "mcjepa " MCJ_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    addGlobalOptions(app, context);
    mcj::addInfoCommand(app, context);
    mcj::addAnalyzeCommand(app, context);
    mcj::addCurvesCommand(app, context);
    mcj::addSimilarityCommand(app, context);
    mcj::addTrackCommand(app, context);
    mcj::addPropagateCommand(app, context);
    mcj::addConvertCommand(app, context);
    mcj::addWriteBackCommand(app, context);
    mcj::addBundleCommand(app, context);
    mcj::addProjectCommands(app, context);
    mcj::addReviewCommand(app, context);
    mcj::addEvaluateCommand(app, context);
    mcj::addBenchCommand(app, context);
    mcj::addFigureCommand(app, context);
#ifdef MCJ_HAVE_PACK
    mcj::addPackCommand(app, context);
#endif
    mcj::addLiveCommand(app, context);
    mcj::addDoctorCommand(app, context);
    mcj::addDescribeCommands(app, context);
    app.footer("Exit codes: 0 done, 2 usage, 3 input, 4 device or memory, 5 interrupted, 1 other.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(mcj::ErrorCode::Usage);
    } catch (const mcj::Error& error) {
        std::cerr << "mcjepa: " << error.what() << '\n';
        if (!error.hint().empty()) std::cerr << "        " << error.hint() << '\n';
        return static_cast<int>(error.code());
    }
    applyOptions(context.options);
    return context.runAction();
}

}  // namespace

int main(int argc, char** argv) {
    mcj::installStopSignals();
    startLog();
    return parseAndRun(argc, argv);
}
