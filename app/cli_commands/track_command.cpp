#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/point_argument.h"
#include "app/cli_commands/video_opening.h"
#include "app/cli_commands/work_prediction.h"
#include "inference/analysis/point_track.h"
#include "inference/engine/inference_engine.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The command line as it was typed.
struct TrackLine {
    std::string video;
    std::string file;
    std::string point;
    std::string range;
    FlowChoice flow;
    FrameIndex frame = 0;
    int level = 3;
};

nlohmann::json placeJson(const std::optional<PointF>& place) {
    return place ? nlohmann::json{place->x, place->y} : nlohmann::json(nullptr);
}

nlohmann::json rowJson(const TrackRow& row) {
    return {{"frame", row.frame},
            {"secs", row.secs},
            {"track", placeJson(row.track)},
            {"match", placeJson(row.match.where)},
            {"cosine", row.match.score},
            {"distance_px",
             row.distancePx ? nlohmann::json(*row.distancePx) : nlohmann::json(nullptr)}};
}

/// "to frame 12 (occluded)"
std::string endText(const TrackReport& report, TimeDirection direction) {
    const bool forward = direction == TimeDirection::Forward;
    std::optional<FrameIndex> reached;
    for (const TrackRow& row : report.rows) {
        if (row.track && (forward || !reached)) reached = row.frame;
    }
    const std::string why = trajectoryEndText(forward ? report.forward : report.backward);
    return (reached ? "frame " + std::to_string(*reached) : std::string("no frame")) +
           (why.empty() ? "" : " (" + why + ")");
}

void predict(CommandContext& context, FrameSource& source, TrackRequest request,
             const TrackLine& line) {
    const FrameRange whole = request.range;
    // One frame further, or one back from the last.
    const FrameIndex last = *source.info().frames - 1;
    const FrameIndex first = std::max<FrameIndex>(0, std::min(request.query.frame, last - 1));
    request.range = {first, std::min(first + 2, last + 1), 1};
    const auto start = std::chrono::steady_clock::now();
    (void)trackPoint(source, request, context.engine(), {}, context.stopToken());
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    WorkPrediction prediction;
    prediction.unit = "frames";
    prediction.count = std::max(whole.at(whole.count() - 1), request.query.frame) -
                       std::min(whole.begin, request.query.frame) + 1;
    prediction.clipFrames = *source.info().frames;
    prediction.secs = spent.count() / static_cast<double>(request.range.count()) *
                      static_cast<double>(prediction.count);
    prediction.memoryBytes = peakMemoryBytes();
    constexpr std::uint64_t kRowBytes = 80;
    prediction.diskBytes = kRowBytes * static_cast<std::uint64_t>(whole.count());
    tellPrediction(context, prediction, line.file);
}

void track(CommandContext& context, const TrackLine& line) {
    TrackRequest request;
    request.query = {line.frame, parsePoint(line.point)};
    request.method = flowIdOf(line.flow);
    request.level = line.level;
    const FrameRange wanted = parseFrameRange(line.range);
    if (!context.dryRun() && !context.overwrite() && fs::exists(line.file)) {
        throw Error(ErrorCode::Usage, line.file + " already exists",
                    "Choose another file with --output, or pass --overwrite.");
    }
    const auto source = openScanned(context, line.video, Reading::BothWays);
    request.range = clipRange(wanted, *source->info().frames);
    InferenceEngine& engine = context.engine();
    if (flowProvider(request.method).needsEngine) requireFlow(engine, "--method dis");
    if (context.dryRun()) {
        predict(context, *source, request, line);
        return;
    }
    const TrackReport report =
        trackPoint(*source, request, engine, context.progress("following"), context.stopToken());
    writeTrackCsv(line.file, report);
    context.endProgress();
    for (const TrackRow& row : report.rows) context.emit("result", rowJson(row));
    if (report.damaged) {
        context.warn(line.video + " is damaged: " + *report.damaged + "; the rows end before it");
    }
    const auto reason = [](TrajectoryEnd end) {
        return end == TrajectoryEnd::Open ? nlohmann::json(nullptr)
                                          : nlohmann::json(trajectoryEndText(end));
    };
    context.emit("summary", {{"frames", report.rows.size()},
                             {"file", line.file},
                             {"ends_forward", reason(report.forward)},
                             {"ends_backward", reason(report.backward)},
                             {"damaged", report.damaged ? nlohmann::json(*report.damaged)
                                                        : nlohmann::json(nullptr)}});
    context.text() << report.rows.size() << " frames in " << line.file << "; by flow from "
                   << endText(report, TimeDirection::Backward) << " to "
                   << endText(report, TimeDirection::Forward) << '\n';
}

}  // namespace

void addTrackCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "track", "Follows a point of one frame by flow and by its best feature match");
    const auto line = std::make_shared<TrackLine>();
    command->add_option("VIDEO", line->video, "A video file, a folder of images, or a glob")
        ->required();
    command->add_option("-o,--output", line->file, "The CSV file")->required();
    command->add_option("--frame", line->frame, "The frame of the point, counted from 0")
        ->required()
        ->check(CLI::NonNegativeNumber);
    command
        ->add_option("--point", line->point,
                     "X,Y in pixels of --frame; 0,0 is the centre of the top left pixel")
        ->required();
    command->add_option("--level", line->level, "Feature level, 1 (fine) to 6 (coarse)")
        ->check(CLI::Range(1, 6))
        ->capture_default_str();
    addFlowChoice(*command, line->flow);
    command->add_option("--range", line->range,
                        "Frames of the table, A:B[:STEP]; default: all. Flow is followed through "
                        "every frame between them");
    command->callback(
        [&context, line] { context.setAction([&context, line] { track(context, *line); }); });
}

}  // namespace mcj
