#include "viewer/session/export_run.h"

#include <QPointer>
#include <algorithm>
#include <map>

#include "media/base/error.h"
#include "media/figure/figure_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_manifest.h"
#include "segmentation/mask_propagator.h"
#include "viewer/session/mask_editor.h"

namespace mcj {
namespace {

/// How the masks of begin..end were made, as far as the session knows. The video file is not read
/// here, because that is slow and belongs on the lane.
Manifest manifestOfMasks(const MaskEditor& masks, const PooledEngine& engine,
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
        objects |= entry.packed->allObjects();
        if (const auto method = masks.propagations().methodOf(frame, entry)) {
            frames[*method].push_back(frame);
        }
    }
    for (const auto& [method, list] : frames) {
        manifest.options["propagated-by-" + propagationMethodName(method)] = frameListText(list);
        // A session loads only one model.
        const auto& model = engine.info;
        if (!needsEngine(method) || !model) continue;
        manifest.modelSha256 = model->modelSha256;
        manifest.modelName = model->modelName;
        manifest.precision = model->precision;
        manifest.options["max-side"] = std::to_string(engine.options.maxSidePx);
    }
    for (const MaskObject& object : masks.objects()) {
        if (!objects.test(object.id)) continue;
        manifest.options["object-" + std::to_string(object.id)] = object.name;
    }
    return manifest;
}

/// Masks can be exported even if the video file no longer exists: they are the user's work.
void identifySource(Manifest& manifest, const StopToken& stop) {
    const auto outcome = runGuarded([&] {
        describeSource(manifest.sourcePath, manifest, stop);
        return true;
    });
    stop.throwIfStopped("exporting masks");
    if (!outcome.ok()) manifest.options["source-unread"] = outcome.error().what();
}

}  // namespace

ExportRun::ExportRun(EnginePool& engines, const std::string& engine, MapExportSettings settings,
                     VideoInfo video)
    : engine_(engines.at(engine)) {
    work_ = std::make_shared<MapExport>(
        std::move(settings), std::move(video), engine_.options.maxSidePx,
        FolderHints{tr("Choose another folder").toStdString(),
                    tr("select \"Replace existing files\"").toStdString()});
    if (work_->settings().query || needsEngine(work_->settings().analysis)) {
        engines.request(engine);
    }
}

QString ExportRun::title() const { return tr("Exporting maps"); }

std::int64_t ExportRun::totalSteps() const {
    if (stepsToDamage_) return *stepsToDamage_;
    // Maps of pairs: the last frame has no next frame. Similarity has a map for every frame.
    return work_->settings().query ? work_->settings().analysis.range.count() : pairs().count();
}

std::vector<FrameIndex> ExportRun::wantedFrames() const {
    const FrameIndex first = pairs().first(doneSteps());
    if (doneSteps() >= pairs().count()) return {first};
    return {first, pairs().second(doneSteps())};
}

FramePairs ExportRun::pairs() const {
    const AnalysisRequest& request = work_->settings().analysis;
    return {request.range, request.gap};
}

std::vector<Notice> ExportRun::noticesOf(const MapExportReport& report, const QString& video) {
    std::vector<Notice> notices;
    const auto warn = [&notices](const QString& text) {
        Notice notice;
        notice.level = Notice::Level::Warning;
        notice.text = text;
        notices.push_back(notice);
    };
    if (report.unreadable) {
        warn(tr("%1 is damaged: frame %2 cannot be read, so the maps end before it")
                 .arg(video, QString::number(*report.unreadable)));
    }
    if (report.clampedVectors > 0) {
        warn(tr("%1 vectors exceeded the limit of KITTI PNG (512 px) and were clamped")
                 .arg(report.clampedVectors));
    }
    return notices;
}

void ExportRun::atEnd() {
    // The failure was reported already and is more important than these notices.
    if (state() == State::Failed) return;
    const QString video = QString::fromStdString(work_->video().path);
    for (const Notice& notice : noticesOf(work_->report(), video)) Q_EMIT noticed(notice);
}

void ExportRun::settleMethod() {
    const std::string wanted = work_->settings().analysis.method;
    const std::string usable = engine_.usableFlow(wanted);
    if (usable == wanted) return;
    work_->setMethod(usable);
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.text = tr("No model with flow is loaded; flow is computed by OpenCV's DIS.");
    Q_EMIT noticed(notice);
}

Error ExportRun::nothingReadable(FrameIndex frame) const {
    const QString what =
        work_->settings().analysis.maps.empty()
            ? tr("no frame of %1 can be exported: frame %2 cannot be read")
            : tr("no pair of frames of %1 can be exported: frame %2 cannot be read");
    const QString path = QString::fromStdString(work_->video().path);
    return Error(ErrorCode::Input, what.arg(path, QString::number(frame)).toStdString(),
                 tr("Try to play the file in another program; it may be damaged.").toStdString());
}

void ExportRun::doStep(Lane& lane, const std::vector<FramePtr>& frames) {
    const auto missing = std::find_if(frames.begin(), frames.end(),
                                      [](const FramePtr& frame) { return frame == nullptr; });
    if (missing != frames.end()) {
        const auto place = static_cast<FrameIndex>(missing - frames.begin());
        const FrameIndex frame =
            place == 0 ? pairs().first(doneSteps()) : pairs().second(doneSteps());
        // Similarity does not need a pair: the first frame alone has a map.
        const bool firstIsEnough = place > 0 && work_->settings().query.has_value();
        if (doneSteps() == 0 && !firstIsEnough) {
            stepFailed(nothingReadable(frame));
            return;
        }
        stepsToDamage_ = doneSteps() + 1;
        work_->endBefore(frame);
    }
    // Not earlier: only at the first step it is known whether the model was loaded.
    if (doneSteps() == 0) settleMethod();
    work_->setEngine(engine_.engine);
    const bool last = doneSteps() + 1 >= totalSteps();
    lane.start(
        [work = work_, frames, last, stop = stopToken()] {
            work->write(frames[0], frames.size() > 1 ? frames[1] : FramePtr{}, stop);
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
            writeFigure(file, sheetOf(picture));
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

MaskExportRun::MaskExportRun(const MaskEditor& masks, const PooledEngine& engine,
                             MaskExportRequest request, const VideoInfo& video)
    : track_(masks.track()), request_(std::move(request)) {
    request_.manifest = manifestOfMasks(masks, engine, video, request_.begin, request_.end);
    poll_.setInterval(100);
    connect(&poll_, &QTimer::timeout, this, [this] {
        const std::int64_t done = written_->load();
        if (done > doneSteps() && done < totalSteps()) reportDone(done);
    });
}

void MaskExportRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    poll_.start();
    lane.start(
        [track = track_, request = request_, written = written_, stop = stopToken()] {
            MaskExportRequest identified = request;
            identifySource(identified.manifest, stop);
            return exportMasks(track, identified, [&](std::int64_t files, std::int64_t) {
                *written = files;
                return !stop.stopRequested();
            });
        },
        [self = QPointer<MaskExportRun>(this)](Outcome<MaskExportReport> outcome) {
            if (!self) return;
            self->poll_.stop();
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
                return;
            }
            // `stepDone` counts the last step.
            self->reportDone(self->totalSteps() - 1);
            self->stepDone();
        });
}

}  // namespace mcj
