#include "app/cli_commands/pack_command.h"

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"
#include "media/io/perceptual_hash.h"
#include "media/io/shard_packing.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

struct PackLine {
    std::string videos;
    std::string frames;
    std::string images;
    std::string labels;
    std::vector<int> voidLabels = PackOptions{}.voidLabels;
    std::vector<std::string> avoid;
    int quality = PackOptions{}.jpegQuality;
    std::string output;
};

/// Whether the packed pictures are ordered in time.
bool packsClips(const PackLine& line) { return line.images.empty(); }

/// Prints what would be read, without decoding, which is most of the work.
void tellPlan(CommandContext& context, const PackLine& line) {
    const bool packsVideos = !line.videos.empty();
    const std::string& pictures = line.frames.empty() ? line.images : line.frames;
    const std::vector<fs::path> files = packsVideos ? filesUnder(line.videos, videoExtensions())
                                                    : filesUnder(pictures, pictureExtensions());
    std::uint64_t bytes = 0;
    for (const fs::path& file : files) {
        std::error_code ignored;
        const auto size = fs::file_size(file, ignored);
        if (!ignored) bytes += size;
    }
    context.emit("summary", {{"dry_run", true},
                             {"files", files.size()},
                             {"input_bytes", bytes},
                             {"output", line.output}});
    context.text() << "would pack " << files.size() << (packsVideos ? " videos" : " pictures")
                   << " (" << bytesText(bytes) << ") into " << line.output << '\n';
}

PackReport packAs(const PackLine& line, const PackOptions& options, const Progress& progress) {
    if (!line.videos.empty()) return packVideos(line.videos, line.output, options, progress);
    if (!line.frames.empty()) return packFrames(line.frames, line.output, options, progress);
    if (line.labels.empty()) return packImages(line.images, line.output, options, progress);
    return packLabelledImages(line.images, line.labels, line.output, options, progress);
}

void pack(CommandContext& context, const PackLine& line) {
    if (line.videos.empty() && line.frames.empty() && line.images.empty()) {
        throw Error(ErrorCode::Usage, "pack needs --videos DIR, --frames DIR or --images DIR",
                    "Make one shard for each of them; training can read several.");
    }
    if (context.dryRun()) {
        tellPlan(context, line);
        return;
    }
    if (!context.overwrite() && fs::exists(line.output)) {
        throw Error(ErrorCode::Usage, line.output + " already exists",
                    "Choose another file with -o, or pass --overwrite.");
    }
    PackOptions options;
    if (context.options.maxSidePx > 0) options.maxSidePx = context.options.maxSidePx;
    options.jpegQuality = line.quality;
    options.avoid.assign(line.avoid.begin(), line.avoid.end());
    options.voidLabels = line.voidLabels;
    const Progress progress = context.progress("packing");
    const PackReport report = packAs(line, options, progress);
    context.endProgress();
    for (const std::string& warning : report.warnings) context.warn(warning);
    context.emit("summary", {{"output", line.output},
                             {"sources", report.sources},
                             {"entries", report.entries},
                             {"clips", report.clips},
                             {"label_maps", report.labelMaps},
                             {"avoided", report.avoidedCount},
                             {"bytes", report.bytes},
                             {"warnings", report.warnings}});
    TextTable table({Align::Left, Align::Left});
    table.add({"shard", line.output + ", " + bytesText(report.bytes)});
    table.add({"sources", std::to_string(report.sources)});
    table.add({packsClips(line) ? "frames" : "pictures",
               std::to_string(report.entries - report.labelMaps)});
    if (!line.labels.empty()) table.add({"label maps", std::to_string(report.labelMaps)});
    if (packsClips(line)) table.add({"shots", std::to_string(report.clips)});
    if (!line.avoid.empty()) {
        table.add(
            {"left out", std::to_string(report.avoidedCount) + " that look like evaluation data"});
    }
    context.text() << table.text();
}

}  // namespace

void addPackCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "pack", "Packs images or videos into one file (a shard) for mcjepa-train");
    const auto line = std::make_shared<PackLine>();
    auto* videos =
        command->add_option("--videos", line->videos, "Folder of videos; packs every frame");
    auto* frames = command
                       ->add_option("--frames", line->frames,
                                    "Folder of clips as numbered images, as in Sintel, KITTI, "
                                    "Flying Chairs and DAVIS; consecutive numbers are one clip")
                       ->excludes(videos);
    auto* images =
        command->add_option("--images", line->images, "Folder of images (jpg, png, webp, ppm)")
            ->excludes(videos)
            ->excludes(frames);
    auto* labels =
        command
            ->add_option(
                "--labels", line->labels,
                "Folder of label PNGs named like the images; only images with labels are packed")
            ->needs(images);
    command
        ->add_option("--void", line->voidLabels,
                     "Labels of pixels without a class: 255 in PASCAL VOC, 11 in CamVid")
        ->delimiter(',')
        ->check(CLI::Range(0, 255))
        ->needs(labels)
        ->capture_default_str();
    command->add_option("--avoid", line->avoid,
                        "Folder of evaluation data; images that look like one of its images are "
                        "left out (repeatable)");
    command->add_option("--quality", line->quality, "JPEG quality, 1 to 100")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command->add_option("-o,--output", line->output, "The shard to write")->required();
    command->footer(
        "Images whose longer side exceeds --max-side (default 640 px) are scaled down to it.");
    command->callback(
        [&context, line] { context.setAction([&context, line] { pack(context, *line); }); });
}

}  // namespace mcj
