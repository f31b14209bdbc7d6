#include "viewer/session/pump.h"

#include <utility>

namespace mcj {

Pump::Pump(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &Pump::runNow);
    for (const Lane* lane : {&parts_.lanes.reading, &parts_.lanes.inference}) {
        connect(lane, &Lane::idle, this, &Pump::schedule);
    }
    connect(&parts_.frames, &FrameProvider::frameArrived, this, &Pump::schedule);
    connect(&parts_.frames, &FrameProvider::retryDue, this, &Pump::schedule);
    connect(&parts_.playhead, &Playhead::moved, this, &Pump::lookAgain);
    connect(&parts_.playhead, &Playhead::playbackChanged, this, &Pump::schedule);
    connect(&parts_.runs, &RunSlot::changed, this, &Pump::lookAgain);
    connect(&parts_.engines, &EnginePool::changed, this, &Pump::lookAgain);
    connect(&parts_.views, &ViewSet::changed, this, &Pump::viewsChanged);
    connect(&parts_.views, &ViewSet::layersChanged, this, &Pump::lookAgain);
    connect(&parts_.views, &ViewSet::demandChanged, this, &Pump::schedule);
    connect(&parts_.flow, &LoadedFlow::changed, this, &Pump::lookAgain);
    connect(&parts_.engines, &EnginePool::changed, &parts_.timeline.ribbon, &Ribbon::follow);
    connect(&parts_.views, &ViewSet::queryChanged, &parts_.timeline.ribbon, &Ribbon::follow);
    connect(&parts_.timeline.ribbon, &Ribbon::changed, this, &Pump::schedule);
    connect(&parts_.timeline.reviews, &MaskReviews::changed, this, &Pump::schedule);
    connect(&parts_.timeline.thumbnails, &Thumbnails::changed, this, &Pump::lookAgain);
    connect(&parts_.scheduler, &Scheduler::arrived, this, &Pump::adopt);
}

void Pump::schedule() {
    if (!timer_.isActive()) timer_.start(0);
}

void Pump::lookAgain() {
    Q_EMIT changed();
    schedule();
}

void Pump::viewsChanged() {
    parts_.products.forgive();
    parts_.views.show(parts_.playhead.shown(), parts_.frames);
    lookAgain();
}

void Pump::adopt(const ProductKey& key) {
    // A job that could not be stopped may end after another video was opened.
    const SourceId open = parts_.frames.source();
    if (key.source == open) {
        parts_.views.adopt(key);
        if (const ProductPtr product = parts_.products.find(key)) {
            parts_.timeline.curves.adopt(key, *product);
        }
    }
    // A pin will not be dragged back to exactly the same point.
    parts_.products.drop([this, open](const ProductKey& kept) {
        return kept.source != open || !parts_.views.keeps(kept);
    });
    Q_EMIT changed();
}

Demand Pump::demand() const {
    const Playhead& playhead = parts_.playhead;
    const ViewSet& views = parts_.views;
    if (playhead.playing()) return {views.demand(), playhead.frameSecs()};
    const bool spare = parts_.runs.run() == nullptr;
    return {views.demand(spare ? DemandScope::WithSpare : DemandScope::Screen)};
}

std::vector<FrameIndex> Pump::wantedFrames() const {
    const Playhead& playhead = parts_.playhead;
    const ViewSet& views = parts_.views;
    std::vector<FrameIndex> all = playhead.wantedFrames();
    const auto add = [&all](const auto& more) { all.insert(all.end(), more.begin(), more.end()); };
    // While a video plays, a look at a distant frame would delay the frames that are due.
    const bool rests = !playhead.playing();
    if (rests) add(views.wantedFrames(playhead.current(), parts_.frames));
    add(parts_.runs.wantedFrames());
    if (rests) add(views.withoutPinned(parts_.scheduler.framesFor(demand())));
    if (rests && parts_.runs.run() == nullptr) {
        add(parts_.timeline.ribbon.wantedFrames(playhead.current()));
    }
    if (reviewsMayRun()) add(parts_.timeline.reviews.wantedFrames());
    return all;
}

bool Pump::reviewsMayRun() const {
    return parts_.timeline.reviews.waitingFrames() > 0 && parts_.runs.run() == nullptr &&
           !parts_.playhead.playing() && !parts_.engines.pending() &&
           !parts_.scheduler.missing(demand());
}

void Pump::serveInference() {
    RunSlot& runs = parts_.runs;
    if (!parts_.frames.isOpen()) return;
    if (parts_.lanes.inference.busy()) {
        parts_.scheduler.yield(demand());
        if (runs.run() != nullptr || parts_.scheduler.missing(demand()))
            parts_.timeline.ribbon.yield();
        if (parts_.timeline.reviews.computing() && !reviewsMayRun())
            parts_.timeline.reviews.yield();
        return;
    }
    const bool loading = parts_.views.active().engine().state == EngineState::NotLoaded;
    if (!loading && runs.hasTurn() && runs.serve()) return;
    // The screen and a run take turns: neither waits for the other to be satisfied.
    const bool screenRests = runs.followed() && !loading;
    if (!screenRests && (parts_.engines.serve() || parts_.scheduler.serve(demand()))) {
        runs.grantTurn();
        Q_EMIT changed();
        return;
    }
    const Playhead& playhead = parts_.playhead;
    if (runs.serve() || runs.run() != nullptr || playhead.playing()) return;
    if (reviewsMayRun() && parts_.timeline.reviews.serve()) return;
    if (!parts_.scheduler.missing(demand())) parts_.timeline.ribbon.serve(playhead.current());
}

bool Pump::readingRests(const std::vector<FrameIndex>& wanted) const {
    const FrameProvider& frames = parts_.frames;
    if (parts_.playhead.playing() || parts_.runs.run() != nullptr) return false;
    return !frames.isOpening() && !parts_.flow.waiting() && frames.has(wanted) &&
           !parts_.scheduler.missing(demand());
}

void Pump::runNow() {
    const Playhead& playhead = parts_.playhead;
    if (parts_.views.show(playhead.shown(), parts_.frames)) Q_EMIT changed();
    parts_.products.need(demand().products, playhead.current());
    serveInference();
    // A few files, on which maps wait; a video that is being opened replaces them.
    if (!parts_.lanes.reading.busy() && !parts_.frames.isOpening()) (void)parts_.flow.serve();
    std::vector<FrameIndex> wanted = wantedFrames();
    const bool rests = parts_.timeline.thumbnails.next() && readingRests(wanted);
    if (!rests) parts_.timeline.thumbnails.yield();
    parts_.frames.serve({std::move(wanted), playhead.current(), playhead.playing()});
    if (rests && !parts_.lanes.reading.busy()) parts_.timeline.thumbnails.serve();
}

QString Pump::working() const {
    if (parts_.flow.waiting()) return tr("reading flow files");
    const QString computing = parts_.scheduler.working();
    return computing.isEmpty() ? parts_.timeline.ribbon.working() : computing;
}

bool Pump::settled() const {
    const FrameProvider& frames = parts_.frames;
    const bool working = parts_.lanes.inference.busy() || parts_.lanes.reading.busy();
    if (parts_.runs.run() != nullptr || working || frames.isOpening()) return false;
    if (parts_.flow.waiting() || parts_.timeline.reviews.waitingFrames() > 0) return false;
    if (!frames.isOpen()) return true;
    const FramePtr& shown = parts_.playhead.shown();
    return shown && shown->index == parts_.playhead.current() && frames.has(wantedFrames()) &&
           frames.scanned() && !parts_.engines.pending() && !parts_.scheduler.missing(demand()) &&
           parts_.timeline.ribbon.missing(0, 1).empty() && !parts_.timeline.thumbnails.next();
}

}  // namespace mcj
