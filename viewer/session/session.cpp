#include "viewer/session/session.h"

#include "viewer/session/flow_choice.h"
#include "viewer/session/project_place.h"
#include "viewer/session/view_settings.h"

namespace mcj {
namespace {

/// LibTorch is loaded with this delay, so that the first picture is shown first.
constexpr int kEngineDelayMs = 150;

}  // namespace

Session::Session(SessionOptions options, QObject* parent)
    : QObject(parent), options_(std::move(options)), reading_(std::make_unique<Lane>("reading")),
      inference_(std::make_unique<Lane>("inference")),
      provider_(std::make_unique<FrameProvider>(*reading_, options_.frameBytes,
                                                options_.frameIndexFolder)),
      playhead_(std::make_unique<Playhead>(*provider_)),
      products_(std::make_unique<ProductCache>(options_.mapBytes)),
      engines_(std::make_unique<EnginePool>(*inference_, options_.loadEngine)),
      view_(std::make_unique<View>(*products_, *engines_, engines_->add(options_.engine))),
      scheduler_(std::make_unique<Scheduler>(
          *inference_, *products_, *engines_,
          [this](FrameIndex index) {
              // The query's frame may have been dropped from the
              // frame cache.
              const FramePtr& asked = view_->queryFrame();
              return asked && asked->index == index ? asked : provider_->cached(index);
          },
          [this](const std::string& id) { return view_->files(id); })),
      document_(std::make_unique<Document>(options_.projectFolder)),
      masks_(std::make_unique<MaskEditor>(*document_)),
      runs_(std::make_unique<RunSlot>(*inference_, *provider_, *playhead_)),
      propagation_(std::make_unique<Propagation>(
          Propagation::Parts{*masks_, *view_, *engines_, *provider_, *playhead_, *runs_})),
      accuracy_(std::make_unique<Accuracy>(Accuracy::Parts{*view_, *engines_, *runs_})) {
    pumpTimer_.setSingleShot(true);
    connect(&pumpTimer_, &QTimer::timeout, this, &Session::pump);
    connectReading();
    connectScreen();
    connectDocument();
    connectNotices();
}

Session::~Session() {
    runs_->disconnect(this);
    runs_->abandon();
    if (isOpen()) document_->detach(settings());
    // No job may run when the engine and the source are destroyed.
    inference_->stopJob();
    reading_->stopJob();
    inference_->wait();
    reading_->wait();
}

void Session::connectReading() {
    for (const Lane* lane : {reading_.get(), inference_.get()}) {
        connect(lane, &Lane::idle, this, &Session::schedulePump);
        connect(lane, &Lane::failed, this,
                [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    }
    connect(provider_.get(), &FrameProvider::openSucceeded, this, &Session::adoptOpened);
    connect(provider_.get(), &FrameProvider::openFailed, this, [this](const Notice& notice) {
        Q_EMIT noticed(notice);
        Q_EMIT changed();
    });
    connect(provider_.get(), &FrameProvider::frameArrived, this, &Session::schedulePump);
    connect(provider_.get(), &FrameProvider::retryDue, this, &Session::schedulePump);
    connect(provider_.get(), &FrameProvider::scanAdvanced, this, [this] {
        const bool seen = provider_->scanned() || playhead_->approximate() != nullptr;
        seen ? Q_EMIT changed() : Q_EMIT counted();
    });
}

void Session::connectScreen() {
    connect(playhead_.get(), &Playhead::leavingPicture, this, [this] {
        if (masks_->stroking()) masks_->endStroke();
    });
    connect(playhead_.get(), &Playhead::pictureChanged, this, [this] {
        showPicture();
        Q_EMIT changed();
    });
    connect(playhead_.get(), &Playhead::moved, this, &Session::lookAgain);
    connect(playhead_.get(), &Playhead::playbackChanged, this, &Session::schedulePump);
    connect(runs_.get(), &RunSlot::changed, this, &Session::lookAgain);
    connect(engines_.get(), &EnginePool::changed, this, &Session::lookAgain);
    connect(&view_->layers(), &LayerStack::changed, this, &Session::lookAgain);
    connect(view_.get(), &View::demandChanged, this, &Session::schedulePump);
    connect(view_.get(), &View::changed, this, [this] {
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
    connect(masks_.get(), &MaskEditor::preparingChanged, this, &Session::changed);
    connect(masks_.get(), &MaskEditor::editStarting, this, [this] {
        if (masks_->propagating()) runs_->stop();
    });
    connect(document_.get(), &Document::restored, this, [this](const ProjectSettings& settings) {
        const FrameIndex frame = restoreSettings(settings, view_->layers(), *masks_);
        // A user who has gone elsewhere meanwhile stays there.
        if (playhead_->current() == 0) playhead_->seek(frame);
        for (const Notice& notice :
             restoreFlowChoice(settings, document_->path(), provider_->info(), *view_)) {
            Q_EMIT noticed(notice);
        }
    });
    connect(document_.get(), &Document::saved, this, [this](const QString& path) {
        Q_EMIT noticed(infoNotice(tr("Saved to %1").arg(path)));
    });
}

void Session::connectNotices() {
    const auto forward = [this](const auto&... part) {
        (connect(part.get(), &std::remove_reference_t<decltype(*part)>::noticed, this,
                 &Session::noticed),
         ...);
    };
    forward(playhead_, engines_, scheduler_, view_, masks_, document_, runs_, propagation_,
            accuracy_);
    connect(provider_.get(), &FrameProvider::failed, this, &Session::noticed);
}

void Session::open(const QString& path) {
    // An earlier request gives way, also where this one fails.
    provider_->cancelOpen();
    const auto outcome = runGuarded([&] {
        const bool project = isProject(path);
        QString source = path;
        if (project) {
            source = document_->holds(path) ? QString::fromStdString(provider_->info().path)
                                            : videoOfProject(path);
        }
        projectToOpen_ = project ? path : QString();
        provider_->open(source);
        return true;
    });
    if (!outcome.ok()) Q_EMIT noticed(noticeOf(outcome.error(), Notice::Topic::Opening));
    Q_EMIT changed();
    pump();
}

// Ends the work on the open document, saves it and forgets its masks and maps, not its picture.
void Session::leaveDocument() {
    playhead_->pause();
    runs_->abandon();
    if (isOpen()) {
        Q_EMIT leaving();
        // Another file may be opened before the mouse button is released.
        if (masks_->stroking()) masks_->endStroke();
        document_->detach(settings());
    }
    inference_->stopJob();
    view_->leave();
    accuracy_->clear();
    products_->clear();
    scheduler_->forgetCosts();
}

void Session::close() {
    const bool wasOpen = isOpen();
    leaveDocument();
    provider_->close();
    playhead_->clear();
    showPicture();
    if (wasOpen) {
        Q_EMIT closed();
        Q_EMIT changed();
    }
}

void Session::adoptOpened() {
    const std::optional<Notice> replaced = runs_->muteForReplacement();
    leaveDocument();
    provider_->takeOver();
    // A first picture at once, whatever frame the project was left on.
    playhead_->restart();
    showPicture();
    document_->attach(provider_->info(), projectToOpen_);
    Q_EMIT opened();
    Q_EMIT changed();
    if (replaced) Q_EMIT noticed(*replaced);
    for (const std::string& warning : provider_->info().warnings) {
        Q_EMIT noticed(warningNotice(QString::fromStdString(warning), {}, Notice::Topic::Video));
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
    if (isOpen()) document_->save(settings());
}

ProjectSettings Session::settings() const {
    ProjectSettings all = settingsOf(view_->layers(), *masks_, playhead_->current());
    all.merge(flowChoiceOf(*view_, document_->path()));
    return all;
}

FlowFilesPtr Session::openFlow(const QString& path) {
    if (!isOpen()) return nullptr;
    const auto outcome = runGuarded([&] { return openFlowFor(provider_->info(), path); });
    if (outcome.ok()) return outcome.value();
    Q_EMIT noticed(noticeOf(outcome.error()));
    return nullptr;
}

bool Session::loadTruth(const QString& path) {
    FlowFilesPtr files = openFlow(path);
    if (!files) return false;
    view_->setTruth(std::move(files));
    view_->layers().setVisible(kFlowErrorLayer, true);
    return true;
}

bool Session::loadFlow(const QString& path) {
    const FlowFilesPtr files = openFlow(path);
    if (!files) return false;
    view_->addFlowFiles(files);
    view_->setFlowProvider(files->id());
    return true;
}

void Session::showPicture() {
    view_->show(playhead_->shown());
    ++maskRevision_;
}

MaskPtr Session::mask() const {
    return playhead_->shown() ? masks_->mask(playhead_->shown()->index) : nullptr;
}

void Session::lookAgain() {
    Q_EMIT changed();
    schedulePump();
}

void Session::schedulePump() {
    if (!pumpTimer_.isActive()) pumpTimer_.start(0);
}

Demand Session::demand() const {
    Demand demand;
    demand.products = view_->demand();
    if (playhead_->playing()) demand.mostSecs = playhead_->frameSecs();
    return demand;
}

std::vector<FrameIndex> Session::wantedFrames() const {
    std::vector<FrameIndex> wanted = playhead_->wantedFrames();
    // The next frame is among them anyway.
    if (view_->gap() > 1 && !playhead_->playing()) {
        wanted.push_back(playhead_->current() + view_->gap());
    }
    const std::vector<FrameIndex> ofRun = runs_->wantedFrames();
    wanted.insert(wanted.end(), ofRun.begin(), ofRun.end());
    return wanted;
}

void Session::serveInference() {
    if (!isOpen()) return;
    if (inference_->busy()) {
        scheduler_->yield(demand());
        return;
    }
    const bool loading = view_->engine().state == EngineState::NotLoaded;
    if (!loading && runs_->hasTurn() && runs_->serve()) return;
    // The screen and a run take turns: neither waits for the other to be satisfied.
    const bool screenRests = runs_->followed() && !loading;
    if (!screenRests && (engines_->serve() || scheduler_->serve(demand()))) {
        runs_->grantTurn();
        Q_EMIT changed();
        return;
    }
    (void)runs_->serve();
}

void Session::pump() {
    products_->need(view_->demand(), playhead_->current());
    serveInference();
    provider_->serve({wantedFrames(), playhead_->current(), playhead_->playing()});
}

bool Session::settled() const {
    if (runs_->run() != nullptr || inference_->busy() || reading_->busy()) return false;
    if (provider_->isOpening() || !document_->atRest() || !masks_->preparing().isEmpty()) {
        return false;
    }
    if (!isOpen()) return true;
    const FramePtr& shown = playhead_->shown();
    return shown && shown->index == playhead_->current() && provider_->has(wantedFrames()) &&
           provider_->scanned() && !engines_->pending() && !scheduler_->missing({view_->demand()});
}

}  // namespace mcj
