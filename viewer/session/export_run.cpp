#include "viewer/session/export_run.h"

#include <QPointer>
#include <algorithm>
#include <cstdio>
#include <map>

#include "inference/engine/export_folder.h"
#include "media/base/colormap.h"
#include "media/base/error.h"
#include "media/io/array_file.h"
#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_manifest.h"
#include "segmentation/mask_propagator.h"
#include "viewer/session/mask_editor.h"

namespace mcj {
namespace {

std::string similarityFile(FrameIndex frame, const char* extension) {
    char name[48];
    std::snprintf(name, sizeof name, "similarity/%06lld.%s", static_cast<long long>(frame),
                  extension);
    return name;
}

constexpr const char* kProgram = "mcjepa-studio export";

bool wantsNumbers(const AnalysisRequest& request) {
    return request.formats.size() > 1 || !request.formats.contains(MapFormat::Png);
}

/// How the masks of begin..end were made, as far as the session knows. The video's bytes are not
/// read here: that takes a lane.
Manifest manifestOfMasks(const MaskEditor& masks, const AnalysisService& analysis,
                         const VideoInfo& video, FrameIndex begin, FrameIndex end) {
    Manifest manifest;
    manifest.program = kMaskExportProgram;
    manifest.version = MCJ_VERSION;
    manifest.sourcePath = video.path;
    manifest.source = video;
    if (video.damaged) manifest.options["damaged"] = *video.damaged;
    std::map<PropagationMethod, std::vector<FrameIndex>> frames;
    ObjectSet objects;
    for (const auto& [frame, entry] : masks.track().entries()) {
        if (frame < begin || frame >= end) continue;
        objects |= entry.packed->objects();
        if (const auto method = masks.propagations().methodOf(frame, entry)) {
            frames[*method].push_back(frame);
        }
    }
    for (const auto& [method, list] : frames) {
        manifest.options["propagated-by-" + propagationMethodName(method)] = frameListText(list);
        // A session loads one model, once.
        const auto& model = analysis.engineInfo();
        if (!needsEngine(method) || !model) continue;
        manifest.modelSha256 = model->modelSha256;
        manifest.modelName = model->modelName;
        manifest.options["max-side"] = std::to_string(analysis.options().maxSidePx);
    }
    for (const MaskObject& object : masks.objects()) {
        if (!objects.test(object.id)) continue;
        manifest.options["object-" + std::to_string(object.id)] = object.name.toStdString();
    }
    return manifest;
}

/// Masks are the user's work: they can be exported also when their video is gone by now.
void identifySource(Manifest& manifest) {
    const auto outcome = runGuarded([&manifest] {
        describeSource(manifest.sourcePath, manifest);
        return true;
    });
    if (!outcome.ok()) manifest.options["source-unread"] = outcome.error().what();
}

}  // namespace

struct ExportRun::Work {
    MapExportSettings settings;
    VideoInfo video;
    int maxSidePx = 0;
    FolderHints hints;
    std::shared_ptr<InferenceEngine> engine;
    std::optional<ExportFolder> folder;

    void takeUpScale() {
        const AnalysisRequest& request = settings.analysis;
        if (settings.scalePinned || request.existing == ExistingFiles::Replace) return;
        const std::optional<Manifest> earlier = stoppedExport(request.folder, kProgram);
        if (!earlier || !earlier->options.contains("flow-scale")) return;
        settings.analysis.scale = parseFlowScale(earlier->options.at("flow-scale"));
    }

    void begin() {
        takeUpScale();
        Manifest planned;
        planned.program = kProgram;
        planned.version = MCJ_VERSION;
        planned.sourcePath = video.path;
        planned.source = video;
        describeSource(video.path, planned);
        if (engine && (settings.query || needsEngine(settings.analysis))) {
            planned.modelSha256 = engine->info().modelSha256;
            planned.modelName = engine->info().modelName;
        }
        planned.options = analysisOptions(settings.analysis);
        planned.options["max-side"] = std::to_string(maxSidePx);
        std::vector<std::string> subfolders = analysisSubfolders();
        subfolders.emplace_back("similarity");
        if (settings.query) {
            planned.options["similarity"] = "frame " + std::to_string(settings.query->frame) +
                                            " at " + std::to_string(settings.query->where.x) + "," +
                                            std::to_string(settings.query->where.y);
        }
        folder.emplace(settings.analysis.folder, planned, subfolders, settings.analysis.existing,
                       hints);
    }

    void finish() {
        if (video.damaged) folder->note("damaged", *video.damaged);
        folder->finish(ExportFolder::Ending::Complete);
    }

    void writePair(const FramePtr& first, const FramePtr& second) {
        if (settings.analysis.maps.empty()) return;
        const std::vector<std::string> files = filesOfPair(settings.analysis, first->index);
        const bool kept = std::all_of(files.begin(), files.end(), [this](const std::string& file) {
            return folder->has(file);
        });
        if (!kept) {
            const PairMaps maps = computePairMaps(settings.analysis, first, second, engine.get());
            for (const std::string& file : files) (void)folder->place(file);
            writePairMaps(settings.analysis, first->index, maps, settings.analysis.scale.px,
                          folder->path());
        }
        for (const std::string& file : files) folder->add(file);
    }

    void writeSimilarity(const FramePtr& frame) {
        if (!settings.query || !engine) return;
        SimilarityResult result =
            engine->similarity(settings.queryFrame, settings.query->where, frame,
                               settings.analysis.featureLevel);
        result.map.rangeLow = settings.similarityLayer.rangeLow;
        result.map.rangeHigh = settings.similarityLayer.rangeHigh;
        const std::string picture = similarityFile(frame->index, "png");
        writeRgbPng(folder->place(picture),
                    colorizeScalar(result.map, settings.similarityLayer.colormap));
        folder->add(picture);
        if (!wantsNumbers(settings.analysis)) return;
        const std::string numbers = similarityFile(frame->index, "npy");
        writeScalarNpy(folder->place(numbers), result.map);
        folder->add(numbers);
    }
};

ExportRun::ExportRun(AnalysisService& analysis, MapExportSettings settings, VideoInfo video)
    : analysis_(analysis), work_(std::make_shared<Work>()) {
    work_->settings = std::move(settings);
    work_->video = std::move(video);
    work_->maxSidePx = analysis_.options().maxSidePx;
    work_->hints = {tr("Choose another folder").toStdString(),
                    tr("tick \"Replace what is there\"").toStdString()};
    if (work_->settings.query || needsEngine(work_->settings.analysis)) analysis_.requestEngine();
}

ExportRun::~ExportRun() = default;

QString ExportRun::title() const { return tr("Exporting maps"); }

std::int64_t ExportRun::totalSteps() const {
    const auto count = work_->settings.analysis.range.count();
    // Maps of pairs: the last frame has no successor. Similarity has a map on every frame.
    return work_->settings.query ? count : std::max<FrameIndex>(count - 1, 0);
}

std::vector<FrameIndex> ExportRun::wantedFrames() const {
    const FrameRange& range = work_->settings.analysis.range;
    const FrameIndex first = range.at(doneSteps());
    if (doneSteps() + 1 >= range.count()) return {first};
    return {first, range.at(doneSteps() + 1)};
}

void ExportRun::settleMethod() {
    FlowMethod& method = work_->settings.analysis.method;
    const FlowMethod usable = analysis_.usable(method);
    if (usable == method) return;
    method = usable;
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.text = tr("There is no model with flow, so the maps are those of OpenCV's DIS.");
    Q_EMIT noticed(notice);
}

void ExportRun::doStep(Lane& lane, const std::vector<FramePtr>& frames) {
    if (frames.empty() || !frames.front()) {
        stop();
        stepDone();
        return;
    }
    // Not before: until the first step nobody knows whether the model loads.
    if (doneSteps() == 0) settleMethod();
    work_->engine = analysis_.engine();
    const bool last = doneSteps() + 1 >= totalSteps();
    lane.start(
        [work = work_, frames, last] {
            if (!work->folder) work->begin();
            if (frames.size() > 1 && frames[1]) work->writePair(frames[0], frames[1]);
            work->writeSimilarity(frames[0]);
            if (last) work->finish();
            return true;
        },
        [self = QPointer<ExportRun>(this)](Outcome<bool> outcome) {
            if (!self) return;
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
            } else {
                self->stepDone();
            }
        });
}

void PictureExportRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    lane.start(
        [picture = picture_, file = file_] {
            const QImage pixels = picture.convertToFormat(QImage::Format_RGB888);
            Raster<std::uint8_t> rgb({pixels.width(), pixels.height()}, 3);
            for (int y = 0; y < pixels.height(); ++y) {
                std::copy_n(pixels.constScanLine(y), pixels.width() * 3, rgb.row(y));
            }
            writeRgbPng(file, rgb);
            return true;
        },
        [self = QPointer<PictureExportRun>(this)](Outcome<bool> outcome) {
            if (!self) return;
            if (outcome.ok()) {
                self->stepDone();
            } else {
                self->stepFailed(outcome.error());
            }
        });
}

MaskExportRun::MaskExportRun(const MaskEditor& masks, const AnalysisService& analysis,
                             MaskExportRequest request, const VideoInfo& video)
    : track_(masks.track()), request_(std::move(request)) {
    request_.manifest = manifestOfMasks(masks, analysis, video, request_.begin, request_.end);
    poll_.setInterval(100);
    connect(&poll_, &QTimer::timeout, this, [this] {
        const std::int64_t done = progress_->done.load();
        if (done > doneSteps() && done < totalSteps()) reportDone(done);
    });
}

void MaskExportRun::stop() {
    progress_->stop = true;
    Run::stop();
}

void MaskExportRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    poll_.start();
    lane.start(
        [track = track_, request = request_, progress = progress_] {
            MaskExportRequest identified = request;
            identifySource(identified.manifest);
            return exportMasks(track, identified, [progress](std::int64_t done, std::int64_t) {
                progress->done = done;
                return !progress->stop.load();
            });
        },
        [self = QPointer<MaskExportRun>(this)](Outcome<MaskExportReport> outcome) {
            if (!self) return;
            self->poll_.stop();
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
                return;
            }
            // The last step counts itself.
            self->reportDone(self->totalSteps() - 1);
            self->stepDone();
        });
}

}  // namespace mcj
