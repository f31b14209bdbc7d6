#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"

namespace mcj {
namespace {

std::string rationalText(Rational value, char between) {
    return std::to_string(value.num) + between + std::to_string(value.den);
}

nlohmann::json infoJson(const VideoInfo& info) {
    nlohmann::json pts = nlohmann::json::array();
    for (const auto& time : info.pts) pts.push_back(time ? nlohmann::json(*time) : nullptr);
    return {{"width", info.size.width},
            {"height", info.size.height},
            {"frames", info.frames.value_or(0)},
            {"readable_frames", info.frames.value_or(0) - info.unreadableFrames},
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

std::string infoText(const VideoInfo& info) {
    TextTable table({Align::Left, Align::Left});
    table.add({"size", std::to_string(info.size.width) + " x " + std::to_string(info.size.height)});
    table.add({"frames", std::to_string(info.frames.value_or(0))});
    table.add({"duration", durationText(info.durationSecs)});
    table.add(
        {"rate", (info.averageFps > 0.0 ? numberText(info.averageFps, 3) + " fps" : "unknown") +
                     (info.variableRate ? ", variable" : "")});
    table.add({"codec", info.codec + ", " + info.pixelFormat});
    if (!info.colorMatrix.empty()) table.add({"colour", info.colorMatrix});
    if (info.rotationDeg != 0) {
        table.add({"rotation", std::to_string(info.rotationDeg) + " degrees, applied"});
    }
    if (info.sampleAspect.num != info.sampleAspect.den) {
        table.add({"pixel aspect", rationalText(info.sampleAspect, ':') + ", not applied"});
    }
    table.add({"damage", info.damaged.value_or("none found")});
    return table.text();
}

}  // namespace

void addInfoCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand("info", "What a video is: size, frames, timestamps, damage");
    const auto video = std::make_shared<std::string>();
    command->add_option("VIDEO", *video, "A video file, a folder of images, or a glob")->required();
    command->callback([&context, video] {
        context.setAction([&context, video] {
            const auto source = openScanned(context, *video);
            const nlohmann::json info = infoJson(source->info());
            context.emit("result", info);
            context.emit("summary", {{"frames", info["frames"]}, {"damaged", info["damaged"]}});
            context.text() << infoText(source->info());
        });
    });
}

}  // namespace mcj
