#include "app/cli_commands/flow_figure.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <set>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/figure_output.h"
#include "app/cli_commands/sequence_choice.h"
#include "app/cli_commands/text_layout.h"
#include "inference/analysis/flow_metrics.h"
#include "inference/analysis/flow_pairs.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/figure/figure_grid.h"
#include "media/figure/legends.h"
#include "media/io/frame_source.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// A figure with more rows is a mistake (a whole benchmark) that would take hours.
constexpr std::size_t kMostRows = 40;
constexpr float kScalePercentile = 99.0F;
constexpr int kWheelSidePx = 144;

struct PairRow {
    std::string label;
    FlowPair pair;                     ///< the truth is empty if there is none
    std::vector<FlowField> flows;      ///< one per column
    std::vector<FramePtr> after;       ///< of streamlines: the frames after the second one
    std::vector<Streamlines> streams;  ///< one per column, if they are drawn
};

struct MethodColumn {
    std::string label;
    std::string name;                 ///< as given by the user
    std::string method = kModelFlow;  ///< a flow provider
    fs::path model;                   ///< empty: the common --model
};

MethodColumn parseColumn(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
        return {flowTitle(text), text, text, {}};
    }
    MethodColumn column{text.substr(0, equals), text.substr(0, equals), kModelFlow,
                        text.substr(equals + 1)};
    if (column.name.empty() || column.model.empty()) {
        throw Error(ErrorCode::Usage, "\"" + text + "\" is not of the form NAME=FILE",
                    "Write --method NAME=FILE.safetensors.");
    }
    return column;
}

std::vector<MethodColumn> parseColumns(const std::vector<std::string>& texts) {
    std::vector<MethodColumn> columns;
    std::set<std::string> names;
    for (const std::string& text : texts) {
        MethodColumn column = parseColumn(text);
        if (!names.insert(column.name).second) {
            throw Error(ErrorCode::Usage, "the column " + column.name + " was given twice",
                        "Give each model a different name with --method NAME=FILE.");
        }
        columns.push_back(std::move(column));
    }
    return columns;
}

bool isWanted(const FlowFigure& request, const std::string& name) {
    return request.only.empty() ||
           std::any_of(request.only.begin(), request.only.end(),
                       [&](const std::string& pattern) { return matchesName(pattern, name); });
}

/// The pairs below a folder; none if it is not a folder of pairs, as it may be a video.
std::optional<std::vector<FlowPairFiles>> pairsBelow(const std::string& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) return std::nullopt;
    try {
        return findFlowPairs(path, PairLayout::Folders, TruthRule::Optional);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
        return std::nullopt;
    }
}

/// Reads the rows of the request.
class RowReader {
public:
    explicit RowReader(const FlowFigure& request) : request_(request) {}

    std::vector<PairRow> read() {
        for (const std::string& input : request_.inputs) {
            if (const auto pairs = pairsBelow(input)) {
                addPairs(*pairs);
            } else {
                addVideo(input);
            }
        }
        if (!request_.sintel.empty()) addPairs(findFlowPairs(request_.sintel, PairLayout::Sintel));
        if (!request_.kitti.empty()) addPairs(findFlowPairs(request_.kitti, PairLayout::Kitti));
        if (!rows_.empty()) return std::move(rows_);
        throw Error(ErrorCode::Usage, "there are no pairs to draw",
                    "Give folders of pairs or videos, or check --only.");
    }

private:
    void addPairs(const std::vector<FlowPairFiles>& pairs) {
        for (const FlowPairFiles& files : pairs) {
            if (!isWanted(request_, files.name)) continue;
            if (request_.streams) {
                throw Error(ErrorCode::Usage, files.name + " has two frames: no streamlines",
                            "Give videos, or choose arrows.");
            }
            requireRoom();
            const std::size_t ordinal = rows_.size();
            rows_.push_back({files.name, readFlowPair(files, ordinal), {}, {}, {}});
        }
    }

    void addVideo(const std::string& path) {
        const auto source = openSource(path);
        for (const FrameIndex frame : request_.frames) {
            requireRoom();
            FlowPair pair{source->read(frame), nullptr, {}, {}};
            // The largest frame number has no successor.
            if (pair.first) pair.second = source->read(frame + 1);
            if (!pair.first || !pair.second) {
                throw Error(
                    ErrorCode::Usage,
                    path + " has no frame " + std::to_string(pair.first ? frame + 1 : frame),
                    "Give the first frame of a pair, counted from 0, with --frame.");
            }
            const std::string name = fs::weakly_canonical(path).stem().string();
            std::vector<FramePtr> after;
            const int length = request_.streams ? request_.streams->frames : 1;
            for (FrameIndex next = frame + 2; next <= frame + length; ++next) {
                FramePtr following = source->read(next);
                if (!following) break;
                after.push_back(std::move(following));
            }
            const auto last = frame + 1 + std::ssize(after);
            rows_.push_back({name + ", frames " + std::to_string(frame) +
                                 (after.empty() ? " and " : " to ") + std::to_string(last),
                             std::move(pair),
                             {},
                             std::move(after),
                             {}});
        }
    }

    void requireRoom() const {
        if (rows_.size() < kMostRows) return;
        throw Error(
            ErrorCode::Usage,
            "a figure has at most " + std::to_string(kMostRows) + " rows, but more were given",
            "Choose pairs with --only, such as --only 'clean/alley_1/*1'.");
    }

    const FlowFigure& request_;
    std::vector<PairRow> rows_;
};

std::unique_ptr<InferenceEngine> openModel(const CommandContext& context, const fs::path& model) {
    EngineOptions wanted;
    wanted.model = model;
    wanted.device = context.options.device;
    wanted.precision = context.options.precision;
    wanted.threads = context.options.threads;
    wanted.maxSidePx = context.options.maxSidePx;
    wanted.featureCacheBytes = 0;
    return loadEngine(wanted);
}

/// The streamlines of the row's newest flow and of the frames after it.
Streamlines streamlinesOf(const PairRow& row, const std::string& method, InferenceEngine* engine) {
    Streamlines lines = extended(streamGrid(row.pair.first->size()), row.flows.back());
    FramePtr from = row.pair.second;
    for (const FramePtr& to : row.after) {
        lines = extended(lines, estimateFlow(method, from, to, engine));
        from = to;
    }
    return lines;
}

/// Computes column by column, so that only one model besides the common one is in memory.
void computeFlows(CommandContext& context, const FlowFigure& request,
                  const std::vector<MethodColumn>& columns, std::vector<PairRow>& rows) {
    const Progress progress = context.progress("computing flow");
    const auto total = static_cast<std::int64_t>(columns.size() * rows.size());
    std::int64_t done = 0;
    for (const MethodColumn& column : columns) {
        std::unique_ptr<InferenceEngine> other;
        InferenceEngine* engine = nullptr;
        if (!column.model.empty()) {
            other = openModel(context, column.model);
            engine = other.get();
        } else if (flowProvider(column.method).needsEngine) {
            engine = &context.engine();
        }
        for (PairRow& row : rows) {
            progress(done++, total);
            context.throwIfStopped();
            row.flows.push_back(
                estimateFlow(column.method, row.pair.first, row.pair.second, engine));
            if (request.streams) {
                row.streams.push_back(streamlinesOf(row, column.method, engine));
            }
        }
    }
    progress(total, total);
    context.endProgress();
}

bool hasTruth(const PairRow& row) { return !row.pair.truth.size().empty(); }

float scaleOf(const FlowFigure& request, const PairRow& row) {
    if (request.flowScalePx > 0.0) return static_cast<float>(request.flowScalePx);
    if (hasTruth(row)) {
        return roundUpToScaleStep(flowMagnitudePercentile(row.pair.truth, kScalePercentile));
    }
    float longest = 0.0F;
    for (const FlowField& flow : row.flows) {
        longest = std::max(longest, flowMagnitudePercentile(flow, kScalePercentile));
    }
    return roundUpToScaleStep(longest);
}

std::string pxText(double px) {
    const int decimals = px < 1.0 ? 2 : px < 10.0 && px != static_cast<int>(px) ? 1 : 0;
    return numberText(px, decimals) + " px";
}

FigureLegend legendOf(FlowWheel wheel, float scalePx) {
    return {onPaper(flowDisc(wheel, kWheelSidePx), FigureSheet{}.paper), pxText(double{scalePx})};
}

/// The picture of a flow in the figure.
Raster<std::uint8_t> drawnFlow(const FlowFigure& request, const PairRow& row, const FlowField& flow,
                               float scalePx) {
    if (!request.arrows) return colorizeFlow(flow, scalePx, request.wheel);
    Raster<std::uint8_t> picture = row.pair.first->rgb;
    drawMotionLines(picture, flowArrows(flow, *request.arrows));
    return picture;
}

Raster<std::uint8_t> drawnStreamlines(const PairRow& row, const Streamlines& streamlines,
                                      const StreamLook& look) {
    Raster<std::uint8_t> picture = row.pair.first->rgb;
    drawMotionLines(picture, streamLines(streamlines, look));
    return picture;
}

std::string noteOf(const FlowFigure& request) {
    if (request.streams) {
        return "Streamlines: from the first frame over up to " +
               std::to_string(request.streams->frames) + " frames, fading with time.";
    }
    if (!request.arrows) {
        return "Hue: direction of motion. Full saturation (rim of the wheel): motion of the length "
               "stated below it.";
    }
    return "Arrows: " + legendNumber(request.arrows->length) +
           " x the motion of the pixel at the tail.";
}

FigureRow drawnRow(CommandContext& context, const FlowFigure& request,
                   const std::vector<MethodColumn>& columns, const PairRow& row, bool truthColumn) {
    const float scale = scaleOf(request, row);
    FigureRow drawn;
    drawn.label = row.label;
    if (!request.arrows && !request.streams) drawn.legend = legendOf(request.wheel, scale);
    drawn.cells.push_back({row.pair.first->rgb, ""});
    for (std::size_t i = 0; i < columns.size(); ++i) {
        FigureCell cell{request.streams ? drawnStreamlines(row, row.streams[i], *request.streams)
                                        : drawnFlow(request, row, row.flows[i], scale),
                        ""};
        nlohmann::json epe = nullptr;
        if (hasTruth(row)) {
            const FlowScore score = scoreFlow(row.flows[i], row.pair.truth);
            cell.caption = score.epe ? "EPE " + numberText(*score.epe, 2) + " px" : "EPE -";
            if (score.epe) epe = *score.epe;
        }
        context.emit("result", {{"row", row.label},
                                {"method", columns[i].name},
                                {"epe", epe},
                                {"flow_scale_px", scale}});
        drawn.cells.push_back(std::move(cell));
    }
    if (!truthColumn) return drawn;
    if (hasTruth(row)) {
        const FlowScore score = scoreFlow(row.pair.truth, row.pair.truth);
        drawn.cells.push_back({drawnFlow(request, row, row.pair.truth, scale),
                               score.meanTruthPx
                                   ? "mean motion " + numberText(*score.meanTruthPx, 1) + " px"
                                   : "mean motion -"});
    } else {
        drawn.cells.push_back({{}, "no ground truth"});
    }
    return drawn;
}

}  // namespace

void drawFlowFigure(CommandContext& context, const FlowFigure& request) {
    requireFigurePath(context, request.output);
    const std::vector<MethodColumn> columns = parseColumns(request.methods);
    std::vector<PairRow> rows = RowReader(request).read();
    if (context.dryRun()) {
        context.emit("summary",
                     {{"dry_run", true}, {"rows", rows.size()}, {"methods", columns.size()}});
        context.text() << rows.size() << " rows by " << columns.size()
                       << " methods. Nothing was written.\n";
        return;
    }
    computeFlows(context, request, columns, rows);
    const bool truthColumn = std::any_of(rows.begin(), rows.end(), hasTruth);
    FigureGrid grid;
    grid.cellWidthPx = request.cellWidthPx;
    grid.columns.emplace_back("first frame");
    for (const MethodColumn& column : columns) grid.columns.push_back(column.label);
    if (truthColumn) grid.columns.emplace_back("ground truth");
    for (const PairRow& row : rows) {
        grid.rows.push_back(drawnRow(context, request, columns, row, truthColumn));
    }
    grid.note = noteOf(request);
    finishFigure(context, grid, request.output);
}

}  // namespace mcj
