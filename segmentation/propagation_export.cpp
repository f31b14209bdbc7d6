#include "segmentation/propagation_export.h"

#include <algorithm>
#include <set>

#include "inference/analysis/overlay_video.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/io/manifest.h"
#include "segmentation/mask_export.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/mask_set_export.h"

namespace mcj {
namespace {

constexpr const char* kMaskFolder = "masks";

std::string fileOf(FrameIndex frame) {
    return std::string(kMaskFolder) + "/" + davisFileName(frame);
}

class PropagationRun {
public:
    PropagationRun(FrameSource& source, const PropagationExport& request, const FrameRange& range,
                   InferenceEngine* engine, const PropagationCallbacks& callbacks,
                   ExportFolder& folder)
        : source_(source), request_(request), range_(range), engine_(engine), callbacks_(callbacks),
          folder_(folder), track_(trackOf(request, source.info().size)) {}

    PropagationReport run() {
        const PropagationPlan plan = planOf(request_, track_, range_);
        writeGiven(plan);
        walk(plan);
        if (!report_.damaged) writeEmpty();
        if (!request_.overlay.empty()) writeOverlay();
        tellProgress(*range_.end - range_.begin);
        for (const FrameIndex frame : written_) folder_.add(fileOf(frame));
        report_.frames = static_cast<FrameIndex>(written_.size());
        if (!report_.damaged) report_.damaged = source_.info().damaged;
        return report_;
    }

private:
    void tellProgress(FrameIndex done) {
        if (callbacks_.writing && !callbacks_.writing(done, *range_.end - range_.begin))
            throwStoppedExport();
    }

    /// Frames done; one that is computed by the first of two passes counts as half.
    [[nodiscard]] FrameIndex done() const {
        return static_cast<FrameIndex>(written_.size() + preliminary_.size() / 2);
    }

    void write(FrameIndex frame, const Mask& mask, MaskReport::Origin origin,
               std::optional<float> confidence) {
        tellProgress(done());
        MaskReport report{frame, origin, folder_.has(fileOf(frame)), confidence, fileOf(frame)};
        if (report.kept) {
            ++report_.kept;
        } else {
            writeDavisMask(folder_.place(report.file), mask);
        }
        written_.insert(frame);
        if (callbacks_.onFrame) callbacks_.onFrame(report);
    }

    /// Anchors inside the range, except partial ones, which the run completes.
    void writeGiven(const PropagationPlan& plan) {
        std::set<FrameIndex> steps;
        for (const PropagationSpan& span : plan.spans) {
            for (const PlanStep& step : span.steps) steps.insert(step.frame);
        }
        for (const auto& [frame, entry] : track_.entries()) {
            if (frame < range_.begin || frame >= *range_.end || steps.contains(frame)) continue;
            write(frame, *entry.mask(), MaskReport::Origin::Given, std::nullopt);
        }
    }

    void walk(PropagationPlan plan) {
        const auto whole = [this](const PropagationSpan& span) {
            return std::all_of(span.steps.begin(), span.steps.end(), [this](const PlanStep& step) {
                return folder_.has(fileOf(step.frame));
            });
        };
        for (const PropagationSpan& span : plan.spans) {
            if (!whole(span)) continue;
            for (const PlanStep& step : span.steps) {
                ++report_.kept;
                written_.insert(step.frame);
                if (callbacks_.onFrame) {
                    callbacks_.onFrame({step.frame, MaskReport::Origin::Propagated, true,
                                        std::nullopt, fileOf(step.frame)});
                }
            }
        }
        std::erase_if(plan.spans, whole);
        PlanWalk walk(
            std::move(plan), track_, request_.propagator,
            [this](FrameIndex index) { return read(index); }, engine_);
        try {
            while (const auto result = walk.next(callbacks_.stop)) {
                if (result->stage == PlanWalk::Stage::Preliminary) {
                    preliminary_.insert(result->propagated.frame);
                    tellProgress(done());
                    continue;
                }
                write(result->propagated.frame, *result->entry.mask(),
                      MaskReport::Origin::Propagated, result->propagated.meanConfidence);
                preliminary_.erase(result->propagated.frame);
            }
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Interrupted) throwStoppedExport();
            // An unreadable frame ends the run; other errors are not damage.
            if (!report_.damaged || error.code() != ErrorCode::Input) throw;
        }
    }

    /// Writes the frames before the first mask, which no mask reaches.
    void writeEmpty() {
        const Mask empty(source_.info().size);
        for (FrameIndex frame = range_.begin; frame < *range_.end; ++frame) {
            if (written_.contains(frame)) continue;
            write(frame, empty, MaskReport::Origin::NoMask, std::nullopt);
            ++report_.withoutMask;
        }
    }

    /// A second pass in the order of time, which may differ from the order of propagation.
    void writeOverlay() {
        OverlayVideo video(request_.overlay, source_.info(), 1);
        for (const FrameIndex frame : written_) {
            tellProgress(static_cast<FrameIndex>(written_.size()) - 1);
            const FramePtr picture = read(frame);
            if (!picture) break;
            const Mask mask = readDavisMask(folder_.path() / fileOf(frame));
            video.add(*picture, blendMask(picture->rgb, mask));
        }
        video.finish();
    }

    FramePtr read(FrameIndex index) {
        try {
            FramePtr frame = source_.read(index);
            if (!frame) report_.damaged = "frame " + std::to_string(index) + " cannot be read";
            return frame;
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Input) report_.damaged = error.what();
            throw;
        }
    }

    FrameSource& source_;
    const PropagationExport& request_;
    FrameRange range_;
    InferenceEngine* engine_;
    const PropagationCallbacks& callbacks_;
    ExportFolder& folder_;
    MaskTrack track_;
    std::set<FrameIndex> written_;
    std::set<FrameIndex> preliminary_;  ///< computed by the first pass, not yet by the second
    PropagationReport report_;
};

}  // namespace

PropagationPlan planOf(const PropagationExport& request, const MaskTrack& track,
                       const FrameRange& range) {
    return planPropagation(track, {.begin = range.begin,
                                   .end = *range.end,
                                   .travel = request.travel,
                                   .between = request.between});
}

MaskTrack trackOf(const PropagationExport& request, SizePx size) {
    std::vector<GivenMask> ordered = request.masks;
    std::sort(ordered.begin(), ordered.end(),
              [](const auto& a, const auto& b) { return a.frame < b.frame; });
    std::vector<std::filesystem::path> files;
    for (const GivenMask& given : ordered) files.push_back(given.path);
    const MaskFolder masks(std::move(files), request.reading);
    MaskTrack track;
    ObjectSet seen;
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        const GivenMask& given = ordered[i];
        const Mask mask = masks.read(i);
        if (mask.size() != size) {
            throw Error(ErrorCode::Input,
                        given.path.string() + " is " + sizeText(mask.size()) +
                            ", but the frames are " + sizeText(size),
                        "Give a mask of the size of the frames.");
        }
        const ObjectSet objects = objectsIn(mask);
        if (objects.none() && seen.none()) {
            throw Error(ErrorCode::Input, given.path.string() + " has no object",
                        "An object is a label from 1 to 254, or 255 if it is the only one.");
        }
        MaskFacts facts;
        facts.origin = MaskOrigin::Imported;
        facts.partial = (seen & ~objects).any();
        seen |= objects;
        track.set(given.frame, makeEntry(mask, facts));
    }
    return track;
}

std::map<std::string, std::string> propagationOptions(const PropagationExport& request) {
    std::map<std::string, std::string> options{
        {"method", propagationMethodName(request.propagator.method)},
        {"range", frameRangeText(request.range)},
        {"level", std::to_string(request.propagator.labels.level)},
        {"travel", request.travel == Travel::Forward    ? "forward"
                   : request.travel == Travel::Backward ? "backward"
                                                        : "both"}};
    if (request.masks.size() > 1) {
        options["between"] = request.between == BetweenAnchors::Blended ? "blend" : "single";
    }
    if (request.reading.threshold) {
        options["mask-threshold"] = std::to_string(*request.reading.threshold);
    }
    for (const GivenMask& mask : request.masks) {
        options["mask-at-" + std::to_string(mask.frame)] = sha256OfFile(mask.path);
    }
    return options;
}

PropagationReport runPropagation(FrameSource& source, const PropagationExport& request,
                                 Manifest planned, InferenceEngine* engine,
                                 const PropagationCallbacks& callbacks) {
    const FrameRange range = clipRange(request.range, source.info().frames.value_or(0));
    for (const GivenMask& mask : request.masks) {
        if (mask.frame < source.info().frames.value_or(0)) continue;
        throw Error(ErrorCode::Usage,
                    "there is no frame " + std::to_string(mask.frame) + " for " +
                        mask.path.string() + ": the clip has " +
                        std::to_string(source.info().frames.value_or(0)) + " frames",
                    "Frames are counted from 0.");
    }
    (void)trackOf(request, source.info().size);  // before anything is written
    if (request.existing == ExistingFiles::Replace) {
        // They follow from the masks that are replaced.
        removeFormatFolders(request.folder, planned.program);
    }
    planned.options.merge(propagationOptions(request));
    planned.source = source.info();
    ExportFolder folder(request.folder, std::move(planned), {kMaskFolder}, request.existing);
    return folder.run(source.info(), [&] {
        return PropagationRun(source, request, range, engine, callbacks, folder).run();
    });
}

}  // namespace mcj
