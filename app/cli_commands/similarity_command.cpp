#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/point_argument.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "app/cli_commands/work_prediction.h"
#include "inference/analysis/analysis_export.h"
#include "inference/analysis/product.h"
#include "inference/analysis/scalar_export.h"
#include "inference/engine/inference_engine.h"
#include "media/base/colormap.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/atomic_file.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/rle.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kMatchFile = "matches.csv";

/// The command line as it was typed.
struct SimilarityLine {
    std::string video;
    std::string folder;
    std::string point;
    std::string mask;
    std::string pixels;
    int object = 1;
    std::string range;
    std::vector<std::string> formats{"png"};
    FrameIndex frame = 0;
    int level = 3;
};

struct Match {
    PointF place;
    float cosine = 0.0F;
};

std::set<MapFormat> parseFormats(const std::vector<std::string>& names) {
    std::set<MapFormat> formats;
    for (const std::string& name : names) {
        const MapFormat format = parseMapFormat(name);
        if (!holdsScalars(format)) {
            throw Error(ErrorCode::Usage, "the format " + name + " stores flow, not similarity",
                        "Use one or several of: png, pfm, npy, exr.");
        }
        formats.insert(format);
    }
    return formats;
}

/// The rows of an earlier run; incomplete lines are skipped.
std::map<FrameIndex, Match> readMatches(const fs::path& path) {
    std::map<FrameIndex, Match> matches;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        std::replace(line.begin(), line.end(), ',', ' ');
        std::istringstream fields(line);
        FrameIndex frame = 0;
        Match match;
        if (fields >> frame >> match.place.x >> match.place.y >> match.cosine) {
            matches[frame] = match;
        }
    }
    return matches;
}

void writeMatches(const fs::path& path, const std::map<FrameIndex, Match>& matches) {
    std::ostringstream text;
    text << "frame,x,y,cosine\n";
    for (const auto& [frame, match] : matches) {
        text << frame << ',' << match.place.x << ',' << match.place.y << ',' << match.cosine
             << '\n';
    }
    writeTextAtomically(path, text.str());
}

/// What is wrong with the runs is wrong with the line that was typed, not with a file.
Raster<std::uint8_t> pixelsOf(const std::string& runs, SizePx frame) {
    auto pixels = runGuarded([&] { return decodeCocoRle({frame, cocoCountsFromString(runs)}); });
    if (!pixels.ok() && pixels.error().code() == ErrorCode::Input) {
        throw Error(ErrorCode::Usage, std::string("--pixels: ") + pixels.error().what(),
                    "Give the run lengths of a mask of " + sizeText(frame) +
                        " pixels, in quotes, as \"Copy as command line\" in the window writes "
                        "them.");
    }
    return std::move(pixels).value();
}

/// The pixels of --mask or --pixels; null for a point.
QueryRegionPtr regionOf(const SimilarityLine& line, SizePx frame) {
    if (!line.pixels.empty()) {
        return std::make_shared<const QueryRegion>(pixelsOf(line.pixels, frame), line.object);
    }
    if (line.mask.empty()) return nullptr;
    const Mask mask = MaskFolder({line.mask}).read(0);
    if (mask.size() != frame) {
        throw Error(ErrorCode::Usage,
                    line.mask + " has " + std::to_string(mask.size().width) + "x" +
                        std::to_string(mask.size().height) + " pixels, but the frame has " +
                        std::to_string(frame.width) + "x" + std::to_string(frame.height),
                    "Give a mask of the size of the frames.");
    }
    return objectRegion(mask.labels, line.object);
}

/// Exactly one of the options that say what is searched.
void checkQuery(const SimilarityLine& line) {
    const auto given = [](const std::string& text) { return text.empty() ? 0 : 1; };
    if (given(line.point) + given(line.mask) + given(line.pixels) != 1) {
        throw Error(ErrorCode::Usage, "exactly one query is needed",
                    "Give --point X,Y, or --mask FILE --object N, or --pixels RUNS.");
    }
    if (!line.point.empty()) (void)parsePoint(line.point);
}

/// The state of one run.
class SimilarityRun {
public:
    SimilarityRun(CommandContext& context, FrameSource& source, const SimilarityLine& line,
                  const FrameRange& range)
        : context_(context), source_(source), line_(line), range_(range),
          formats_(parseFormats(line.formats)) {
        queryFrame_ = source_.read(line.frame);
        if (!queryFrame_) {
            throw Error(ErrorCode::Usage, "there is no frame " + std::to_string(line.frame),
                        "The clip has " + std::to_string(*source.info().frames) +
                            " frames, counted from 0.");
        }
        const SizePx size = queryFrame_->size();
        if (QueryRegionPtr region = regionOf(line, size)) {
            query_ = regionQuery(line.frame, std::move(region));
            return;
        }
        query_ = {line.frame, parsePoint(line.point)};
        if (!(query_.where.x >= 0.0F && query_.where.y >= 0.0F &&
              query_.where.x <= static_cast<float>(size.width - 1) &&
              query_.where.y <= static_cast<float>(size.height - 1))) {
            throw Error(ErrorCode::Usage, "the point " + line.point + " is outside the frame",
                        "The frame is " + std::to_string(size.width) + "x" +
                            std::to_string(size.height) + ".");
        }
    }

    void predict() {
        const auto once = Clock::now();
        (void)similarTo(queryFrame_);
        const auto start = Clock::now();
        FramePtr other = source_.read(range_.at(range_.count() / 2));
        (void)similarTo(other ? other : queryFrame_);
        const double secs = std::chrono::duration<double>(Clock::now() - start).count();
        WorkPrediction prediction;
        prediction.unit = "frames";
        prediction.count = range_.count();
        prediction.clipFrames = *source_.info().frames;
        prediction.secs = std::chrono::duration<double>(start - once).count() +
                          secs * static_cast<double>(range_.count());
        prediction.memoryBytes = peakMemoryBytes();
        // The size of uncompressed numbers, and a third of that for a picture.
        const std::uint64_t pixels = queryFrame_->size().area();
        for (const MapFormat format : formats_) {
            prediction.diskBytes += (format == MapFormat::Png ? pixels : pixels * 4) *
                                    static_cast<std::uint64_t>(range_.count());
        }
        tellPrediction(context_, prediction, line_.folder);
    }

    void run(ExportFolder& folder) {
        const fs::path matchPath = folder.path() / kMatchFile;
        if (folder.resumed()) matches_ = readMatches(matchPath);
        const Progress progress = context_.progress("comparing");
        const FrameIndex frames = range_.count();
        try {
            for (FrameIndex ordinal = 0; ordinal < frames; ++ordinal) {
                if (!progress(ordinal, frames)) context_.throwIfStopped(kGoOnHint);
                if (!one(folder, range_.at(ordinal))) break;
            }
        } catch (const Error&) {
            writeMatches(matchPath, matches_);
            throw;
        }
        progress(frames, frames);
        writeMatches(matchPath, matches_);
        folder.add(kMatchFile);
    }

    [[nodiscard]] const SimilarityQuery& query() const noexcept { return query_; }
    [[nodiscard]] FrameIndex done() const noexcept { return done_; }
    [[nodiscard]] const std::optional<std::string>& damage() const noexcept { return damage_; }

private:
    SimilarityResult similarTo(const FramePtr& target) {
        InferenceEngine& engine = context_.engine();
        if (!queryFeatures_) queryFeatures_ = engine.featureMap(queryFrame_, line_.level);
        SimilarityResult result =
            similarityOf(query_, engine, *queryFeatures_, *engine.featureMap(target, line_.level));
        // One scale for every frame and every query, so that pictures can be compared.
        result.map.rangeLow = -1.0F;
        result.map.rangeHigh = 1.0F;
        return result;
    }

    bool one(ExportFolder& folder, FrameIndex frame) {
        const bool whole = matches_.contains(frame) &&
                           std::all_of(formats_.begin(), formats_.end(), [&](MapFormat format) {
                               return folder.has(similarityFile(frame, format));
                           });
        if (!whole) {
            const FramePtr target = source_.read(frame);
            if (!target) {
                damage_ = "frame " + std::to_string(frame) + " cannot be read";
                return false;
            }
            const SimilarityResult result = similarTo(target);
            for (const MapFormat format : formats_) {
                writeScalarMap(folder.place(similarityFile(frame, format)), result.map, format,
                               Colormap::Viridis);
            }
            matches_[frame] = {result.best.where, result.best.score};
        }
        ++done_;
        nlohmann::json files = nlohmann::json::array();
        for (const MapFormat format : formats_) {
            folder.add(similarityFile(frame, format));
            files.push_back(similarityFile(frame, format));
        }
        const Match& match = matches_.at(frame);
        context_.emit("result", {{"frame", frame},
                                 {"x", match.place.x},
                                 {"y", match.place.y},
                                 {"cosine", match.cosine},
                                 {"kept", whole},
                                 {"files", std::move(files)}});
        return true;
    }

    CommandContext& context_;
    FrameSource& source_;
    const SimilarityLine& line_;
    FrameRange range_;
    std::set<MapFormat> formats_;
    SimilarityQuery query_;
    FramePtr queryFrame_;
    FeatureMapPtr queryFeatures_;  ///< of that frame, once they are needed
    std::map<FrameIndex, Match> matches_;
    FrameIndex done_ = 0;
    std::optional<std::string> damage_;
};

void similarity(CommandContext& context, const SimilarityLine& line) {
    checkQuery(line);
    (void)parseFormats(line.formats);
    const FrameRange wanted = parseFrameRange(line.range);
    const auto source = openScanned(context, line.video);
    const FrameRange range = clipRange(wanted, *source->info().frames);
    SimilarityRun run(context, *source, line, range);
    if (context.dryRun()) {
        run.predict();
        return;
    }
    Manifest manifest = manifestOf(context, "mcjepa similarity", line.video, &context.engine());
    manifest.source = source->info();
    manifest.options = {{"frame", std::to_string(line.frame)},
                        {"level", std::to_string(line.level)},
                        {"range", frameRangeText(wanted)},
                        {"max-side", std::to_string(context.options.maxSidePx)}};
    if (const QueryRegionPtr& region = run.query().region) {
        // The pixels decide, not the name of the file that they were read from.
        manifest.options["object"] = std::to_string(region->object());
        manifest.options["object-pixels"] = std::to_string(region->contentHash());
    } else {
        manifest.options["point"] = line.point;
    }
    for (const std::string& format : line.formats) manifest.options["format-" + format] = "yes";
    ExportFolder folder(line.folder, std::move(manifest), {kSimilarityFolder},
                        context.overwrite() ? ExistingFiles::Replace : ExistingFiles::KeepOrRefuse);
    try {
        run.run(folder);
    } catch (const Error&) {
        folder.finish(ExportFolder::Ending::Stopped);
        throw;
    }
    VideoInfo described = source->info();
    if (!described.damaged) described.damaged = run.damage();
    folder.describe(described);
    if (described.damaged) folder.note("damaged", *described.damaged);
    folder.finish(ExportFolder::Ending::Complete);
    context.endProgress();
    if (run.damage()) {
        context.warn(line.video + " is damaged: " + *run.damage() + "; the maps end before it");
    }
    context.emit("summary", {{"frames", run.done()},
                             {"folder", line.folder},
                             {"damaged", described.damaged ? nlohmann::json(*described.damaged)
                                                           : nlohmann::json(nullptr)}});
    context.text() << run.done() << " maps in "
                   << (fs::path(line.folder) / kSimilarityFolder).string() << ", best matches in "
                   << (fs::path(line.folder) / kMatchFile).string() << '\n';
}

}  // namespace

void addSimilarityCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "similarity", "Finds content similar to a point or an object of one frame in other frames");
    const auto line = std::make_shared<SimilarityLine>();
    command->add_option("VIDEO", line->video, "A video file, a folder of images, or a glob")
        ->required();
    command->add_option("-o,--output", line->folder, "Folder for the maps and manifest.json")
        ->required();
    command
        ->add_option("--frame", line->frame, "The frame of the point or the mask, counted from 0")
        ->required()
        ->check(CLI::NonNegativeNumber);
    command->add_option("--point", line->point,
                        "X,Y in pixels of --frame; 0,0 is the centre of the top left pixel");
    command->add_option("--mask", line->mask,
                        "Instead of --point: the mask of --frame, an indexed PNG; the mean of the "
                        "features inside the object is the query");
    command->add_option("--object", line->object, "The object in --mask, 1 to 254")
        ->check(CLI::Range(1, 254))
        ->capture_default_str();
    command->add_option("--pixels", line->pixels,
                        "Instead of --mask: the object's pixels as COCO's compressed run lengths, "
                        "as the window's \"Copy as command line\" writes them");
    command->add_option("--level", line->level, "Feature level, 1 (fine) to 6 (coarse)")
        ->check(CLI::Range(1, 6))
        ->capture_default_str();
    command->add_option("--range", line->range, "Frames to compare with, A:B[:STEP]; default: all");
    command
        ->add_option("--format", line->formats,
                     "Formats, separated by commas: png (colours on a fixed scale from -1 to 1), "
                     "pfm, npy, exr")
        ->delimiter(',')
        ->capture_default_str();
    command->callback(
        [&context, line] { context.setAction([&context, line] { similarity(context, *line); }); });
}

}  // namespace mcj
