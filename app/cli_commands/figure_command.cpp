#include "app/cli_commands/figure_command.h"

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/flow_figure.h"
#include "app/cli_commands/line_options.h"
#include "app/cli_commands/mask_figure.h"
#include "app/cli_commands/mask_options.h"

namespace mcj {
namespace {

void addOutput(CLI::App& command, std::string& output, int& cellWidthPx) {
    command.add_option("-o,--output", output, "The figure: FILE.svg, FILE.pdf or FILE.png")
        ->required();
    command.add_option("--cell-width", cellWidthPx, "Width of each image in the figure, in pixels")
        ->check(CLI::Range(64, 4096))
        ->capture_default_str();
}

void addFlow(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand(
        "flow", "Draws flow of several methods side by side, with ground truth where it is known");
    const auto request = std::make_shared<FlowFigure>();
    const auto wheel = std::make_shared<std::string>("middlebury");
    command->add_option("PAIRS_OR_VIDEO", request->inputs,
                        "Folders with frame1.*, frame2.* and flow.flo or flow.png, or videos");
    command->add_option("--sintel", request->sintel, "Also pairs from the folder of MPI-Sintel");
    command->add_option("--kitti", request->kitti, "Also pairs from the folder of KITTI");
    command
        ->add_option(
            "--only", request->only,
            "Only pairs with these names, such as clean/alley_1/0001; * matches any characters")
        ->delimiter(',');
    command
        ->add_option("--frame", request->frames,
                     "For videos: first frames of the pairs, counted from 0")
        ->delimiter(',')
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command
        ->add_option(
            "--method", request->methods,
            "Columns: model, model-fast, dis, farneback, zero, or NAME=FILE for another model")
        ->delimiter(',')
        ->capture_default_str();
    command
        ->add_option("--flow-scale", request->flowScalePx,
                     "Motion in pixels that has full saturation (default: from the ground truth of "
                     "each row)")
        ->check(CLI::PositiveNumber);
    command->add_option("--wheel", *wheel, "Colour wheel for directions")
        ->check(CLI::IsMember({"middlebury", "vision-safe"}))
        ->capture_default_str();
    const auto style = std::make_shared<std::string>("colors");
    const auto lines = std::make_shared<LineOptions>();
    command
        ->add_option("--style", *style,
                     "Flow in colours, as arrows over the first frame, or for videos as "
                     "streamlines over the following frames: colors, arrows or streamlines")
        ->check(CLI::IsMember({"colors", "arrows", "streamlines"}))
        ->capture_default_str();
    addLineOptions(*command, *lines);
    addOutput(*command, request->output, request->cellWidthPx);
    command->callback([&context, request, wheel, style, lines] {
        if (*style == "arrows") request->arrows = lines->look();
        if (*style == "streamlines") request->streams = lines->streamLook();
        request->wheel = *wheel == "vision-safe" ? FlowWheel::VisionSafe : FlowWheel::Middlebury;
        context.setAction([&context, request] { drawFlowFigure(context, *request); });
    });
}

void addMasks(CLI::App& parent, CommandContext& context) {
    auto* command = parent.add_subcommand(
        "masks", "Draws the first frame's mask propagated through a video, at chosen frames");
    const auto request = std::make_shared<MaskFigure>();
    command
        ->add_option("VIDEO", request->video,
                     "A video, or a sequence: a folder with frames/ and masks/")
        ->required();
    command->add_option("--mask", request->mask,
                        "FIRST.png, a folder with one mask per frame, or a sequence");
    addMaskThreshold(*command, request->reading);
    command
        ->add_option("--method", request->methods,
                     "Rows: studio, features, flow, both, dis-flow, identity")
        ->delimiter(',')
        ->capture_default_str();
    command
        ->add_option("--at", request->at,
                     "Frames to show, counted from 1, the frame of the given mask (default: "
                     "1,10,25,50 as in the paper)")
        ->delimiter(',');
    command
        ->add_option("--level", request->protocol.level,
                     "Feature level whose grid carries the labels, 1 (fine) to 6 (coarse); "
                     "features of the next finer level are compared as well")
        ->check(CLI::Range(1, 6))
        ->capture_default_str();
    command->add_option("--opacity", request->opacity, "Opacity of the masks' colour, 0 to 1")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    addOutput(*command, request->output, request->cellWidthPx);
    command->callback([&context, request] {
        context.setAction([&context, request] { drawMaskFigure(context, *request); });
    });
}

}  // namespace

void addFigureCommand(CLI::App& app, CommandContext& context) {
    auto* command =
        app.add_subcommand("figure", "Draws figures like those of the MC-JEPA paper: flow, masks");
    command->require_subcommand(1);
    addFlow(*command, context);
    addMasks(*command, context);
}

}  // namespace mcj
