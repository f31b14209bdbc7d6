#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/mask_options.h"
#include "app/cli_commands/video_opening.h"
#include "media/base/size_text.h"
#include "media/io/image_sequence_reader.h"
#include "media/io/natural_order.h"
#include "segmentation/mask_set_export.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The command line as it was typed.
struct ConvertLine {
    std::string input;
    std::string folder;
    std::string format;
    std::string from;
    std::string clip;
    bool allowLoss = false;
    MaskReading reading;
};

/// The pictures of a clip that is a folder, in its order.
std::vector<fs::path> picturesOf(const fs::path& folder) {
    std::vector<fs::path> pictures;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (hasImageExtension(entry.path()) && isFile(entry.path())) {
            pictures.push_back(entry.path());
        }
    }
    std::ranges::sort(pictures, [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return pictures;
}

/// Takes the times of the clip; throws where the masks do not belong to it.
void matchClip(CommandContext& context, const std::string& clip, MaskSet& set) {
    const auto source = openScanned(context, clip);
    set.source = source->info();
    const FrameIndex frames = set.source.frames.value_or(0);
    if (set.size != set.source.size) {
        throw Error(ErrorCode::Input,
                    "the masks are " + sizeText(set.size) + ", but the frames of " + clip +
                        " are " + sizeText(set.source.size),
                    "Give the clip that the masks were made for, at the same size.");
    }
    if (set.end > frames) {
        throw Error(ErrorCode::Input,
                    "there is a mask of frame " + std::to_string(set.end - 1) + ", but " + clip +
                        " has " + std::to_string(frames) + " frames",
                    "Frames are counted from 0.");
    }
}

/// Says what the format cannot hold, before anything is written.
void tellFit(CommandContext& context, const MaskFormat& format, const MaskFormatFit& fit) {
    for (const std::string& one : fit.lost) {
        context.warn(std::string(format.title) + " cannot hold " + one);
    }
    for (const std::string& one : fit.manifestOnly) {
        context.info(std::string(format.title) + " cannot hold " + one +
                     "; only manifest.json will contain it");
    }
}

/// The output replaces a whole folder: only one that an export made, and not the masks themselves.
void checkReplacement(const ConvertLine& line) {
    if (!fs::exists(line.folder)) return;
    const fs::path target = fs::canonical(line.folder);
    for (fs::path at = fs::weakly_canonical(line.input); at.has_relative_path();
         at = at.parent_path()) {
        if (at != target) continue;
        throw Error(ErrorCode::Usage, line.folder + " contains the masks that are converted",
                    "Choose another output folder.");
    }
    if (!fs::is_directory(target) || fs::is_empty(target)) return;
    if (fs::exists(target / "manifest.json")) return;
    throw Error(ErrorCode::Usage,
                "the folder " + line.folder + " was not made by an export and is not replaced",
                "Choose another output folder.");
}

void convert(CommandContext& context, const ConvertLine& line) {
    if (context.overwrite()) {
        checkReplacement(line);
    } else if (!context.dryRun() && fs::exists(line.folder)) {
        throw Error(ErrorCode::Usage, line.folder + " already exists",
                    "Choose another output folder, or pass --overwrite to replace an earlier "
                    "export.");
    }
    const MaskFormat& to = *parseWrittenFormats(line.format).front();
    const MaskFormat& from =
        line.from.empty() ? detectMaskFormat(line.input) : readableMaskFormat(line.from);
    MaskReadRequest request;
    request.path = line.input;
    request.reading = line.reading;
    if (!line.clip.empty() && isFolder(line.clip)) request.clipFrames = picturesOf(line.clip);
    MaskSet set = readMaskSet(from, request);
    for (const std::string& note : set.notes) context.info(note);
    if (set.frames.empty()) {
        throw Error(ErrorCode::Input, line.input + " has no frame with masks");
    }
    if (!line.clip.empty()) matchClip(context, line.clip, set);
    const MaskFormatFit fit = fitOf(set, to);
    context.emit("fit", {{"from", from.id},
                         {"to", to.id},
                         {"lost", fit.lost},
                         {"manifest_only", fit.manifestOnly}});
    if (line.allowLoss || context.dryRun()) tellFit(context, to, fit);
    if (!context.dryRun()) {
        if (!line.allowLoss) {
            requireFit(
                fit, to,
                "Choose another --format, or pass --allow-loss to write the masks without it.");
        }
        MaskSetExport wanted;
        wanted.folder = line.folder;
        wanted.format = &to;
        wanted.existing = context.overwrite() ? ExistingFolder::Replace : ExistingFolder::Refuse;
        wanted.loss = MaskLoss::Allow;
        wanted.manifest.program = "mcjepa convert";
        wanted.manifest.version = MCJ_VERSION;
        wanted.manifest.options["from"] = from.id;
        (void)exportMaskSet(set, wanted, context.progress("converting"));
        context.endProgress();
    }
    context.emit("summary", {{"frames", set.frames.size()},
                             {"objects", set.objects.size()},
                             {"folder", line.folder},
                             {"written", !context.dryRun()}});
    context.text() << set.frames.size() << " frames with " << set.objects.size() << " objects, "
                   << from.title << " to " << to.title;
    if (context.dryRun()) {
        context.text() << ": nothing was written\n";
    } else {
        context.text() << " in " << line.folder << '\n';
    }
}

}  // namespace

void addConvertCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand("convert", "Converts masks from one format to another");
    const auto line = std::make_shared<ConvertLine>();
    command->add_option("IN", line->input, "A folder or file of masks")->required();
    command->add_option("OUT", line->folder, "The folder to write, with manifest.json")->required();
    command->add_option("--format", line->format, "The format to write: " + maskFormatIds())
        ->required();
    command->add_option("--from", line->from,
                        "The format of IN: " + readableMaskFormatIds() + " (default: detected)");
    command->add_option("--clip", line->clip,
                        "The video or folder of images that the masks belong to: its times go into "
                        "manifest.json, and masks are matched to the images by name");
    command->add_flag("--allow-loss", line->allowLoss,
                      "Write even if the format cannot hold everything, such as overlaps");
    addMaskThreshold(*command, line->reading);
    command->callback(
        [&context, line] { context.setAction([&context, line] { convert(context, *line); }); });
}

}  // namespace mcj
