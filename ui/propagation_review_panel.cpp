#include "ui/propagation_review_panel.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <utility>

#include "ui/command_registry.h"
#include "ui/theme.h"

namespace mcj {
namespace {

/// Rows that are shown without scrolling.
constexpr int kRows = 3;

}  // namespace

PropagationReviewPanel::PropagationReviewPanel(Session& session, const CommandRegistry& commands,
                                               QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("propagationReview");
    heading_ = new QLabel(this);
    heading_->setObjectName("propagationReviewHeading");
    heading_->setWordWrap(true);
    list_ = new QListWidget(this);
    list_->setObjectName("propagationReviewList");
    list_->setAccessibleName(tr("Objects that the propagation changed"));
    list_->setToolTip(
        tr("Changed pixels as a share of the pixels that the object had before or has now, on all "
           "frames of the propagation"));
    list_->setMaximumHeight(kRows * fontMetrics().height() * 2);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(6);
    for (const auto& [id, text] : {std::pair{"propagation_undo_object", tr("Undo for object")},
                                   std::pair{"propagation_keep", tr("Keep")}}) {
        QAction* action = &commands[id];
        auto* go = new QPushButton(text, this);
        go->setObjectName(action->objectName().replace("action_", "dock_"));
        go->setToolTip(action->toolTip());
        go->setFocusPolicy(Qt::TabFocus);
        go->setStyleSheet("QPushButton { padding: 6px 6px; }");
        go->setEnabled(action->isEnabled());
        connect(go, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::changed, go,
                [go, action] { go->setEnabled(action->isEnabled()); });
        buttons->addWidget(go, 1);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(heading_);
    column->addWidget(list_);
    column->addLayout(buttons);
    connect(list_, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row < 0) return;
        const auto id = static_cast<ObjectId>(list_->item(row)->data(Qt::UserRole).toInt());
        // It rebuilds the list, which must not happen inside its own signal.
        QMetaObject::invokeMethod(
            this, [this, id] { session_.masks().setActiveObject(id); }, Qt::QueuedConnection);
    });
    connect(&session_.maskTools().propagationReview, &PropagationReview::changed, this,
            &PropagationReviewPanel::refresh);
    connect(&session_.masks(), &MaskEditor::objectsChanged, this, &PropagationReviewPanel::refresh);
    refresh();
}

void PropagationReviewPanel::refresh() {
    const PropagationReview& review = session_.maskTools().propagationReview;
    setVisible(review.open());
    heading_->setText(tr("Changed by the propagation of %1 frames:").arg(review.frames()));
    const QSignalBlocker block(list_);
    list_->clear();
    for (const ObjectChange& change : review.changes()) {
        const MaskObject* object = session_.masks().object(change.object);
        const QString name = object != nullptr ? QString::fromStdString(object->name)
                                               : tr("Object %1").arg(change.object);
        const QString state = review.undone(change.object)
                                  ? tr("undone")
                                  : tr("%1 % of pixels, on %2 frames")
                                        .arg(QString::number(100.0 * change.share(), 'f', 1))
                                        .arg(change.frames);
        auto* item = new QListWidgetItem(tr("%1: %2").arg(name, state), list_);
        item->setData(Qt::UserRole, change.object);
        if (review.undone(change.object)) item->setForeground(QColor(Theme::kDim));
        if (change.object == session_.masks().activeObject()) list_->setCurrentItem(item);
    }
}

}  // namespace mcj
