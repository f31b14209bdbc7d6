#include "viewer/session/session.h"

#include <algorithm>
#include <cmath>

#include "viewer/session/project_store.h"
#include "viewer/session/time_left.h"

namespace mcj {
namespace {

/// LibTorch is loaded this long after the first picture, so that the picture is on screen first.
constexpr int kEngineDelayMs = 150;

Notice noticeOfReplaced(const Run& run) {
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.text = Session::tr("%1 ended at %2 of %3 frames: another file was opened")
                      .arg(run.title())
                      .arg(run.doneSteps())
                      .arg(run.totalSteps());
    notice.hint = Session::tr(
        "Its last step may still be finished. To go on, open its video again and start it anew.");
    return notice;
}

}  // namespace

Session::Session(SessionOptions options, QObject* parent)
    : QObject(parent), options_(std::move(options)), io_(std::make_unique<Lane>("io")),
      inference_(std::make_unique<Lane>("inference")),
      provider_(
          std::make_unique<FrameProvider>(*io_, options_.frameBytes, options_.frameIndexFolder)),
      analysis_(std::make_unique<AnalysisService>(*inference_, options_.engine, options_.mapBytes)),
      layers_(std::make_unique<LayerStack>()), masks_(std::make_unique<MaskEditor>()),
      store_(std::make_unique<ProjectStore>(*masks_, *layers_, options_.projectFolder)),
      clock_([this](FrameIndex frame) { return provider_->timeSecs(frame); }) {
    revisions_.fill(1);
    clock_.setLoop(LoopMode::Loop);
    pumpTimer_.setSingleShot(true);
    playTimer_.setSingleShot(true);
    playTimer_.setTimerType(Qt::PreciseTimer);
    connect(&pumpTimer_, &QTimer::timeout, this, &Session::pump);
    connect(&playTimer_, &QTimer::timeout, this, &Session::tick);
    connectParts();
}

void Session::connectParts() {
    connect(io_.get(), &Lane::idle, this, &Session::schedulePump);
    connect(inference_.get(), &Lane::idle, this, &Session::schedulePump);
    connect(provider_.get(), &FrameProvider::openSucceeded, this, &Session::adoptOpened);
    connect(provider_.get(), &FrameProvider::openFailed, this, [this](const Notice& notice) {
        Q_EMIT noticed(notice);
        Q_EMIT changed();
    });
    connect(provider_.get(), &FrameProvider::failed, this, &Session::noticed);
    connect(provider_.get(), &FrameProvider::frameArrived, this, [this] {
        showCurrent();
        schedulePump();
    });
    connect(provider_.get(), &FrameProvider::approximateArrived, this, &Session::showCurrent);
    connect(provider_.get(), &FrameProvider::retryDue, this, &Session::schedulePump);
    connect(provider_.get(), &FrameProvider::scanAdvanced, this, &Session::countChanged);
    connect(analysis_.get(), &AnalysisService::noticed, this, &Session::noticed);
    connect(analysis_.get(), &AnalysisService::engineChanged, this, [this] {
        touchMaps();
        Q_EMIT changed();
        schedulePump();
    });
    connect(analysis_.get(), &AnalysisService::mapsArrived, this, [this](FrameIndex frame) {
        const FrameMaps* maps = analysis_->maps(frame);
        if (maps != nullptr && maps->forward && layers_->raiseFlowScale(maps->flowPercentilePx)) {
            say(Notice::Level::Info,
                tr("Flow scale raised to %1 px")
                    .arg(static_cast<double>(layers_->layer(LayerKind::Flow).flowScalePx)));
        }
        if (shown_ && shown_->index == frame) touchMaps();
        Q_EMIT changed();
    });
    connect(layers_.get(), &LayerStack::changed, this, [this] {
        Q_EMIT changed();
        schedulePump();
    });
    connect(masks_.get(), &MaskEditor::maskChanged, this, [this] {
        touch(LayerKind::Mask);
        Q_EMIT changed();
    });
    connect(masks_.get(), &MaskEditor::objectsChanged, this, &Session::changed);
    connect(masks_.get(), &MaskEditor::brushChanged, this, &Session::changed);
    connect(masks_.get(), &MaskEditor::editStarting, this, [this] {
        if (masks_->propagating()) stopRun();
    });
    connect(store_.get(), &ProjectStore::noticed, this, &Session::noticed);
}

Session::~Session() {
    if (run_) {
        run_->disconnect(this);
        run_->stop();
    }
    if (isOpen()) store_->detach(current_);
    // Jobs hold snapshots, never parts of the session; still nothing may be under way when the
    // engine and the source go.
    inference_->stopJob();
    io_->stopJob();
    inference_->wait();
    io_->wait();
    run_.reset();
}

void Session::say(Notice::Level level, const QString& text, const QString& hint) {
    Notice notice;
    notice.level = level;
    notice.text = text;
    notice.hint = hint;
    Q_EMIT noticed(notice);
}

// Document ---------------------------------------------------------------------------------------

void Session::open(const QString& path) {
    // What was asked for before gives way, also where this turns out to be no good.
    provider_->cancelOpen();
    const auto outcome = runGuarded([&] {
        const bool project = ProjectStore::isProject(path);
        QString source = path;
        if (project) {
            source = store_->holds(path) ? QString::fromStdString(video().path)
                                         : ProjectStore::videoOf(path);
        }
        projectToOpen_ = project ? path : QString();
        provider_->open(source);
        return true;
    });
    if (!outcome.ok()) Q_EMIT noticed(noticeOf(outcome.error()));
    Q_EMIT changed();
    pump();
}

// Ends the work on the open document, saves it and forgets its masks and maps. Its picture stays:
// whoever looks meanwhile finds a document, not half of one.
void Session::leaveDocument() {
    pause();
    if (run_) {
        run_->stop();
        run_.reset();
        Q_EMIT runChanged();
    }
    if (isOpen()) {
        // Another file may be there before the button of the mouse is up.
        if (masks_->stroking()) masks_->endStroke();
        store_->detach(current_);
        masks_->reset({});
    }
    analysis_->clear();
    analysis_->setQuery(std::nullopt, analysis_->level());
    queryFrame_.reset();
    layers_->resetFlowScale();
}

void Session::close() {
    const bool wasOpen = isOpen();
    leaveDocument();
    provider_->close();
    shown_.reset();
    approximate_.reset();
    current_ = 0;
    for (const LayerKind kind : kAllLayers) touch(kind);
    if (wasOpen) {
        Q_EMIT closed();
        Q_EMIT changed();
    }
}

void Session::adoptOpened() {
    std::optional<Notice> replaced;
    if (run_) {
        replaced = noticeOfReplaced(*run_);
        // Its end is said below, once, with the reason.
        run_->disconnect(this);
    }
    leaveDocument();
    provider_->takeOver();
    // A first picture at once, whatever frame the project was left on.
    current_ = 0;
    approximate_.reset();
    shown_ = provider_->cached(0);
    for (const LayerKind kind : kAllLayers) touch(kind);
    current_ = store_->attach(video(), projectToOpen_);
    current_ = std::clamp<FrameIndex>(current_, 0, std::max<FrameIndex>(frameCount() - 1, 0));
    userMovedDuringRun_ = false;
    showCurrent();
    Q_EMIT opened();
    Q_EMIT currentFrameChanged(current_);
    Q_EMIT changed();
    if (replaced) Q_EMIT noticed(*replaced);
    for (const std::string& warning : video().warnings) {
        say(Notice::Level::Warning, QString::fromStdString(warning));
    }
    if (analysis_->engineState() == EngineState::NotLoaded) {
        QTimer::singleShot(kEngineDelayMs, this, [this] {
            analysis_->requestEngine();
            schedulePump();
        });
    }
    schedulePump();
}

QString Session::projectPath() const { return store_->path(); }

void Session::save() {
    if (!isOpen()) return;
    store_->saveNow(current_);
    if (store_->exists()) say(Notice::Level::Info, tr("Saved to %1").arg(store_->path()));
}

// Playhead ---------------------------------------------------------------------------------------

void Session::seek(FrameIndex frame) {
    if (!isOpen()) return;
    frame = std::clamp<FrameIndex>(frame, 0, std::max<FrameIndex>(frameCount() - 1, 0));
    if (run_) userMovedDuringRun_ = true;
    if (playing() && !provider_->reachable(frame)) pause();
    if (playing()) clock_.start(frame);
    if (frame == current_) return;
    current_ = frame;
    showCurrent();
    Q_EMIT currentFrameChanged(current_);
    Q_EMIT changed();
    schedulePump();
}

void Session::showCurrent() {
    FramePtr frame = provider_->cached(current_);
    if (!frame && playing() && shown_) {
        // Decoding is behind: the newest picture that is there and due, rather than none.
        for (FrameIndex index = current_ - 1; index > shown_->index; --index) {
            if ((frame = provider_->cached(index))) break;
        }
    }
    if (!frame) {
        if (!playing() && !provider_->reachable(current_)) showApproximate();
        return;
    }
    if (frame == shown_) return;
    if (masks_->stroking()) masks_->endStroke();
    approximate_.reset();
    shown_ = std::move(frame);
    for (const LayerKind kind : kAllLayers) touch(kind);
    Q_EMIT changed();
}

// Until a picture of the place is there, the one on screen stays, but no longer as a frame: what is
// done now is meant for another one.
void Session::showApproximate() {
    const ApproximatePicture* near = provider_->approximate();
    const bool fresh = near != nullptr && near->wanted == current_ &&
                       !(approximate_ && approximate_->picture.frame == near->picture.frame);
    if (!fresh && !shown_) return;
    if (masks_->stroking()) masks_->endStroke();
    if (fresh) {
        approximate_ = *near;
    } else {
        approximate_ = ApproximatePicture{current_, {shown_, provider_->timeSecs(shown_->index)}};
    }
    shown_.reset();
    for (const LayerKind kind : kAllLayers) touch(kind);
    Q_EMIT changed();
}

bool Session::waitsForExact(const QString& what) {
    if (!approximate_) return false;
    const double secs = provider_->secsUntilKnown(current_);
    say(Notice::Level::Warning,
        tr("%1 waits until frame %2 is known exactly").arg(what).arg(current_),
        (secs < 0.0
             ? tr("The frames of the video are being counted.")
             : tr("The frames of the video are being counted: %1.").arg(timeLeftText(secs))) +
            QLatin1Char(' ') +
            tr("Frames up to %1 can be used now.").arg(provider_->scannedFrames() - 1));
    return true;
}

void Session::countChanged() {
    if (frameCountExact() && current_ >= frameCount()) seek(frameCount() - 1);
    if (run_) run_->setFrameCount(frameCount(), frameCountExact());
    Q_EMIT changed();
}

// What the canvas draws --------------------------------------------------------------------------

void Session::touch(LayerKind kind) {
    revisions_[static_cast<std::size_t>(kind)] = ++nextRevision_;
}

void Session::touchMaps() {
    for (const LayerKind kind : kAllLayers) {
        if (kind != LayerKind::Image && kind != LayerKind::Mask) touch(kind);
    }
}

FlowPtr Session::flow() const {
    const FrameMaps* maps = shown_ ? analysis_->maps(shown_->index) : nullptr;
    return maps != nullptr ? maps->forward : nullptr;
}

ScalarMapPtr Session::map(LayerKind kind) const {
    const FrameMaps* maps = shown_ ? analysis_->maps(shown_->index) : nullptr;
    return maps != nullptr ? maps->map(kind) : nullptr;
}

MaskPtr Session::mask() const { return shown_ ? masks_->mask(shown_->index) : nullptr; }

std::optional<BestMatch> Session::bestMatch() const {
    const FrameMaps* maps = shown_ ? analysis_->maps(shown_->index) : nullptr;
    return maps != nullptr ? maps->match : std::nullopt;
}

Inspection Session::inspect(PointPx at) const {
    Inspection values;
    values.at = at;
    if (!shown_ || at.x < 0 || at.y < 0 || at.x >= shown_->size().width ||
        at.y >= shown_->size().height) {
        return values;
    }
    for (int c = 0; c < 3; ++c) {
        values.rgb[static_cast<std::size_t>(c)] = shown_->rgb.at(at.y, at.x, c);
    }
    if (const FlowPtr field = flow()) {
        const PointF vector = field->at(at.y, at.x);
        if (FlowField::known(vector)) values.flow = vector;
    }
    const auto valueOf = [this, at](LayerKind kind) -> std::optional<float> {
        const ScalarMapPtr scalar = map(kind);
        if (!scalar) return std::nullopt;
        const float value = scalar->values.at(at.y, at.x);
        return std::isnan(value) ? std::nullopt : std::optional(value);
    };
    values.warpError = valueOf(LayerKind::WarpError);
    values.consistency = valueOf(LayerKind::Consistency);
    values.occlusion = valueOf(LayerKind::Occlusion);
    values.featureError = valueOf(LayerKind::FeatureError);
    values.similarity = valueOf(LayerKind::Similarity);
    if (const MaskPtr labels = mask()) values.object = labels->labels.at(at.y, at.x);
    return values;
}

// Query ------------------------------------------------------------------------------------------

void Session::setQuery(PointF where) {
    if (!shown_) return;
    queryFrame_ = shown_;
    analysis_->setQuery(SimilarityQuery{shown_->index, where}, analysis_->level());
    if (!layers_->visible(LayerKind::Similarity)) layers_->setVisible(LayerKind::Similarity, true);
    touchMaps();
    Q_EMIT queryChanged();
    Q_EMIT changed();
    schedulePump();
}

void Session::clearQuery() {
    if (!query()) return;
    analysis_->setQuery(std::nullopt, analysis_->level());
    queryFrame_.reset();
    touchMaps();
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void Session::setSimilarityLevel(int level) {
    analysis_->setQuery(analysis_->query(), level);
    touchMaps();
    Q_EMIT queryChanged();
    Q_EMIT changed();
    schedulePump();
}

void Session::setFlowMethod(FlowMethod method) {
    analysis_->setMethod(method);
    touchMaps();
    Q_EMIT changed();
    schedulePump();
}

void Session::setMapDemand(MapDemand demand) {
    if (demand == mapDemand_) return;
    mapDemand_ = demand;
    schedulePump();
}

}  // namespace mcj
