#include "ui/propagation_panel.h"

#include <QAction>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/command_registry.h"
#include "ui/theme.h"
#include "viewer/session/time_left.h"

namespace mcj {

PropagationPanel::PropagationPanel(Session& session, const CommandRegistry& commands,
                                   QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("propagationPanel");
    QAction* inToOut = &commands["propagate_in_to_out"];
    range_ = new QCheckBox(this);
    range_->setObjectName("propagationRange");
    range_->setAccessibleName(tr("Propagate only between in and out points"));
    range_->setToolTip(inToOut->toolTip());
    connect(range_, &QCheckBox::clicked, inToOut, &QAction::trigger);
    words_ = new QLabel(this);
    words_->setObjectName("propagationText");
    words_->setWordWrap(true);
    bar_ = new QProgressBar(this);
    bar_->setObjectName("propagationProgress");
    bar_->setAccessibleName(tr("Progress of the propagation"));
    bar_->setTextVisible(false);
    bar_->setFixedHeight(8);
    QAction* pause = &commands["propagation_pause"];
    pause_ = new QToolButton(this);
    pause_->setObjectName("dock_propagation_pause");
    pause_->setText(tr("Pause"));
    pause_->setIconSize({14, 14});
    pause_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    pause_->setToolTip(pause->toolTip());
    connect(pause_, &QToolButton::clicked, pause, &QAction::trigger);
    run_ = new QWidget(this);
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(bar_, 1);
    row->addWidget(pause_);
    auto* rows = new QVBoxLayout(run_);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(4);
    rows->addWidget(words_);
    rows->addLayout(row);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(range_);
    column->addWidget(run_);
    connect(&session_.timeline().marks, &Marks::changed, this, &PropagationPanel::refreshRange);
    connect(&session_.propagation(), &Propagation::rangeChanged, this,
            &PropagationPanel::refreshRange);
    connect(&session_, &Session::changed, this, &PropagationPanel::refreshRange);
    connect(&session_.runs(), &RunSlot::changed, this, &PropagationPanel::refreshRun);
    refreshRange();
    refreshRun();
}

void PropagationPanel::refreshRange() {
    const Marks& marks = session_.timeline().marks;
    const bool limited = session_.isOpen() && marks.limited();
    range_->setHidden(!limited);
    if (limited) {
        const FrameSpan part = marks.span(session_.frames().frameCount());
        const QString words = tr("Only frames %1 to %2").arg(part.begin).arg(part.end - 1);
        if (range_->text() != words) range_->setText(words);
    }
    range_->setChecked(session_.propagation().range() == PropagationRange::InToOut);
    setHidden(range_->isHidden() && run_->isHidden());
}

void PropagationPanel::refreshRun() {
    const Run* run = session_.runs().run();
    const bool shown = run != nullptr && run->pausable();
    run_->setHidden(!shown);
    if (shown) {
        bar_->setRange(0, static_cast<int>(run->totalSteps()));
        bar_->setValue(static_cast<int>(run->doneSteps()));
        QString words = tr("%1 of %2 frames").arg(run->doneSteps()).arg(run->totalSteps());
        const QString left = run->paused() ? tr("paused") : timeLeftText(run->secsLeft());
        if (!left.isEmpty()) words += QStringLiteral(", ") + left;
        words_->setText(words);
        pause_->setText(run->paused() ? tr("Continue") : tr("Pause"));
        pause_->setIcon(themeIcon(run->paused() ? "play" : "pause"));
    }
    setHidden(range_->isHidden() && run_->isHidden());
}

}  // namespace mcj
