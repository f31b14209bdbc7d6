#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/evaluate_flow.h"
#include "app/cli_commands/evaluate_masks.h"
#include "app/cli_commands/evaluate_similarity.h"
#include "app/cli_commands/evaluate_vos.h"
#include "app/cli_commands/mask_options.h"

namespace mcj {
namespace {

void addFlow(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand("flow",
                                          "Scores flow against ground truth: end-point error "
                                          "(EPE), share of outliers (Fl-all), angular error");
    const auto request = std::make_shared<FlowEvaluation>();
    auto* pairs = command->add_option("--pairs", request->folders,
                                      "Folders with frame1.*, frame2.* and flow.flo or flow.png");
    auto* sintel = command->add_option("--sintel", request->sintel, "The folder of MPI-Sintel");
    auto* kitti =
        command->add_option("--kitti", request->kitti, "The folder of KITTI 2015 or 2012");
    pairs->excludes(sintel)->excludes(kitti);
    sintel->excludes(kitti);
    command
        ->add_option("--method", request->methods,
                     "One or several of model, model-fast, dis, farneback, zero (default: all but "
                     "model-fast)")
        ->delimiter(',');
    command
        ->add_option(
            "--only", request->only,
            "Only pairs with these names, such as clean/alley_1/0001; * matches any characters")
        ->delimiter(',');
    addSplitOption(*command, request->split);
    command->add_option("--submission", request->submission,
                        "Instead of scoring, write one method's flow for the test split of the "
                        "benchmark to this folder, in the format of its server");
    command->callback([&context, request] {
        context.setAction([&context, request] { evaluateFlow(context, *request); });
    });
}

void addMasks(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand("masks",
                                          "Scores masks on disk against ground truth: region "
                                          "similarity J and contour accuracy F, as DAVIS does");
    const auto request = std::make_shared<MaskEvaluation>();
    command
        ->add_option("--results", request->results,
                     "Masks to score: a folder of sequences, or one sequence")
        ->required();
    command->add_option("--truth", request->truth, "Ground-truth masks, in the same layout")
        ->required();
    addLabelOptions(*command, request->labels);
    command->callback([&context, request] {
        context.setAction([&context, request] { evaluateMasks(context, *request); });
    });
}

/// Options of label propagation by features; the defaults are DINO's, except for the second level.
void addProtocolOptions(CLI::App& command, LabelPropagationOptions& options) {
    const std::string group = "Label propagation by features";
    command
        .add_option("--level", options.level,
                    "Feature level whose grid carries the labels, 1 (fine) to 6 (coarse); features "
                    "of the next finer level are compared as well")
        ->check(CLI::Range(1, 6))
        ->capture_default_str()
        ->group(group);
    command
        .add_option("--context-frames", options.contextFrames,
                    "Number of previous frames that are used besides the first one")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str()
        ->group(group);
    command
        .add_option("--radius", options.radiusCells,
                    "Radius of the search window, in cells of the level")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str()
        ->group(group);
    command.add_option("--top-k", options.topK, "Number of neighbours that vote")
        ->check(CLI::Range(1, 32))
        ->capture_default_str()
        ->group(group);
    command.add_option("--temperature", options.temperature, "Temperature of the votes")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(group);
}

void addVos(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand("vos",
                                          "Scores video object segmentation: propagates the first "
                                          "mask of each sequence and scores the masks");
    const auto request = std::make_shared<VosEvaluation>();
    auto* sequences =
        command->add_option("--sequences", request->sequences, "Folders with frames/ and masks/");
    auto* davis =
        command->add_option("--davis", request->davis,
                            "The folder of DAVIS: JPEGImages/480p, Annotations/480p, ImageSets");
    sequences->excludes(davis);
    command
        ->add_option("--set", request->set,
                     "Sequences of DAVIS: a name below ImageSets/2017, or a file (default: val)")
        ->needs(davis);
    command
        ->add_option("--method", request->methods,
                     "Propagation methods, separated by commas: studio, features, flow, both, "
                     "dis-flow, identity")
        ->delimiter(',')
        ->capture_default_str();
    command->add_option("-o,--output", request->output,
                        "Also write the masks: DIR/METHOD/SEQUENCE/00000.png");
    addLabelOptions(*command, request->labels);
    addProtocolOptions(*command, request->protocol);
    command->callback([&context, request] {
        context.setAction([&context, request] { evaluateVos(context, *request); });
    });
}

void addSimilarity(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand("similarity",
                                          "Scores how well a click finds the clicked object: "
                                          "average precision of the cosine similarity");
    const auto request = std::make_shared<SimilarityEvaluation>();
    command
        ->add_option("--sequences", request->sequences,
                     "Folders with frames/ and masks/, with ground truth for every frame")
        ->required();
    command->add_option("--level", request->level, "Feature level, 1 (fine) to 6 (coarse)")
        ->check(CLI::Range(1, 6))
        ->capture_default_str();
    command->add_option("--clicks", request->clicks, "Clicks per object, drawn with --seed")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    addLabelOptions(*command, request->labels);
    command->callback([&context, request] {
        context.setAction([&context, request] { evaluateSimilarity(context, *request); });
    });
}

}  // namespace

void addEvaluateCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "evaluate", "Scores results against ground truth: flow, masks, vos, similarity");
    command->require_subcommand(1);
    addFlow(*command, context);
    addMasks(*command, context);
    addVos(*command, context);
    addSimilarity(*command, context);
}

}  // namespace mcj
