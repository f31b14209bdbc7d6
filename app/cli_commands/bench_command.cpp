#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli_commands/bench_annotate.h"
#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/mask_options.h"
#include "app/cli_commands/review_flow.h"

namespace mcj {
namespace {

void addAnnotate(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand(
        "annotate", "Simulates an annotator who corrects frames until the masks are good");
    const auto request = std::make_shared<AnnotateBench>();
    request->flow.method = kReviewFlow;
    command
        ->add_option("--sequences", request->sequences,
                     "Folders with frames/ and masks/, with ground truth for every frame, or the "
                     "folder of DAVIS")
        ->required();
    command
        ->add_option("--pick", request->pickers,
                     "How the next frame is picked: curve (the greatest review score), uniform "
                     "(evenly spread), oracle (the least true J&F, as a bound)")
        ->delimiter(',')
        ->capture_default_str();
    command
        ->add_option("--propagate", request->method,
                     "Propagation method: studio, features, flow, both, dis-flow or identity")
        ->capture_default_str();
    command
        ->add_option("--touches", request->maxTouches,
                     "Maximum number of touched frames per sequence")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command
        ->add_option("--target", request->target,
                     "J&F in percent at which the annotator stops; above 100: never")
        ->check(CLI::Range(1.0, 1000.0))
        ->capture_default_str();
    command
        ->add_option(
            "--level", request->level,
            "Feature level that the review score compares, 1 (fine) to 6 (coarse); 0: no features")
        ->check(CLI::Range(0, 6))
        ->capture_default_str();
    command->add_option("-o,--output", request->output, "Folder for touches.csv and annotate.json");
    CLI::Option* method = addFlowChoice(*command, request->flow);
    addLabelOptions(*command, request->labels);
    command->callback([&context, request, method] {
        request->flowGiven = method->count() > 0 || !request->flow.command.empty();
        context.setAction([&context, request] { benchAnnotate(context, *request); });
    });
}

}  // namespace

void addBenchCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand("bench", "Benchmarks this program: annotate");
    command->require_subcommand(1);
    addAnnotate(*command, context);
}

}  // namespace mcj
