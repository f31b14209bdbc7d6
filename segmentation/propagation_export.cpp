#include "segmentation/propagation_export.h"

#include <algorithm>
#include <set>

#include "inference/analysis/overlay_video.h"
#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "media/io/manifest.h"
#include "segmentation/mask_export.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/mask_formats/object_folders.h"
#include "segmentation/mask_manifest.h"
#include "segmentation/mask_set_export.h"

namespace mcj {
namespace {

constexpr const char* kMaskFolder = "masks";

std::string fileOf(FrameIndex frame) {
    return std::string(kMaskFolder) + "/" + davisFileName(frame);
}

/// Ids of the objects that the request's masks have, ascending.
std::vector<ObjectId> objectsOf(const MaskTrack& track) {
    const ObjectSet present = track.objects();
    std::vector<ObjectId> ids;
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (present.test(id)) ids.push_back(static_cast<ObjectId>(id));
    }
    return ids;
}

std::string softFileOf(SoftFormat format, ObjectId object, FrameIndex frame) {
    return std::string(softFormatId(format)) + "/" +
           objectFileName(object, frame, softExtension(format));
}

/// The folders that a run writes numbered files to.
std::vector<std::string> subfoldersOf(const PropagationExport& request, const MaskTrack& track) {
    std::vector<std::string> folders{kMaskFolder};
    for (const SoftFormat format : request.soft) {
        for (const ObjectId object : objectsOf(track)) {
            const std::filesystem::path first = softFileOf(format, object, 0);
            folders.push_back(first.parent_path().string());
        }
    }
    return folders;
}

/// 1 where the mask has the object, else 0.
Raster<float> sharesOf(const Mask& mask, ObjectId object) {
    Raster<float> shares(mask.size(), 1);
    const auto labels = mask.labels.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        shares.values()[i] = labels[i] == object ? 1.0F : 0.0F;
    }
    return shares;
}

class PropagationRun {
public:
    PropagationRun(FrameSource& source, const PropagationExport& request, const FrameRange& range,
                   InferenceEngine* engine, const PropagationCallbacks& callbacks,
                   ExportFolder& folder)
        : source_(source), request_(request), range_(range), engine_(engine), callbacks_(callbacks),
          folder_(folder), track_(trackOf(request, source.info().size)),
          objects_(objectsOf(track_)) {}

    PropagationReport run() {
        const PropagationPlan plan = planOf(request_, track_, range_);
        writeGiven(plan);
        walk(plan);
        if (!report_.damaged) writeEmpty();
        if (!request_.overlay.empty()) {
            writeVideo(
                OverlayVideo(request_.overlay, source_.info(), 1),
                [](const Frame& frame, const Mask& mask) { return blendMask(frame.rgb, mask); });
        }
        if (!request_.alphaVideo.empty()) {
            writeVideo(OverlayVideo(request_.alphaVideo, source_.info(), 1,
                                    alphaVideoFormat(request_.alphaVideo)),
                       [object = request_.alphaObject](const Frame& frame, const Mask& mask) {
                           return withAlpha(frame.rgb, mask, object);
                       });
        }
        tellProgress(*range_.end - range_.begin);
        listFiles();
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

    void listFiles() {
        for (const FrameIndex frame : written_) folder_.add(fileOf(frame));
        for (const SoftFormat format : request_.soft) {
            for (const ObjectId object : objects_) {
                for (const FrameIndex frame : written_) {
                    folder_.add(softFileOf(format, object, frame));
                }
            }
        }
        if (hard_.empty()) return;
        folder_.note("hard-frames", frameListText({hard_.begin(), hard_.end()}));
        report_.hard = static_cast<FrameIndex>(hard_.size());
    }

    [[nodiscard]] bool has(FrameIndex frame) const {
        if (!folder_.has(fileOf(frame))) return false;
        for (const SoftFormat format : request_.soft) {
            for (const ObjectId object : objects_) {
                if (!folder_.has(softFileOf(format, object, frame))) return false;
            }
        }
        return true;
    }

    /// `soft` may be null: the frame has no probabilities.
    void writeSoft(FrameIndex frame, const Mask& mask, const SoftLabels* soft) {
        if (request_.soft.empty()) return;
        if (soft == nullptr) hard_.insert(frame);
        for (const ObjectId object : objects_) {
            const Raster<float> shares =
                soft != nullptr ? soft->shares(object) : sharesOf(mask, object);
            for (const SoftFormat format : request_.soft) {
                const std::string file = softFileOf(format, object, frame);
                if (folder_.has(file)) continue;
                writeSoftPicture(folder_.place(file), format, shares);
            }
        }
    }

    void write(FrameIndex frame, const Mask& mask, MaskReport::Origin origin,
               std::optional<float> confidence, const SoftLabels* soft = nullptr) {
        tellProgress(done());
        MaskReport report{frame, origin, folder_.has(fileOf(frame)), confidence, fileOf(frame)};
        if (report.kept) {
            ++report_.kept;
        } else {
            writeDavisMask(folder_.place(report.file), mask);
        }
        writeSoft(frame, mask, soft);
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
            return std::all_of(span.steps.begin(), span.steps.end(),
                               [this](const PlanStep& step) { return has(step.frame); });
        };
        for (const PropagationSpan& span : plan.spans) {
            if (!whole(span)) continue;
            for (const PlanStep& step : span.steps) {
                ++report_.kept;
                written_.insert(step.frame);
                if (!request_.soft.empty() && !hasSoftLabels(request_.propagator.method)) {
                    hard_.insert(step.frame);
                }
                if (callbacks_.onFrame) {
                    callbacks_.onFrame({step.frame, MaskReport::Origin::Propagated, true,
                                        std::nullopt, fileOf(step.frame)});
                }
            }
        }
        std::erase_if(plan.spans, whole);
        PropagatorOptions options = request_.propagator;
        if (!request_.soft.empty()) options.soft = SoftResults::Kept;
        PlanWalk walk(
            std::move(plan), track_, options, [this](FrameIndex index) { return read(index); },
            engine_);
        try {
            while (const auto result = walk.next(callbacks_.stop)) {
                if (result->stage == PlanWalk::Stage::Preliminary) {
                    preliminary_.insert(result->propagated.frame);
                    tellProgress(done());
                    continue;
                }
                write(result->propagated.frame, *result->entry.mask(),
                      MaskReport::Origin::Propagated, result->propagated.meanConfidence,
                      result->propagated.soft.get());
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
    template <typename Draw>
    void writeVideo(OverlayVideo video, Draw&& draw) {
        for (const FrameIndex frame : written_) {
            tellProgress(static_cast<FrameIndex>(written_.size()) - 1);
            const FramePtr picture = read(frame);
            if (!picture) break;
            const Mask mask = readDavisMask(folder_.path() / fileOf(frame));
            video.add(*picture, draw(*picture, mask));
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
    std::vector<ObjectId> objects_;
    std::set<FrameIndex> written_;
    std::set<FrameIndex> hard_;         ///< written without probabilities, where they are wanted
    std::set<FrameIndex> preliminary_;  ///< computed by the first pass, not yet by the second
    PropagationReport report_;
};

}  // namespace

VideoFormat alphaVideoFormat(const std::filesystem::path& path) {
    const std::string extension = lowerExtension(path);
    if (extension == ".mov") return VideoFormat::ProRes4444;
    if (extension == ".mkv") return VideoFormat::Ffv1Alpha;
    throw Error(ErrorCode::Usage, path.string() + " cannot hold alpha",
                "Choose a name that ends in .mov (ProRes 4444) or .mkv (FFV1, lossless).");
}

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
    std::string soft;
    for (const SoftFormat format : request.soft) {
        soft += (soft.empty() ? "" : ",") + std::string(softFormatId(format));
    }
    if (!soft.empty()) options["soft"] = soft;
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
    const MaskTrack track = trackOf(request, source.info().size);  // before anything is written
    if (request.existing == ExistingFiles::Replace) {
        // They follow from the masks that are replaced.
        removeFormatFolders(request.folder, planned.program);
    }
    planned.options.merge(propagationOptions(request));
    planned.source = source.info();
    ExportFolder folder(request.folder, std::move(planned), subfoldersOf(request, track),
                        request.existing);
    return folder.run(source.info(), [&] {
        return PropagationRun(source, request, range, engine, callbacks, folder).run();
    });
}

}  // namespace mcj
