#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "media/base/error.h"
#include "media/io/frame_index.h"
#include "segmentation/project_bundle.h"

namespace mcj {
namespace {

/// The command line as it was typed.
struct BundleLine {
    std::string project;
    std::string folder;
};

BundlePlan planOf(const CommandContext& context, const BundleLine& line) {
    if (!std::filesystem::is_regular_file(line.project)) {
        throw Error(ErrorCode::Input, line.project + " is not a project file",
                    "Give the .mcjepa file beside the clip; mcjepa-studio creates it when "
                    "something is saved, such as a mask or a bookmark.");
    }
    // Opening it would bring a project of an older format to the current one, in its place.
    const ProjectContent content = ProjectFile::read(line.project);
    return planBundle(content, line.project,
                      {.model = context.options.model, .indexFolder = userFrameIndexFolder()});
}

void bundle(CommandContext& context, const BundleLine& line) {
    BundlePlan plan = planOf(context, line);
    for (const std::string& path : plan.missing) {
        context.warn(path + " does not exist and is left out");
    }
    const std::uint64_t free = freeBytesAt(line.folder);
    nlohmann::json facts{
        {"files", plan.files.size()}, {"bytes", plan.bytes()}, {"missing", plan.missing.size()}};
    const std::string size = std::to_string(plan.files.size()) +
                             " files beside the project, about " + bytesText(plan.bytes());
    if (free > 0 && plan.bytes() > free) {
        context.warn("the bundle would not fit: " + bytesText(free) + " are free");
    }
    if (context.dryRun()) {
        facts["dry_run"] = true;
        facts["disk_free_bytes"] = free;
        context.emit("summary", facts);
        context.text() << size << "; " << bytesText(free) << " are free\nNothing was written.\n";
        return;
    }
    const std::filesystem::path project = std::filesystem::path(line.folder) / plan.project;
    BundleWriter writer(std::move(plan), line.folder);
    const Progress progress = context.progress("making a bundle");
    for (std::int64_t part = 0; part < writer.totalParts(); ++part) {
        if (!progress(part, writer.totalParts())) context.throwIfStopped();
        writer.writePart(context.stopToken());
    }
    context.endProgress();
    facts["project"] = project.string();
    context.emit("summary", facts);
    context.text() << size << ". Open " << project.string()
                   << " on any machine with MC-JEPA Studio.\n";
}

}  // namespace

void addBundleCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand("bundle",
                                       "Copies a project with its clip, models and flow files to a "
                                       "folder that can be opened on another machine");
    const auto line = std::make_shared<BundleLine>();
    command->add_option("PROJECT", line->project, "A project file (.mcjepa)")->required();
    command->add_option("-o,--output", line->folder, "The folder to create; it must not exist")
        ->required();
    command->callback(
        [&context, line] { context.setAction([&context, line] { bundle(context, *line); }); });
}

}  // namespace mcj
