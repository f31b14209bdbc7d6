#include "app/cli_commands/bench_annotate.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/review_flow.h"
#include "app/cli_commands/sequence_choice.h"
#include "app/cli_commands/sequence_walk.h"
#include "app/cli_commands/text_layout.h"
#include "inference/analysis/csv_number.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "segmentation/simulated_annotator.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The states of one sequence and one picker.
struct AnnotateRow {
    std::string sequence;
    FramePicker picker = FramePicker::Curve;
    std::vector<AnnotatorTouch> states;
};

nlohmann::json touchJson(const std::string& sequence, FramePicker picker,
                         const AnnotatorTouch& touch) {
    return {{"sequence", sequence},
            {"pick", framePickerName(picker)},
            {"touches", touch.touches},
            {"frame", touch.frame ? nlohmann::json(*touch.frame) : nlohmann::json(nullptr)},
            {"j", touch.j},
            {"f", touch.f},
            {"jf", touch.jf()}};
}

/// The results of a picker over sequences.
struct PickerSummary {
    std::size_t sequences = 0;
    std::size_t reached = 0;
    double meanTouches = 0.0;    ///< a sequence that does not reach the target counts the maximum
    std::vector<double> meanJf;  ///< after 0, 1, ... touches; a finished sequence keeps its last
};

PickerSummary summaryOf(const std::vector<AnnotateRow>& rows, FramePicker picker,
                        const AnnotateBench& request) {
    PickerSummary summary;
    summary.meanJf.assign(static_cast<std::size_t>(request.maxTouches) + 1, 0.0);
    double touches = 0.0;
    for (const AnnotateRow& row : rows) {
        if (row.picker != picker) continue;
        ++summary.sequences;
        const std::optional<int> needed = touchesTo(row.states, request.target / 100.0);
        summary.reached += needed ? 1 : 0;
        touches += needed.value_or(request.maxTouches);
        for (std::size_t i = 0; i < summary.meanJf.size(); ++i) {
            summary.meanJf[i] += row.states[std::min(i, row.states.size() - 1)].jf();
        }
    }
    if (summary.sequences == 0) return summary;
    const auto count = static_cast<double>(summary.sequences);
    summary.meanTouches = touches / count;
    for (double& jf : summary.meanJf) jf /= count;
    return summary;
}

std::string touchesCsv(const std::vector<AnnotateRow>& rows) {
    std::string text = "sequence,pick,touches,frame,j,f,jf\n";
    for (const AnnotateRow& row : rows) {
        for (const AnnotatorTouch& touch : row.states) {
            text += row.sequence + ',' + framePickerName(row.picker) + ',' +
                    std::to_string(touch.touches) + ',';
            if (touch.frame) text += std::to_string(*touch.frame);
            for (const double value : {touch.j, touch.f, touch.jf()}) {
                text += ',';
                appendCsvNumber(text, value);
            }
            text += '\n';
        }
    }
    return text;
}

class AnnotateRun {
public:
    AnnotateRun(CommandContext& context, const AnnotateBench& request)
        : context_(context), request_(request),
          flow_(reviewFlowOf(context, request.flow, request.flowGiven)) {
        for (const std::string& name : request.pickers) {
            const FramePicker picker = parseFramePicker(name);
            if (std::ranges::find(pickers_, picker) == pickers_.end()) pickers_.push_back(picker);
        }
        options_.propagator.method = parsePropagationMethod(request.method);
        options_.maxTouches = request.maxTouches;
        options_.target = request.target / 100.0;
        options_.reviewFlow = flow_.method;
        options_.featureLevel = request.level;
        engine_ = needsEngine(options_.propagator.method) ? &context.engine() : flow_.engine;
    }

    void add(const SequenceLayout& layout) {
        const auto source = openSource(layout.framesFolder.string());
        options_.scoring = scoreOptionsOf(request_.labels, layout.name);
        const GivenMasks given(layout.masks, options_.scoring.voidLabel, request_.labels.reading);
        AnnotatedClip clip;
        clip.frames = static_cast<FrameIndex>(layout.frames.size());
        clip.read = [&](FrameIndex frame) { return source->read(frame, context_.stopToken()); };
        clip.truth = [&](FrameIndex frame) { return given.truth(frame); };
        clip.anchor = [&](FrameIndex frame) { return given.start(frame); };
        for (const FramePicker picker : pickers_) {
            options_.picker = picker;
            AnnotatorCallbacks callbacks;
            callbacks.stop = context_.stopToken();
            callbacks.propagating =
                context_.progress(layout.name + ", " + framePickerName(picker) + ", propagated");
            callbacks.onTouch = [&](const AnnotatorTouch& touch) {
                context_.emit("result", touchJson(layout.name, picker, touch));
            };
            rows_.push_back(
                {layout.name, picker, simulateAnnotator(clip, options_, engine_, callbacks)});
            context_.endProgress();
            write();
        }
    }

    void finish() const {
        for (const FramePicker picker : pickers_) context_.emit("summary", summaryJson(picker));
        context_.text() << sequenceTable() << '\n' << averageTable();
    }

private:
    /// After every sequence, so that a stopped run keeps what is finished.
    void write() const {
        if (request_.output.empty()) return;
        const fs::path folder = request_.output;
        writeTextAtomically(folder / "touches.csv", touchesCsv(rows_));
        nlohmann::json summaries = nlohmann::json::array();
        for (const FramePicker picker : pickers_) summaries.push_back(summaryJson(picker));
        const nlohmann::json all{{"propagation", request_.method},
                                 {"review_flow", flow_.method},
                                 {"features", engine_ != nullptr && request_.level > 0},
                                 {"target_jf", request_.target / 100.0},
                                 {"max_touches", request_.maxTouches},
                                 {"pickers", summaries}};
        writeTextAtomically(folder / "annotate.json", all.dump(2) + '\n');
    }

    [[nodiscard]] nlohmann::json summaryJson(FramePicker picker) const {
        const PickerSummary summary = summaryOf(rows_, picker, request_);
        return {{"pick", framePickerName(picker)},
                {"sequences", summary.sequences},
                {"reached", summary.reached},
                {"mean_touches", summary.meanTouches},
                {"mean_jf", summary.meanJf}};
    }

    [[nodiscard]] std::string sequenceTable() const {
        TextTable table({Align::Left, Align::Left, Align::Right, Align::Right, Align::Right});
        table.add({"sequence", "pick", "J&F at the start",
                   "touches to " + numberText(request_.target, 0), "J&F at the end"});
        for (const AnnotateRow& row : rows_) {
            const std::optional<int> needed = touchesTo(row.states, request_.target / 100.0);
            table.add({row.sequence, framePickerName(row.picker),
                       numberText(100.0 * row.states.front().jf(), 1),
                       needed ? std::to_string(*needed)
                              : "over " + std::to_string(row.states.back().touches),
                       numberText(100.0 * row.states.back().jf(), 1)});
        }
        return table.text();
    }

    /// Mean J&F after each number of touches, a column for each picker.
    [[nodiscard]] std::string averageTable() const {
        std::vector<PickerSummary> summaries;
        std::vector<Align> columns{Align::Left};
        std::vector<std::string> head{"touches"};
        std::vector<std::string> last{"mean touches (lower bound)"};
        for (const FramePicker picker : pickers_) {
            summaries.push_back(summaryOf(rows_, picker, request_));
            columns.push_back(Align::Right);
            head.push_back(framePickerName(picker));
            last.push_back(numberText(summaries.back().meanTouches, 2));
        }
        TextTable table(columns);
        table.add(head);
        for (std::size_t i = 0; i < summaries.front().meanJf.size(); ++i) {
            std::vector<std::string> cells{std::to_string(i)};
            for (const PickerSummary& summary : summaries) {
                cells.push_back(numberText(100.0 * summary.meanJf[i], 1));
            }
            table.add(cells);
        }
        table.add(last);
        return table.text();
    }

    CommandContext& context_;
    const AnnotateBench& request_;
    ReviewFlow flow_;
    std::vector<FramePicker> pickers_;
    AnnotatorOptions options_;
    InferenceEngine* engine_ = nullptr;
    std::vector<AnnotateRow> rows_;
};

void prepareOutput(CommandContext& context, const std::string& output) {
    if (output.empty()) return;
    std::error_code failed;
    if (fs::exists(output, failed) && !fs::is_empty(output, failed) && !context.overwrite()) {
        throw Error(ErrorCode::Usage, output + " already contains files",
                    "Choose another folder with -o, or pass --overwrite.");
    }
    fs::create_directories(output, failed);
    if (!failed) return;
    throw Error(ErrorCode::Input, "cannot create the folder " + output + ": " + failed.message(),
                "Choose a writable folder with -o.");
}

}  // namespace

void benchAnnotate(CommandContext& context, const AnnotateBench& request) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "bench annotate has no --dry-run",
                    "Use mcjepa evaluate vos --dry-run for the time of one propagation.");
    }
    const std::vector<SequenceLayout> sequences =
        chosenSequences(context, discoverSequences(request.sequences), request.labels);
    AnnotateRun run(context, request);
    prepareOutput(context, request.output);
    std::size_t measured = 0;
    for (const SequenceLayout& sequence : sequences) {
        if (!sequence.fullTruth()) {
            context.info(sequence.name +
                         " is left out: its ground truth does not cover every frame");
            continue;
        }
        run.add(sequence);
        ++measured;
    }
    if (measured == 0) {
        throw Error(ErrorCode::Input,
                    "no sequence of " + request.sequences + " has ground truth on every frame",
                    "Give sequences in which every frame has a ground-truth mask.");
    }
    run.finish();
}

}  // namespace mcj
