#include "viewer/session/session.h"

#include <algorithm>
#include <cmath>

#include "viewer/session/project_place.h"
#include "viewer/session/time_left.h"
#include "viewer/session/view_settings.h"

namespace mcj {
namespace {

/// LibTorch is loaded with this delay, so that the first picture is shown first.
constexpr int kEngineDelayMs = 150;

Notice noticeOfReplaced(const Run& run) {
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.text = Session::tr("%1: stopped after %2 of %3 frames because another file was opened")
                      .arg(run.title())
                      .arg(run.doneSteps())
                      .arg(run.totalSteps());
    notice.hint = Session::tr(
        "Its last step may still be completed. To resume, open the video again and restart it.");
    return notice;
}

}  // namespace

Session::Session(SessionOptions options, QObject* parent)
    : QObject(parent), options_(std::move(options)), io_(std::make_unique<Lane>("io")),
      inference_(std::make_unique<Lane>("inference")),
      provider_(
          std::make_unique<FrameProvider>(*io_, options_.frameBytes, options_.frameIndexFolder)),
      products_(std::make_unique<ProductCache>(options_.mapBytes)),
      engines_(std::make_unique<EnginePool>(*inference_, options_.loadEngine)),
      view_(std::make_unique<View>(*products_, *engines_, engines_->add(options_.engine))),
      scheduler_(std::make_unique<Scheduler>(*inference_, *products_, *engines_,
                                             [this](FrameIndex index) {
                                                 // The query's frame may have been dropped from the
                                                 // frame cache.
                                                 const FramePtr& asked = view_->queryFrame();
                                                 return asked && asked->index == index
                                                            ? asked
                                                            : provider_->cached(index);
                                             })),
      document_(std::make_unique<Document>(options_.projectFolder)),
      masks_(std::make_unique<MaskEditor>(*document_)),
      clock_([this](FrameIndex frame) { return provider_->timeSecs(frame); }) {
    clock_.setLoop(LoopMode::Loop);
    pumpTimer_.setSingleShot(true);
    playTimer_.setSingleShot(true);
    playTimer_.setTimerType(Qt::PreciseTimer);
    connect(&pumpTimer_, &QTimer::timeout, this, &Session::pump);
    connect(&playTimer_, &QTimer::timeout, this, &Session::tick);
    connectParts();
    connectDocument();
}

void Session::connectParts() {
    connect(io_.get(), &Lane::idle, this, &Session::schedulePump);
    connect(inference_.get(), &Lane::idle, this, &Session::schedulePump);
    for (const Lane* lane : {io_.get(), inference_.get()}) {
        connect(lane, &Lane::failed, this,
                [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    }
    connect(provider_.get(), &FrameProvider::openSucceeded, this, &Session::adoptOpened);
    connect(provider_.get(), &FrameProvider::openFailed, this, [this](Notice notice) {
        notice.topic = Notice::Topic::Opening;
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
    connect(engines_.get(), &EnginePool::noticed, this, &Session::noticed);
    connect(scheduler_.get(), &Scheduler::noticed, this, &Session::noticed);
    connect(view_.get(), &View::noticed, this, &Session::noticed);
    const auto lookAgain = [this] {
        Q_EMIT changed();
        schedulePump();
    };
    connect(engines_.get(), &EnginePool::changed, this, lookAgain);
    connect(&layers(), &LayerStack::changed, this, lookAgain);
    connect(view_.get(), &View::demandChanged, this, &Session::schedulePump);
    connect(view_.get(), &View::changed, this, [this, lookAgain] {
        products_->forgive();
        lookAgain();
    });
    connect(scheduler_.get(), &Scheduler::arrived, this, [this](const ProductKey& key) {
        view_->adopt(key);
        // The query will not be dragged back to exactly the same point.
        products_->drop(
            [this](const ProductKey& kept) { return kept.query && kept.query != view_->query(); });
        Q_EMIT changed();
    });
}

void Session::connectDocument() {
    connect(masks_.get(), &MaskEditor::maskChanged, this, [this] {
        ++maskRevision_;
        Q_EMIT changed();
    });
    connect(masks_.get(), &MaskEditor::objectsChanged, this, &Session::changed);
    connect(masks_.get(), &MaskEditor::brushChanged, this, &Session::changed);
    connect(masks_.get(), &MaskEditor::editStarting, this, [this] {
        if (masks_->propagating()) stopRun();
    });
    connect(masks_.get(), &MaskEditor::preparingChanged, this, &Session::changed);
    connect(masks_.get(), &MaskEditor::noticed, this, &Session::noticed);
    connect(document_.get(), &Document::noticed, this, &Session::noticed);
    connect(document_.get(), &Document::saved, this,
            [this](const QString& path) { say(Notice::Level::Info, tr("Saved to %1").arg(path)); });
    connect(document_.get(), &Document::restored, this, [this](const ProjectSettings& settings) {
        const FrameIndex frame = restoreSettings(settings, layers(), *masks_);
        // Do not move the playhead if the user has moved it meanwhile.
        if (current_ == 0) seek(frame);
    });
}

Session::~Session() {
    if (run_) {
        run_->disconnect(this);
        run_->stop();
    }
    if (isOpen()) document_->detach(settingsOf(layers(), *masks_, current_));
    // Jobs hold snapshots, not parts of the session. Still, none may run when the engine and the
    // source are destroyed.
    inference_->stopJob();
    io_->stopJob();
    inference_->wait();
    io_->wait();
    run_.reset();
}

void Session::say(Notice::Level level, const QString& text, const QString& hint,
                  Notice::Topic topic) {
    Notice notice;
    notice.level = level;
    notice.topic = topic;
    notice.text = text;
    notice.hint = hint;
    Q_EMIT noticed(notice);
}

// Document ---------------------------------------------------------------------------------------

void Session::open(const QString& path) {
    // A new request cancels an earlier one, even if it fails.
    provider_->cancelOpen();
    const auto outcome = runGuarded([&] {
        const bool project = isProject(path);
        QString source = path;
        if (project) {
            source = document_->holds(path) ? QString::fromStdString(video().path)
                                            : videoOfProject(path);
        }
        projectToOpen_ = project ? path : QString();
        provider_->open(source);
        return true;
    });
    if (!outcome.ok()) {
        Notice notice = noticeOf(outcome.error());
        notice.topic = Notice::Topic::Opening;
        Q_EMIT noticed(notice);
    }
    Q_EMIT changed();
    pump();
}

// Ends the work on the open document, saves it and drops its masks and maps. The picture is kept,
// so that the state is consistent until the new document is shown.
void Session::leaveDocument() {
    pause();
    if (run_) {
        run_->stop();
        run_.reset();
        Q_EMIT runChanged();
    }
    if (isOpen()) {
        Q_EMIT leaving();
        // A stroke may be unfinished when another file is opened.
        if (masks_->stroking()) masks_->endStroke();
        document_->detach(settingsOf(layers(), *masks_, current_));
    }
    view_->leave();
    products_->clear();
    scheduler_->forgetCosts();
}

void Session::close() {
    const bool wasOpen = isOpen();
    leaveDocument();
    provider_->close();
    approximate_.reset();
    setShown(nullptr);
    current_ = 0;
    if (wasOpen) {
        Q_EMIT closed();
        Q_EMIT changed();
    }
}

void Session::adoptOpened() {
    std::optional<Notice> replaced;
    if (run_) {
        replaced = noticeOfReplaced(*run_);
        // Its end is reported below, with the reason.
        run_->disconnect(this);
    }
    leaveDocument();
    provider_->takeOver();
    // Show frame 0 at once; the project's last frame follows when it is loaded.
    current_ = 0;
    approximate_.reset();
    setShown(provider_->cached(0));
    document_->attach(video(), projectToOpen_);
    userMovedDuringRun_ = false;
    showCurrent();
    Q_EMIT opened();
    Q_EMIT currentFrameChanged(current_);
    Q_EMIT changed();
    if (replaced) Q_EMIT noticed(*replaced);
    for (const std::string& warning : video().warnings) {
        say(Notice::Level::Warning, QString::fromStdString(warning), {}, Notice::Topic::Video);
    }
    if (view_->engine().state == EngineState::NotLoaded) {
        QTimer::singleShot(kEngineDelayMs, this, [this] {
            engines_->request(view_->engine().id);
            schedulePump();
        });
    }
    schedulePump();
}

void Session::save() {
    if (isOpen()) document_->save(settingsOf(layers(), *masks_, current_));
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
        // Decoding is too slow: show the newest decoded frame that is due.
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
    setShown(std::move(frame));
    Q_EMIT changed();
}

void Session::setShown(FramePtr frame) {
    shown_ = std::move(frame);
    view_->show(shown_);
    ++maskRevision_;
}

// Keeps the picture on screen until a nearer one is read, but without a frame: edits would
// otherwise apply to the wrong frame.
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
    setShown(nullptr);
    Q_EMIT changed();
}

bool Session::waitsForExact(const QString& what) {
    if (!approximate_) return false;
    const double secs = provider_->secsUntilKnown(current_);
    say(Notice::Level::Warning,
        tr("%1 is not possible until the exact position of frame %2 is known")
            .arg(what)
            .arg(current_),
        (secs < 0.0
             ? tr("The frames of the video are being counted.")
             : tr("The frames of the video are being counted: %1.").arg(timeLeftText(secs))) +
            QLatin1Char(' ') +
            tr("Frames up to %1 are available now.").arg(provider_->scannedFrames() - 1),
        Notice::Topic::Counting);
    return true;
}

void Session::countChanged() {
    if (frameCountExact() && current_ >= frameCount()) seek(frameCount() - 1);
    if (run_) run_->setFrameCount(frameCount(), frameCountExact());
    Q_EMIT changed();
}

// What the canvas draws --------------------------------------------------------------------------

MaskPtr Session::mask() const { return shown_ ? masks_->mask(shown_->index) : nullptr; }

std::optional<float> Inspection::scalar(const std::string& layer) const {
    const auto found = scalars.find(layer);
    return found == scalars.end() ? std::nullopt : std::optional(found->second);
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
    if (const FlowPtr field = view_->flow()) {
        const PointF vector = field->at(at.y, at.x);
        if (FlowField::known(vector)) values.flow = vector;
    }
    for (const Layer& layer : layers().layers()) {
        const ScalarMapPtr scalar = view_->map(layer.id);
        if (!scalar) continue;
        const float value = scalar->values.at(at.y, at.x);
        if (!std::isnan(value)) values.scalars[layer.id] = value;
    }
    const MaskPtr labels = mask();
    if (labels && labels->size() == shown_->size()) {
        values.object = labels->labels.at(at.y, at.x);
    }
    return values;
}

}  // namespace mcj
