#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

std::string rationalText(Rational value, char between) {
    return std::to_string(value.num) + between + std::to_string(value.den);
}

/// The values that are known only after reading the whole video; until then they are the
/// container's.
const std::vector<std::string> kTakenOnTrust = {"frames", "avg_fps", "variable_rate",
                                                "duration_secs"};

nlohmann::json infoJson(const VideoInfo& info) {
    nlohmann::json pts = nlohmann::json::array();
    for (const auto& time : info.pts) pts.push_back(time ? nlohmann::json(*time) : nullptr);
    return {{"width", info.size.width},
            {"height", info.size.height},
            {"frames", info.frames.value_or(info.estimatedFrames)},
            {"readable_frames", info.frames ? nlohmann::json(*info.frames - info.unreadableFrames)
                                            : nlohmann::json(nullptr)},
            {"pts", std::move(pts)},
            {"time_base", rationalText(info.timeBase, '/')},
            {"avg_fps", info.averageFps},
            {"variable_rate", info.variableRate},
            {"interlaced", info.interlaced},
            {"rotation_deg", info.rotationDeg},
            {"sample_aspect", rationalText(info.sampleAspect, ':')},
            {"pixel_format", info.pixelFormat},
            {"codec", info.codec},
            {"color", info.colorMatrix},
            {"duration_secs", info.durationSecs},
            {"damaged", info.damaged ? nlohmann::json(*info.damaged) : nlohmann::json(nullptr)},
            {"warnings", info.warnings}};
}

nlohmann::json quickJson(const VideoInfo& info) {
    nlohmann::json json = infoJson(info);
    const bool counted = info.frames.has_value();
    json["taken_on_trust"] = counted ? std::vector<std::string>{} : kTakenOnTrust;
    if (!counted) json["pts"] = nullptr;
    json["damage_looked_for"] = counted;
    return json;
}

std::string infoText(const VideoInfo& info) {
    const bool counted = info.frames.has_value();
    const std::string trust = counted ? "" : "  (from the file's header, not counted)";

    TextTable table({Align::Left, Align::Left});
    table.add({"size", sizeText(info.size)});
    table.add({"frames", std::to_string(info.frames.value_or(info.estimatedFrames)) + trust});
    table.add({"duration", durationText(info.durationSecs) + trust});
    table.add(
        {"rate", (info.averageFps > 0.0 ? numberText(info.averageFps, 3) + " fps" : "unknown") +
                     (info.variableRate ? ", variable" : "") + trust});
    table.add({"codec", info.codec + ", " + info.pixelFormat});
    if (!info.colorMatrix.empty()) table.add({"colour", info.colorMatrix});
    if (info.rotationDeg != 0) {
        table.add({"rotation", std::to_string(info.rotationDeg) + " degrees, applied"});
    }
    if (info.sampleAspect.num != info.sampleAspect.den) {
        table.add({"pixel aspect", rationalText(info.sampleAspect, ':') + ", not applied"});
    }
    table.add({"damage", counted ? info.damaged.value_or("none found")
                                 : "not checked: omit --quick to read the whole video"});
    return table.text();
}

}  // namespace

void addInfoCommand(CLI::App& app, CommandContext& context) {
    auto* command =
        app.add_subcommand("info", "Shows a video's size, frames, timestamps and damage");
    struct Line {
        std::string video;
        bool quick = false;
    };
    const auto line = std::make_shared<Line>();
    command->add_option("VIDEO", line->video, "A video file, a folder of images, or a glob")
        ->required();
    command->add_flag(
        "--quick", line->quick,
        "Do not read the whole video; values taken from the file's header are marked");
    command->callback([&context, line] {
        context.setAction([&context, line] {
            const auto source = line->quick ? openUnscanned(context, line->video)
                                            : openScanned(context, line->video);
            const VideoInfo& facts = source->info();
            const nlohmann::json info = line->quick ? quickJson(facts) : infoJson(facts);
            context.emit("result", info);
            context.emit("summary", {{"frames", info["frames"]}, {"damaged", info["damaged"]}});
            context.text() << infoText(facts);
        });
    });
}

}  // namespace mcj
