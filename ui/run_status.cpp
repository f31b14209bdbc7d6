#include "ui/run_status.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>

#include "ui/preferences_dialog.h"
#include "ui/theme.h"
#include "viewer/session/time_left.h"

namespace mcj {

RunStatus::RunStatus(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("runStatus");
    words_ = new QLabel(this);
    words_->setObjectName("runText");
    bar_ = new QProgressBar(this);
    bar_->setObjectName("runProgress");
    bar_->setAccessibleName(tr("Progress"));
    bar_->setTextVisible(false);
    bar_->setFixedSize(140, 8);
    const auto button = [this](const char* name) {
        auto* made = new QToolButton(this);
        made->setObjectName(name);
        made->setIconSize({14, 14});
        made->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        made->setStyleSheet(
            "QToolButton { padding: 1px 8px; background: #2c3038; }"
            "QToolButton:hover { background: #3a3f49; }");
        return made;
    };
    pause_ = button("runPause");
    stop_ = button("runStop");
    stop_->setIcon(themeIcon("stop"));
    stop_->setText(tr("Stop"));
    stop_->setToolTip(tr("Stop; finished frames are kept (Esc)"));
    saved_ = new QLabel(this);
    saved_->setObjectName("saveState");
    saved_->setProperty("dim", true);
    engine_ = new QLabel(this);
    engine_->setObjectName("engineText");
    engine_->setProperty("dim", true);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 12, 0);
    row->setSpacing(10);
    row->addWidget(words_);
    row->addWidget(bar_);
    row->addWidget(pause_);
    row->addWidget(stop_);
    row->addSpacing(10);
    row->addWidget(saved_);
    row->addSpacing(10);
    row->addWidget(engine_);
    // As tall with its buttons as without them, so that a run does not move the picture.
    setMinimumHeight(std::max({pause_->sizeHint().height(), stop_->sizeHint().height(),
                               words_->sizeHint().height(), engine_->sizeHint().height()}));
    connect(pause_, &QToolButton::clicked, this, &RunStatus::pauseRequested);
    connect(stop_, &QToolButton::clicked, this, &RunStatus::stopRequested);
    calm_.setSingleShot(true);
    calm_.setInterval(150);
    connect(&calm_, &QTimer::timeout, this, &RunStatus::refresh);
    connect(&session.runs(), &RunSlot::changed, this, &RunStatus::refresh);
    connect(&session.engines(), &EnginePool::changed, this, &RunStatus::refresh);
    connect(&session.document(), &Document::saveStateChanged, this, &RunStatus::refreshSaveState);
    const auto refreshSoon = [this] {
        if (!calm_.isActive()) calm_.start();
    };
    connect(&session, &Session::changed, this, refreshSoon);
    // Rare, and the timeline is painted for it anyway: at once, so that the window is composed once
    // and not again 150 ms later.
    connect(&session, &Session::counted, this, &RunStatus::refresh);
    refresh();
    refreshSaveState();
}

void RunStatus::refreshSaveState() {
    const Document& document = session_.document();
    QString words;
    if (document.loading()) {
        words = tr("Loading the masks...");
    } else {
        switch (document.saveState()) {
        case Document::SaveState::Nothing: break;
        case Document::SaveState::Saved: words = tr("All changes saved"); break;
        case Document::SaveState::Saving: words = tr("Saving..."); break;
        case Document::SaveState::Failing:
            words = tr("%1 not saved").arg(document.unsavedText());
            break;
        case Document::SaveState::ReadOnly: words = tr("Read-only"); break;
        }
    }
    saved_->setText(words);
    saved_->setToolTip(document.path());
}

QString RunStatus::countingText() const {
    if (!session_.isOpen() || session_.frames().scanned()) return {};
    const FrameProvider& frames = session_.frames();
    const QString left = timeLeftText(frames.secsUntilKnown(frames.frameCount() - 1));
    // Delay the text: most videos are counted before it could be read.
    if (left.isEmpty()) return {};
    const double share = 100.0 * static_cast<double>(frames.scannedFrames()) /
                         static_cast<double>(frames.frameCount());
    return tr("Counting frames: %1 %, %2").arg(std::min(static_cast<int>(share), 99)).arg(left);
}

void RunStatus::refresh() {
    const Run* run = session_.runs().run();
    bar_->setVisible(run != nullptr);
    stop_->setVisible(run != nullptr);
    pause_->setVisible(run != nullptr && run->pausable());
    if (run != nullptr) {
        bar_->setRange(0, static_cast<int>(run->totalSteps()));
        bar_->setValue(static_cast<int>(run->doneSteps()));
        QString words =
            tr("%1: %2 of %3").arg(run->title()).arg(run->doneSteps()).arg(run->totalSteps());
        const QString left = run->paused() ? tr("paused") : timeLeftText(run->secsLeft());
        if (!left.isEmpty()) words += QStringLiteral(", ") + left;
        words_->setText(words);
        pause_->setText(run->paused() ? tr("Continue") : tr("Pause"));
        pause_->setIcon(themeIcon(run->paused() ? "play" : "pause"));
        pause_->setToolTip(run->paused() ? tr("Continue where it paused (Shift+Space)")
                                         : tr("Pause after this frame (Shift+Space)"));
    } else {
        const QString preparing = session_.masks().preparing();
        QString working =
            !preparing.isEmpty() ? preparing : session_.maskTools().proposals.working();
        if (working.isEmpty()) working = session_.pump().working();
        if (working.isEmpty()) working = countingText();
        if (!working.isEmpty()) working[0] = working[0].toUpper();
        words_->setText(working);
    }
    QString engine;
    QString details;
    const PooledEngine& pooled = session_.view().engine();
    switch (pooled.state) {
    case EngineState::NotLoaded: break;
    case EngineState::Loading: engine = tr("Loading the model..."); break;
    case EngineState::Failed: engine = tr("No model: DIS flow"); break;
    case EngineState::Ready: {
        const EngineInfo& info = *pooled.info;
        engine =
            tr("%1 on %2")
                .arg(QString::fromStdString(info.modelName), QString::fromStdString(info.device));
        details = tr("%1\n%2 parameters, computing in %3\nsha256 %4\n")
                      .arg(QString::fromStdString(info.modelPath.string()))
                      .arg(info.parameters)
                      .arg(QString::fromStdString(info.precision),
                           QString::fromStdString(info.modelSha256));
        break;
    }
    }
    engine_->setText(engine);
    engine_->setToolTip(details + memoryText(session_.preferences().memory()));
}

}  // namespace mcj
