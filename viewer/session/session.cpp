#include "viewer/session/session.h"

#include "viewer/session/project_place.h"

namespace mcj {
namespace {

/// LibTorch is loaded with this delay, so that the first picture is shown first.
constexpr int kEngineDelayMs = 150;

}  // namespace

Session::Session(SessionOptions options, QObject* parent)
    : QObject(parent), options_(std::move(options)) {
    connectOpening();
    connectChanges();
    connectNotices();
}

Session::~Session() {
    runs_.disconnect(this);
    pump_.disconnect(this);
    runs_.abandon();
    if (isOpen()) kept_.leave();
    // No job may run when the engine and the source are destroyed.
    inference_.stopJob();
    reading_.stopJob();
    inference_.wait();
    reading_.wait();
}

void Session::connectOpening() {
    connect(&provider_, &FrameProvider::openSucceeded, this, &Session::adoptOpened);
    connect(&provider_, &FrameProvider::openFailed, this, [this](const Notice& notice) {
        Q_EMIT noticed(notice);
        Q_EMIT changed();
    });
    connect(&document_, &Document::videoDiffers, this, [this](const VideoIdentity& recorded) {
        projectTools_.videoSearch.want({document_.path(), recorded});
    });
    // A document and a live source take each other's place.
    connect(&live_, &LiveView::started, this, &Session::close);
    connect(this, &Session::opened, &live_, &LiveView::stop);
    connect(
        &projectTools_.videoSearch, &VideoSearch::found, this,
        [this](const QString& project, const QString& video) { open(Opening{video, project}); });
    connect(&projectTools_.videoSearch, &VideoSearch::changed, this, &Session::changed);
    connect(&provider_, &FrameProvider::scanAdvanced, this, [this] {
        views_.adoptCount(provider_);
        const bool seen = provider_.scanned() || playhead_.approximate() != nullptr;
        seen ? Q_EMIT changed() : Q_EMIT counted();
    });
}

void Session::connectChanges() {
    connect(&playhead_, &Playhead::leavingPicture, &masks_, &MaskEditor::endStroke);
    connect(&playhead_, &Playhead::pictureChanged, this, [this] {
        views_.show(playhead_.shown(), provider_);
        Q_EMIT changed();
    });
    connect(&masks_, &MaskEditor::maskChanged, this, &Session::changed);
    connect(&masks_, &MaskEditor::objectsChanged, this, &Session::changed);
    connect(&masks_, &MaskEditor::brushChanged, this, &Session::changed);
    connect(&masks_, &MaskEditor::preparingChanged, this, &Session::changed);
    connect(&maskTools_.proposals, &MaskProposals::changed, this, &Session::changed);
    connect(&maskTools_.wand, &FeatureWand::changed, this, &Session::changed);
    connect(&projectTools_.statusNotes, &StatusNotes::changed, this, &Session::changed);
    connect(&timeline_.marks, &Marks::changed, this, &Session::changed);
    connect(&propagation_, &Propagation::rangeChanged, this, &Session::changed);
    connect(&projectTools_.classes, &Classes::changed, this, &Session::changed);
    connect(&projectTools_.workTime, &WorkTime::changed, this, &Session::changed);
    connect(&projectTools_.agreement, &ProjectAgreement::changed, this, &Session::changed);
    connect(&projectTools_.foreignMasks, &ForeignMasks::changed, this, &Session::changed);
    connect(&timeline_.curves, &Curves::changed, this, &Session::changed);
    connect(&timeline_.ribbon, &Ribbon::changed, this, &Session::changed);
    connect(&timeline_.reviews, &MaskReviews::changed, this, &Session::changed);
    connect(&pump_, &Pump::changed, this, &Session::changed);
}

void Session::connectNotices() {
    const auto forward = [this](const auto&... part) {
        (connect(&part, &std::remove_cvref_t<decltype(part)>::noticed, this, &Session::noticed),
         ...);
    };
    forward(playhead_, engines_, scheduler_, views_, masks_, maskTools_.proposals, maskTools_.wand,
            document_, runs_, propagation_, maskTools_.propagationReview, accuracy_, flow_,
            timeline_.ribbon, timeline_.reviews, projectTools_.videoSearch, projectTools_.agreement,
            projectTools_.foreignMasks, live_);
    connect(&provider_, &FrameProvider::failed, this, &Session::noticed);
    for (const Lane* lane : {&reading_, &inference_}) {
        connect(lane, &Lane::failed, this,
                [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    }
}

void Session::open(const QString& path) {
    // An earlier request gives way, also where this one fails.
    provider_.cancelOpen();
    const auto outcome = runGuarded([&] {
        // The project in use is locked and cannot be asked for its video.
        const Opening wanted = document_.holds(path)
                                   ? Opening{QString::fromStdString(provider_.info().path), path}
                                   : openingOf(path);
        open(wanted);
        return true;
    });
    if (outcome.ok()) return;
    Q_EMIT noticed(noticeOf(outcome.error(), Notice::Topic::Opening));
    if (isProject(path) && !document_.holds(path)) projectTools_.videoSearch.wantFor(path);
    Q_EMIT changed();
    pump_.runNow();
}

void Session::open(const Opening& wanted) {
    provider_.cancelOpen();
    projectToOpen_ = wanted.project;
    provider_.open(wanted.video);
    Q_EMIT changed();
    pump_.runNow();
}

// Ends the work on the open document, saves it and forgets its masks and maps, not its picture.
void Session::leaveDocument() {
    playhead_.pause();
    runs_.abandon();
    if (isOpen()) {
        Q_EMIT leaving();
        // Another file may be opened before the mouse button is released.
        masks_.endStroke();
        kept_.leave();
    }
    inference_.stopJob();
    views_.leave();
    accuracy_.clear();
    products_.clear();
    scheduler_.forgetCosts();
}

void Session::close() {
    const bool wasOpen = isOpen();
    leaveDocument();
    provider_.close();
    playhead_.clear();
    views_.show(playhead_.shown(), provider_);
    if (wasOpen) {
        Q_EMIT closed();
        Q_EMIT changed();
    }
}

void Session::adoptOpened() {
    const std::optional<Notice> replaced = runs_.muteForReplacement();
    leaveDocument();
    provider_.takeOver();
    // A first picture at once, whatever frame the project was left on.
    playhead_.restart();
    views_.show(playhead_.shown(), provider_);
    projectTools_.videoSearch.forget();
    document_.attach(provider_.info(), projectToOpen_);
    Q_EMIT opened();
    Q_EMIT changed();
    if (replaced) Q_EMIT noticed(*replaced);
    for (const std::string& warning : provider_.info().warnings) {
        Q_EMIT noticed(warningNotice(QString::fromStdString(warning), {}, Notice::Topic::Video));
    }
    QTimer::singleShot(kEngineDelayMs, this, [this] {
        views_.requestEngines(engines_);
        pump_.schedule();
    });
    pump_.schedule();
}

void Session::save() {
    if (isOpen()) document_.save(kept_.current());
}

void Session::saveAs(const QString& path) {
    // Paths in the settings depend on the place of the project.
    if (isOpen() && document_.moveTo(path)) document_.save(kept_.current());
    Q_EMIT changed();
}

MaskPtr Session::mask() const {
    return view().frame() ? masks_.mask(view().frame()->index) : nullptr;
}

bool Session::settled() const {
    return pump_.settled() && !kept_.waiting() && document_.atRest() &&
           masks_.preparing().isEmpty() && !maskTools_.proposals.busy();
}

}  // namespace mcj
