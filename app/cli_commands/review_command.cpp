#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/flow_choice.h"
#include "app/cli_commands/mask_options.h"
#include "app/cli_commands/review_flow.h"
#include "app/cli_commands/review_truth.h"
#include "app/cli_commands/sequence_choice.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"
#include "inference/analysis/export_folder.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/atomic_file.h"
#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/review_table.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The command line as it was typed.
struct ReviewLine {
    std::string clip;
    std::string masks;
    std::string folder;
    std::string truth;
    FlowChoice flow;
    bool flowGiven = false;
    double threshold = kSuspiciousScore;
    int level = 3;
    MaskReading reading;
};

/// The masks of a folder or file with their frames.
struct ClipMasks {
    std::vector<FrameMaskFile> files;  ///< the path names the mask in messages
    std::function<Mask(std::size_t)> read;

    [[nodiscard]] std::optional<Mask> at(FrameIndex frame) const {
        const auto found = std::ranges::lower_bound(files, frame, {}, &FrameMaskFile::frame);
        if (found == files.end() || found->frame != frame) return std::nullopt;
        return read(static_cast<std::size_t>(found - files.begin()));
    }
};

/// Masks of a format with other files than a label map per frame: SA-V, COCO ...
ClipMasks setIn(const std::string& path, const MaskedClip& clip, const MaskReading& reading) {
    const MaskReadRequest request = requestFor(clip, maskSetPath(path), reading);
    const auto set =
        std::make_shared<const MaskSet>(readMaskSet(detectMaskFormat(request.path), request));
    ClipMasks masks;
    for (const FrameIndex frame : set->frames) {
        masks.files.push_back({frame, request.path / ("frame " + std::to_string(frame))});
    }
    masks.read = [set](std::size_t at) { return set->read(set->frames.at(at)).labels(); };
    return masks;
}

ClipMasks masksIn(const std::string& folder, const std::string& clip, FrameIndex frames,
                  const MaskReading& reading) {
    const fs::path found = maskFolderIn(folder);
    if (found.empty()) return setIn(folder, {clip, frames}, reading);
    std::vector<FrameMaskFile> files = matchMasksToClip(clip, frames, listMaskFiles(found));
    std::vector<fs::path> paths;
    for (const FrameMaskFile& file : files) paths.push_back(file.path);
    const auto labels = std::make_shared<const MaskFolder>(std::move(paths), reading);
    return {std::move(files), [labels](std::size_t at) { return labels->read(at); }};
}

nlohmann::json numberOrNull(double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

nlohmann::json reviewJson(const FrameReview& review, double threshold) {
    nlohmann::json objects = nlohmann::json::array();
    for (const ObjectReview& object : review.objects) {
        nlohmann::json row{
            {"object", object.object}, {"area_px", object.areaPx}, {"score", object.score}};
        for (const ReviewSignal signal : kReviewSignals) {
            row[std::string(reviewSignalName(signal))] = numberOrNull(object.signals.at(signal));
        }
        objects.push_back(std::move(row));
    }
    const double score = review.score();
    return {{"frame", review.frame},
            {"score", score},
            {"suspicious", score >= threshold && score > 0.0},
            {"objects", std::move(objects)}};
}

/// What a review has found so far.
struct ReviewFindings {
    std::vector<FrameReview> reviews;
    ReviewTruth truth;
    std::optional<std::string> damaged;  ///< why the review ends before the last mask
};

class ReviewRun {
public:
    ReviewRun(CommandContext& context, const ReviewLine& line, FrameSource& source,
              const ReviewFlow& flow)
        : context_(context), line_(line), source_(source), flow_(flow),
          masks_(masksIn(line.masks, line.clip, source.info().frames.value_or(0), line.reading)) {
        if (line.truth.empty()) return;
        truth_ = masksIn(line.truth, line.clip, source.info().frames.value_or(0), line.reading);
    }

    /// Adds to `findings` mask by mask, so that they remain if it throws.
    void run(ReviewFindings& findings) {
        const Progress progress = context_.progress("reviewing");
        const auto count = static_cast<FrameIndex>(masks_.files.size());
        for (FrameIndex i = 0; i < count; ++i) {
            progress(i, count);
            context_.throwIfStopped();
            const FrameMaskFile& file = masks_.files[static_cast<std::size_t>(i)];
            const FramePtr frame = readOrEnd(file.frame, findings);
            if (!frame) break;
            reviewMask(frame, masks_.read(static_cast<std::size_t>(i)), file.path, findings);
        }
        progress(count, count);
        context_.endProgress();
    }

private:
    FramePtr readOrEnd(FrameIndex index, ReviewFindings& findings) {
        try {
            if (FramePtr frame = source_.read(index, context_.stopToken())) return frame;
            findings.damaged = "frame " + std::to_string(index) + " does not exist";
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Input) throw;
            findings.damaged = error.what();
        }
        return nullptr;
    }

    void reviewMask(const FramePtr& frame, Mask read, const fs::path& path,
                    ReviewFindings& findings) {
        if (read.size() != frame->size()) {
            throw Error(ErrorCode::Input,
                        path.string() + " is " + sizeText(read.size()) +
                            " pixels, but the frame is " + sizeText(frame->size()),
                        "Give masks of the size of the clip's frames.");
        }
        auto mask = std::make_unique<Mask>(std::move(read));
        std::optional<PairEvidence> between;
        if (frameBefore_) {
            between =
                pairEvidence(frameBefore_, frame, flow_.method, flow_.engine, context_.stopToken());
        }
        FrameEvidence evidence =
            maskEvidence(frame->index, *mask, maskBefore_.get(), between ? &*between : nullptr);
        if (flow_.engine != nullptr && line_.level > 0) {
            addFeatures(evidence, frame, *mask, line_.level, *flow_.engine, context_.stopToken());
        }
        findings.reviews.push_back(sequence_.add(evidence));
        context_.emit("result", reviewJson(findings.reviews.back(), line_.threshold));
        if (truth_) {
            if (const auto truth = truth_->at(frame->index)) {
                findings.truth.add(findings.reviews.back(), *mask, *truth);
            }
        }
        frameBefore_ = frame;
        maskBefore_ = std::move(mask);
    }

    CommandContext& context_;
    const ReviewLine& line_;
    FrameSource& source_;
    ReviewFlow flow_;
    ClipMasks masks_;
    std::optional<ClipMasks> truth_;
    ReviewSequence sequence_;
    FramePtr frameBefore_;
    std::unique_ptr<Mask> maskBefore_;
};

void writeFindings(ExportFolder& folder, const ReviewFindings& findings, double threshold) {
    const auto write = [&](const char* name, const std::string& text) {
        writeTextAtomically(folder.place(name), text);
        folder.add(name);
    };
    write("scores.csv", reviewCsv(findings.reviews));
    write("suspicious.csv", suspicionsCsv(suspicionsOf(findings.reviews, threshold)));
    if (!findings.truth.rows().empty()) write("truth.csv", findings.truth.csv());
}

void printSuspicions(CommandContext& context, const std::vector<Suspicion>& suspicions) {
    constexpr std::size_t kPrinted = 10;
    if (suspicions.empty()) return;
    TextTable table({Align::Right, Align::Right, Align::Right, Align::Left});
    table.add({"frame", "object", "score", "main reason"});
    for (std::size_t i = 0; i < std::min(kPrinted, suspicions.size()); ++i) {
        const Suspicion& one = suspicions[i];
        table.add({std::to_string(one.frame), std::to_string(one.object), numberText(one.score, 2),
                   std::string(reviewSignalName(one.reason))});
    }
    context.text() << table.text();
    if (suspicions.size() > kPrinted) {
        context.text() << "and " << suspicions.size() - kPrinted << " more\n";
    }
}

void tellFindings(CommandContext& context, const ReviewLine& line, const ReviewFlow& flow,
                  const ReviewFindings& findings) {
    const std::vector<Suspicion> suspicions = suspicionsOf(findings.reviews, line.threshold);
    const auto suspicious = std::ranges::count_if(findings.reviews, [&](const FrameReview& review) {
        return review.score() > 0.0 && review.score() >= line.threshold;
    });
    if (findings.damaged) context.warn("the review ends early: " + *findings.damaged);
    nlohmann::json summary{
        {"frames", findings.reviews.size()},
        {"suspicious_frames", suspicious},
        {"threshold", line.threshold},
        {"flow", flow.method},
        {"features", flow.engine != nullptr && line.level > 0},
        {"damaged", findings.damaged ? nlohmann::json(*findings.damaged) : nlohmann::json(nullptr)},
        {"folder", line.folder}};
    const ReviewTruth& truth = findings.truth;
    if (!truth.rows().empty()) {
        summary["frames_with_truth"] = truth.rows().size();
        summary["spearman_loss"] = numberOrNull(truth.lossCorrelation());
        summary["spearman_drop"] = numberOrNull(truth.dropCorrelation());
        summary["worst_tenth_found"] = numberOrNull(truth.worstTenth());
    }
    context.emit("summary", summary);
    printSuspicions(context, suspicions);
    context.text() << findings.reviews.size() << " masks, " << suspicious
                   << " of them with a score of " << numberText(line.threshold, 2)
                   << " or more; tables in " << line.folder << '\n';
    if (truth.rows().empty()) return;
    context.text() << truth.rows().size()
                   << " frames with ground truth: rank correlation of score and 1 - J "
                   << numberText(truth.lossCorrelation(), 2) << ", of score and drop of J "
                   << numberText(truth.dropCorrelation(), 2)
                   << "; of the tenth of frames with the lowest J, "
                   << numberText(100.0 * truth.worstTenth(), 0)
                   << " % are among the same number of frames with the highest scores\n";
}

void review(CommandContext& context, const ReviewLine& line) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "review has no --dry-run",
                    "Use mcjepa analyze --dry-run --maps warp-error,consistency for the time.");
    }
    const auto source = openScanned(context, line.clip);
    const ReviewFlow flow = reviewFlowOf(context, line.flow, line.flowGiven);
    ReviewRun run(context, line, *source, flow);
    Manifest manifest = manifestOf(context, "mcjepa review", line.clip, flow.engine);
    manifest.options["method"] = flow.method;
    manifest.options["level"] = std::to_string(flow.engine != nullptr ? line.level : 0);
    manifest.options["threshold"] = numberText(line.threshold, 4);
    ExportFolder folder(line.folder, std::move(manifest), {},
                        context.overwrite() ? ExistingFiles::Replace : ExistingFiles::KeepOrRefuse);
    const ReviewFindings findings = folder.run(source->info(), [&] {
        ReviewFindings found;
        try {
            run.run(found);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Interrupted) throw;
            writeFindings(folder, found, line.threshold);
            throw Error(ErrorCode::Interrupted,
                        "stopped; the tables have the first " +
                            std::to_string(found.reviews.size()) + " masks",
                        "Run the same command again for all of them.");
        }
        writeFindings(folder, found, line.threshold);
        return found;
    });
    tellFindings(context, line, flow, findings);
}

}  // namespace

void addReviewCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "review", "Finds the frames of a clip whose masks are doubtful, without ground truth");
    const auto line = std::make_shared<ReviewLine>();
    line->flow.method = kReviewFlow;
    command->add_option("CLIP", line->clip, "A video file, a folder of images, or a glob")
        ->required();
    command
        ->add_option("MASKS", line->masks,
                     "Masks of this or another program: a folder of PNGs, one per frame (Cutie, "
                     "XMem, DAVIS), a folder per object (SAM 2), or one of the formats " +
                         readableMaskFormatIds())
        ->required();
    command
        ->add_option("-o,--output", line->folder,
                     "Folder for scores.csv, suspicious.csv and manifest.json")
        ->required();
    CLI::Option* method = addFlowChoice(*command, line->flow);
    command
        ->add_option("--threshold", line->threshold,
                     "Lowest score, 0 to 1, with which a mask is listed in suspicious.csv")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command
        ->add_option("--level", line->level,
                     "Feature level of the comparison with the first frame, 1 (fine) to 6 "
                     "(coarse); 0: no features")
        ->check(CLI::Range(0, 6))
        ->capture_default_str();
    command->add_option(
        "--truth", line->truth,
        "Ground-truth masks: also writes truth.csv and reports how well the scores predict J");
    addMaskThreshold(*command, line->reading);
    command->callback([&context, line, method] {
        line->flowGiven = method->count() > 0 || !line->flow.command.empty();
        context.setAction([&context, line] { review(context, *line); });
    });
}

}  // namespace mcj
