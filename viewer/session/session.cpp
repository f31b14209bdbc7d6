#include "viewer/session/session.h"

#include "viewer/session/project_place.h"

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
      views_(std::make_unique<ViewSet>(*products_, *engines_, engines_->add(options_.engine))),
      scheduler_(std::make_unique<Scheduler>(
          *inference_, *products_, *engines_,
          [this](FrameIndex index) { return views_->frame(index, *provider_); },
          [this](const std::string& id) { return views_->files(id); })),
      document_(std::make_unique<Document>(options_.projectFolder)),
      masks_(std::make_unique<MaskEditor>(*document_)), marks_(std::make_unique<Marks>()),
      curves_(std::make_unique<Curves>(*views_, *engines_)),
      ribbon_(std::make_unique<Ribbon>(Ribbon::Parts{*views_, *engines_, *provider_, *inference_},
                                       options_.ribbon)),
      bookmarks_(std::make_unique<Bookmarks>()),
      runs_(std::make_unique<RunSlot>(*inference_, *provider_, *playhead_)),
      propagation_(std::make_unique<Propagation>(
          Propagation::Parts{*masks_, *views_, *engines_, *provider_, *playhead_, *runs_})),
      accuracy_(std::make_unique<Accuracy>(Accuracy::Parts{*views_, *engines_, *runs_})),
      flow_(std::make_unique<LoadedFlow>(*views_, *provider_)),
      kept_(std::make_unique<KeptSettings>(
          KeptSettings::Parts{*document_, *flow_, *views_, *masks_, *marks_, *curves_, *ribbon_,
                              *bookmarks_, *playhead_, *provider_})) {
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
    if (isOpen()) kept_->leave();
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
        views_->adoptCount(*provider_);
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
    connect(views_.get(), &ViewSet::layersChanged, this, &Session::lookAgain);
    connect(views_.get(), &ViewSet::demandChanged, this, &Session::schedulePump);
    connect(views_.get(), &ViewSet::changed, this, [this] {
        products_->forgive();
        views_->show(playhead_->shown(), *provider_);
        lookAgain();
    });
    connect(scheduler_.get(), &Scheduler::arrived, this, [this](const ProductKey& key) {
        // A job that could not be stopped may end after another video was opened.
        const SourceId open = provider_->source();
        if (key.source == open) {
            views_->adopt(key);
            if (const ProductPtr product = products_->find(key)) curves_->adopt(key, *product);
        }
        // A pin will not be dragged back to exactly the same point.
        products_->drop([this, open](const ProductKey& kept) {
            return kept.source != open || !views_->keeps(kept);
        });
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
    connect(marks_.get(), &Marks::changed, this, &Session::changed);
    connect(curves_.get(), &Curves::changed, this, &Session::changed);
    connect(views_.get(), &ViewSet::changed, curves_.get(), &Curves::follow);
    connect(engines_.get(), &EnginePool::changed, curves_.get(), &Curves::follow);
    connect(engines_.get(), &EnginePool::changed, ribbon_.get(), &Ribbon::follow);
    connect(views_.get(), &ViewSet::queryChanged, ribbon_.get(), &Ribbon::follow);
    connect(ribbon_.get(), &Ribbon::changed, this, &Session::lookAgain);
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
    forward(playhead_, engines_, scheduler_, views_, masks_, document_, runs_, propagation_,
            accuracy_, flow_, ribbon_);
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
        kept_->leave();
    }
    inference_->stopJob();
    views_->leave();
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
    QTimer::singleShot(kEngineDelayMs, this, [this] {
        views_->requestEngines(*engines_);
        schedulePump();
    });
    schedulePump();
}

void Session::save() {
    if (isOpen()) document_->save(kept_->current());
}

void Session::showPicture() {
    views_->show(playhead_->shown(), *provider_);
    ++maskRevision_;
}

MaskPtr Session::mask() const {
    return view().frame() ? masks_->mask(view().frame()->index) : nullptr;
}

void Session::lookAgain() {
    Q_EMIT changed();
    schedulePump();
}

void Session::schedulePump() {
    if (!pumpTimer_.isActive()) pumpTimer_.start(0);
}

Demand Session::demand() const {
    if (playhead_->playing()) return {views_->demand(), playhead_->frameSecs()};
    const bool spare = runs_->run() == nullptr;
    return {views_->demand(spare ? DemandScope::WithSpare : DemandScope::Screen)};
}

std::vector<FrameIndex> Session::wantedFrames() const {
    std::vector<FrameIndex> all = playhead_->wantedFrames();
    const auto add = [&all](const auto& more) { all.insert(all.end(), more.begin(), more.end()); };
    // While a video plays, a look at a distant frame would delay the frames that are due.
    const bool rests = !playhead_->playing();
    if (rests) add(views_->wantedFrames(playhead_->current(), *provider_));
    add(runs_->wantedFrames());
    if (rests) add(views_->withoutPinned(scheduler_->framesFor(demand())));
    if (rests && runs_->run() == nullptr) add(ribbon_->wantedFrames(playhead_->current()));
    return all;
}

void Session::serveInference() {
    if (!isOpen()) return;
    if (inference_->busy()) {
        scheduler_->yield(demand());
        if (runs_->run() != nullptr || scheduler_->missing(demand())) ribbon_->yield();
        return;
    }
    const bool loading = view().engine().state == EngineState::NotLoaded;
    if (!loading && runs_->hasTurn() && runs_->serve()) return;
    // The screen and a run take turns: neither waits for the other to be satisfied.
    const bool screenRests = runs_->followed() && !loading;
    if (!screenRests && (engines_->serve() || scheduler_->serve(demand()))) {
        runs_->grantTurn();
        Q_EMIT changed();
        return;
    }
    if (runs_->serve() || runs_->run() != nullptr || playhead_->playing()) return;
    if (!scheduler_->missing(demand())) ribbon_->serve(playhead_->current());
}

void Session::pump() {
    if (views_->show(playhead_->shown(), *provider_)) Q_EMIT changed();
    products_->need(demand().products, playhead_->current());
    serveInference();
    provider_->serve({wantedFrames(), playhead_->current(), playhead_->playing()});
}

bool Session::settled() const {
    if (runs_->run() != nullptr || inference_->busy() || reading_->busy()) return false;
    if (provider_->isOpening() || kept_->waiting() || !document_->atRest() ||
        !masks_->preparing().isEmpty()) {
        return false;
    }
    if (!isOpen()) return true;
    const FramePtr& shown = playhead_->shown();
    return shown && shown->index == playhead_->current() && provider_->has(wantedFrames()) &&
           provider_->scanned() && !engines_->pending() && !scheduler_->missing(demand()) &&
           ribbon_->missing(0, 1).empty();
}

}  // namespace mcj
