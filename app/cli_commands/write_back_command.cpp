#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/mask_options.h"
#include "app/cli_commands/named_masks.h"
#include "media/base/error.h"
#include "segmentation/mask_write_back.h"

namespace mcj {
namespace {

/// The command line as it was typed.
struct WriteBackLine {
    std::string input;
    std::string folder;
    std::string clip;
    MaskReading reading;
};

void writeBack(CommandContext& context, const WriteBackLine& line) {
    const NamedMasks given = readNamedMasks(context, line.input, line.clip, line.reading);
    const MaskReadRequest request = requestOfLine(context, line.folder, line.clip, line.reading);
    const MaskFormat& format = detectMaskFormat(request.path);
    const MaskPlaces places = placesOf(format, request);
    const MaskWriteBackReport report =
        writeMasksBack(given.state.track(), places,
                       context.dryRun() ? WriteBackMode::DryRun : WriteBackMode::Write,
                       context.progress("writing back"), given.state.objects.order());
    context.endProgress();
    if (report.flattened > 0) {
        context.warn("the layout cannot hold the overlaps of " + std::to_string(report.flattened) +
                     " frames: only what lies on top is written");
    }
    context.emit("summary", {{"folder", line.folder},
                             {"format", format.id},
                             {"frames", report.frames},
                             {"rewritten", report.rewritten},
                             {"added", report.added},
                             {"kept", report.kept},
                             {"flattened", report.flattened},
                             {"written", !context.dryRun() && report.frames > 0}});
    context.text() << report.frames << " frames differ; " << report.rewritten
                   << " pictures rewritten, " << report.added << " added, " << report.kept
                   << " left as they were in " << line.folder << " (" << format.title << ")"
                   << (context.dryRun() ? ": nothing was written\n" : "\n");
}

}  // namespace

void addWriteBackCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "write-back",
        "Writes corrected masks into the folder of the program that made them, in its layout: only "
        "pictures whose masks differ, with the same names, palette and bit depth; all or none");
    const auto line = std::make_shared<WriteBackLine>();
    command
        ->add_option("IN", line->input,
                     "The corrected masks: a project (.mcjepa), or a folder or file of masks; "
                     "frames without a mask become background")
        ->required();
    command
        ->add_option(
            "FOLDER", line->folder,
            "The folder that is changed, in one of the formats " + restorableMaskFormatIds())
        ->required();
    command->add_option("--clip", line->clip,
                        "The video or folder of images that the masks belong to: masks are matched "
                        "to the images by name, or in order where there are as many as frames "
                        "(default: by the number in their name)");
    addMaskThreshold(*command, line->reading);
    command->callback(
        [&context, line] { context.setAction([&context, line] { writeBack(context, *line); }); });
}

}  // namespace mcj
