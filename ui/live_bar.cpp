#include "ui/live_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStringList>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/command_registry.h"

namespace mcj {
namespace {

/// Numbers that change more often cannot be read.
constexpr int kRefreshMs = 250;
/// A source that is silent for so long has stopped, or its program hangs.
constexpr double kSilentSecs = 2.0;
constexpr int kLeastButtonWidth = 34;
constexpr double kBytesPerMib = 1024.0 * 1024.0;

}  // namespace

QString progressText(const RecordingProgress& progress) {
    return LiveBar::tr("%1 frames, %2 s, %3 MiB")
        .arg(progress.frames)
        .arg(progress.secs, 0, 'f', 1)
        .arg(static_cast<double>(progress.bytes) / kBytesPerMib, 0, 'f', 1);
}

LiveBar::LiveBar(Session& session, const CommandRegistry& commands, QWidget* parent)
    : QWidget(parent), session_(session), state_(addLabel("liveState")),
      source_(addLabel("liveSourceName")), counts_(addLabel("liveCounts")),
      recording_(addLabel("liveRecording")) {
    setObjectName("liveBar");
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(4);
    for (const char* id :
         {"live_freeze", "live_record", "live_record_seen", "live_keep", "live_stop"}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(&commands[id]);
        button->setObjectName(commands[id].objectName().replace("action_", "button_"));
        button->setAccessibleName(commands[id].statusTip());
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setIconSize({20, 20});
        button->setFocusPolicy(Qt::TabFocus);
        // In a narrow window texts are shortened, and the tooltips tell them.
        button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
        button->setMinimumWidth(kLeastButtonWidth);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    QFont bold = state_->font();
    bold.setBold(true);
    state_->setFont(bold);
    source_->setProperty("dim", true);
    counts_->setToolTip(
        tr("Frames that were read from the source; frames that were on screen; frames that were "
           "not, because a newer one had come or the picture was frozen; frames per second over "
           "the last two seconds; time since the shown frame was read"));
    auto* words = new QHBoxLayout;
    words->setSpacing(12);
    words->addWidget(state_);
    words->addWidget(source_);
    words->addWidget(counts_);
    words->addStretch(1);
    words->addWidget(recording_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 6, 12, 6);
    column->setSpacing(4);
    column->addLayout(buttons);
    column->addLayout(words);
    // As tall as its rows: the rest of the window belongs to the picture.
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    clock_.setInterval(kRefreshMs);
    connect(&clock_, &QTimer::timeout, this, &LiveBar::refresh);
}

// What does not fit is cut off instead of widening the window.
QLabel* LiveBar::addLabel(const char* name) {
    auto* label = new QLabel(this);
    label->setObjectName(QLatin1String(name));
    label->setTextFormat(Qt::PlainText);
    label->setMinimumWidth(1);
    return label;
}

void LiveBar::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
    clock_.start();
}

void LiveBar::hideEvent(QHideEvent* event) {
    clock_.stop();
    QWidget::hideEvent(event);
}

QString LiveBar::stateText() const {
    const LiveView& live = session_.live();
    if (live.state() == LiveState::Ended) return tr("Ended");
    const auto silence = live.counts().silenceSecs(LiveCounts::Clock::now());
    if (silence && *silence >= kSilentSecs) {
        return tr("No new frame for %1 s").arg(static_cast<int>(*silence));
    }
    return live.frozen() ? tr("Frozen") : tr("Live");
}

QString LiveBar::countsText() const {
    const LiveCounts& counts = session_.live().counts();
    const auto now = LiveCounts::Clock::now();
    QStringList parts{tr("%1 received").arg(counts.received()), tr("%1 shown").arg(counts.shown()),
                      tr("%1 passed over").arg(counts.passedOver())};
    if (session_.live().state() == LiveState::Running) {
        parts << tr("%1 frames/s").arg(counts.framesPerSec(now), 0, 'f', 1);
        if (const auto age = counts.shownAgeSecs(now)) {
            parts << tr("shown frame %1 s old").arg(*age, 0, 'f', 1);
        }
    }
    return parts.join(QStringLiteral("  \u00B7  "));
}

QString LiveBar::recordingText() const {
    const LiveView& live = session_.live();
    QStringList parts;
    if (live.recording()) {
        parts << tr("Recording what comes in: %1").arg(progressText(live.recordingProgress()));
    }
    if (live.seen().busy()) {
        const QString text = live.seen().recording() ? tr("Recording what is seen: %1")
                                                     : tr("Completing what was seen: %1");
        parts << text.arg(progressText(live.seen().progress()));
    }
    return parts.join(QStringLiteral("  \u00B7  "));
}

void LiveBar::refresh() {
    state_->setText(stateText());
    source_->setText(session_.live().source());
    counts_->setText(countsText());
    recording_->setText(recordingText());
}

}  // namespace mcj
