#include "ui/welcome_page.h"

#include <QAction>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/command_registry.h"
#include "ui/theme.h"

namespace mcj {

WelcomePage::WelcomePage(const CommandRegistry& commands, QWidget* parent) : QWidget(parent) {
    setObjectName("welcomePage");
    setAutoFillBackground(true);
    QPalette back = palette();
    back.setColor(QPalette::Window, QColor(Theme::kBackground));
    setPalette(back);
    auto* icon = new QLabel(this);
    icon->setPixmap(QIcon(":/icons/mcjepa-studio.svg").pixmap(72, 72));
    auto* title = new QLabel(tr("MC-JEPA Studio"), this);
    QFont big = title->font();
    big.setPointSizeF(big.pointSizeF() * 1.9);
    big.setWeight(QFont::DemiBold);
    title->setFont(big);
    auto* line =
        new QLabel(tr("Motion and content in video: flow, errors, similarity, masks."), this);
    line->setProperty("dim", true);
    auto* open = new QPushButton(tr("Open video..."), this);
    open->setObjectName("welcomeOpen");
    open->setProperty("primary", true);
    open->setToolTip(commands["open"].toolTip());
    auto* sample = new QPushButton(tr("Open the sample"), this);
    sample->setObjectName("welcomeSample");
    sample->setToolTip(commands["open_sample"].toolTip());
    sample->setEnabled(commands["open_sample"].isEnabled());
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(10);
    buttons->addWidget(open);
    buttons->addWidget(sample);
    buttons->addStretch(1);
    calmHint_ = tr("Or drop a video, a folder of images or a project here.");
    hint_ = new QLabel(calmHint_, this);
    hint_->setObjectName("welcomeHint");
    hint_->setProperty("dim", true);
    recentTitle_ = new QLabel(tr("Recent"), this);
    recentTitle_->setProperty("heading", true);
    recent_ = new QVBoxLayout;
    recent_->setSpacing(2);
    auto* column = new QVBoxLayout;
    column->setSpacing(10);
    auto* head = new QHBoxLayout;
    head->setSpacing(18);
    auto* words = new QVBoxLayout;
    words->addStretch(1);
    words->addWidget(title);
    words->addWidget(line);
    words->addStretch(1);
    head->addWidget(icon);
    head->addLayout(words, 1);
    column->addLayout(head);
    column->addSpacing(14);
    column->addLayout(buttons);
    column->addWidget(hint_);
    column->addSpacing(14);
    column->addWidget(recentTitle_);
    column->addLayout(recent_);
    auto* card = new QWidget(this);
    card->setLayout(column);
    card->setMaximumWidth(560);
    auto* centre = new QVBoxLayout(this);
    centre->addStretch(2);
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(card, 1000);
    row->addStretch(1);
    centre->addLayout(row);
    centre->addStretch(3);
    connect(open, &QPushButton::clicked, &commands["open"], &QAction::trigger);
    connect(sample, &QPushButton::clicked, &commands["open_sample"], &QAction::trigger);
    connect(&commands["open_sample"], &QAction::changed, sample,
            [sample, &commands] { sample->setEnabled(commands["open_sample"].isEnabled()); });
    setRecent({});
}

void WelcomePage::setRecent(const QStringList& paths) {
    while (QLayoutItem* item = recent_->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    recentTitle_->setVisible(!paths.isEmpty());
    for (const QString& path : paths.mid(0, 8)) {
        const QFileInfo file(path);
        auto* row = new QToolButton(this);
        row->setObjectName("recentFile");
        row->setIcon(themeIcon("video"));
        row->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        const QString folder =
            row->fontMetrics().elidedText(file.absolutePath(), Qt::ElideMiddle, 300);
        row->setText(QStringLiteral("  %1      %2").arg(file.fileName(), folder));
        row->setToolTip(path);
        row->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
        connect(row, &QToolButton::clicked, this, [this, path] { Q_EMIT openRequested(path); });
        recent_->addWidget(row);
    }
}

void WelcomePage::setOpening(const QString& name) {
    hint_->setText(name.isEmpty() ? calmHint_ : tr("Opening %1...").arg(name));
}

}  // namespace mcj
