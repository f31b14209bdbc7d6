#include "ui/objects_dock.h"

#include <QAction>
#include <QColorDialog>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

#include "ui/command_registry.h"
#include "ui/method_names.h"
#include "ui/propagation_panel.h"
#include "ui/propagation_review_panel.h"
#include "ui/theme.h"

namespace mcj {
namespace {

/// A tick for done, a question mark for doubtful: readable on every colour.
void drawStatus(QPainter& painter, WorkStatus status) {
    if (status == WorkStatus::Open) return;
    QPainterPath sign;
    if (status == WorkStatus::Done) {
        sign.moveTo(5, 10.5);
        sign.lineTo(8.5, 14);
        sign.lineTo(15, 6);
    } else {
        sign.moveTo(7, 8);
        sign.cubicTo(7, 3, 14, 4, 13, 8);
        sign.cubicTo(12.5, 10, 10, 9.5, 10, 12);
        sign.moveTo(10, 14.5);
        sign.lineTo(10, 15);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::black, 4.0, Qt::SolidLine, Qt::RoundCap));
    painter.drawPath(sign);
    painter.setPen(QPen(Qt::white, 2.0, Qt::SolidLine, Qt::RoundCap));
    painter.drawPath(sign);
}

QIcon swatch(Rgb8 color, bool visible, WorkStatus status) {
    QPixmap picture(40, 40);
    picture.setDevicePixelRatio(2.0);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor fill(color[0], color[1], color[2]);
    painter.setPen(QPen(fill.lighter(140), 1.4));
    painter.setBrush(visible ? QBrush(fill) : QBrush(Qt::NoBrush));
    painter.drawRoundedRect(QRectF(2, 2, 16, 16), 4, 4);
    drawStatus(painter, status);
    return QIcon(picture);
}

/// Radii from 1 to 200 px, with finer steps for small ones.
int sliderOf(float radius) { return static_cast<int>(std::lround(std::log2(radius) * 10.0F)); }
float radiusOf(int slider) { return std::exp2(static_cast<float>(slider) / 10.0F); }

}  // namespace

ObjectsDock::ObjectsDock(Session& session, const CommandRegistry& commands, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("objectsPanel");
    makeList();
    frameState_ = new QLabel(this);
    frameState_->setObjectName("frameMaskState");
    frameState_->setProperty("dim", true);
    frameState_->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 2, 10, 8);
    column->setSpacing(6);
    column->addWidget(list_, 1);
    column->addLayout(makeButtons(commands));
    column->addLayout(makeForm());
    column->addLayout(makeCarry(commands));
    column->addWidget(new PropagationPanel(session, commands, this));
    column->addWidget(new PropagationReviewPanel(session, commands, this));
    column->addWidget(frameState_);
    MaskEditor& masks = session.masks();
    connect(&masks, &MaskEditor::objectsChanged, this, &ObjectsDock::refresh);
    connect(&session.projectTools().statusNotes, &StatusNotes::changed, this,
            &ObjectsDock::refresh);
    connect(&masks, &MaskEditor::brushChanged, this, &ObjectsDock::refreshBrush);
    connect(&session, &Session::changed, this, &ObjectsDock::refreshFrameState);
    refresh();
    refreshBrush();
}

void ObjectsDock::makeList() {
    list_ = new QListWidget(this);
    list_->setObjectName("objectsList");
    list_->setAccessibleName(tr("Objects"));
    list_->setIconSize({20, 20});
    list_->setMinimumHeight(50);
    list_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    list_->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::DoubleClicked);
    list_->setToolTip(
        tr("Keys 1 to 9 select an object; double-click to rename it. Where objects "
           "overlap, those further down in the list lie on top."));
    connect(list_, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row < 0) return;
        session_.masks().setActiveObject(
            static_cast<ObjectId>(list_->item(row)->data(Qt::UserRole).toInt()));
    });
    connect(list_, &QListWidget::itemChanged, this, [this](QListWidgetItem* item) {
        const auto id = static_cast<ObjectId>(item->data(Qt::UserRole).toInt());
        const QString name = item->text();
        // Renaming rebuilds the list, which must not happen inside its own signal.
        QMetaObject::invokeMethod(
            this,
            [this, id, name] {
                session_.masks().renameObject(id, name);
                refresh();
            },
            Qt::QueuedConnection);
    });
}

QLayout* ObjectsDock::makeButtons(const CommandRegistry& commands) {
    const auto button = [this](const char* name, const char* icon, const QString& tip) {
        auto* made = new QToolButton(this);
        made->setObjectName(QLatin1String(name));
        made->setIcon(themeIcon(QLatin1String(icon)));
        made->setIconSize({18, 18});
        made->setToolTip(tip);
        made->setAccessibleName(tip);
        return made;
    };
    auto* add = button("object_add", "plus", tr("New object (Ins)"));
    auto* remove =
        button("object_remove", "trash", tr("Remove the selected object from all frames"));
    auto* eye = button("object_visible", "eye", tr("Show or hide the selected object"));
    auto* color = new QToolButton(this);
    color->setObjectName("object_color");
    color->setText(tr("Colour"));
    color->setToolTip(tr("Change the colour of the selected object"));
    auto* lock = new QToolButton(this);
    lock->setDefaultAction(&commands["lock_frame"]);
    lock->setObjectName("object_lock_frame");
    lock->setIconSize({18, 18});
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(2);
    for (QWidget* widget : {static_cast<QWidget*>(add), static_cast<QWidget*>(eye),
                            static_cast<QWidget*>(color), static_cast<QWidget*>(remove)}) {
        buttons->addWidget(widget);
    }
    // The list has what lies on top last.
    for (const auto& [id, name] :
         {std::pair{"object_backward", "object_up"}, std::pair{"object_forward", "object_down"}}) {
        auto* move = new QToolButton(this);
        move->setDefaultAction(&commands[id]);
        move->setObjectName(QLatin1String(name));
        move->setIconSize({18, 18});
        buttons->addWidget(move);
    }
    buttons->addStretch(1);
    buttons->addWidget(lock);
    connect(add, &QToolButton::clicked, &commands["new_object"], &QAction::trigger);
    connect(remove, &QToolButton::clicked, this,
            [this] { session_.masks().removeObject(session_.masks().activeObject()); });
    connect(eye, &QToolButton::clicked, this, [this] {
        MaskEditor& editor = session_.masks();
        const ObjectId id = editor.activeObject();
        if (editor.object(id) != nullptr) editor.setObjectVisible(id, !editor.objectVisible(id));
    });
    connect(color, &QToolButton::clicked, this,
            [this] { pickColor(session_.masks().activeObject()); });
    return buttons;
}

QLayout* ObjectsDock::makeForm() {
    brush_ = new QSlider(Qt::Horizontal, this);
    brush_->setObjectName("brushSize");
    brush_->setAccessibleName(tr("Brush radius"));
    brush_->setToolTip(tr("Brush radius; keys [ and ]"));
    brush_->setRange(0, 76);
    brushPx_ = new QLabel(this);
    brushPx_->setMinimumWidth(fontMetrics().horizontalAdvance("200 px"));
    brushPx_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* brushRow = new QHBoxLayout;
    brushRow->addWidget(brush_, 1);
    brushRow->addWidget(brushPx_);
    method_ = new QComboBox(this);
    method_->setObjectName("propagationMethod");
    method_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    method_->setMinimumContentsLength(10);
    method_->setAccessibleName(tr("Propagation method"));
    for (const PropagationMethodName& method : propagationMethodNames()) {
        method_->addItem(method.text, static_cast<int>(method.method));
        method_->setItemData(method_->count() - 1, method.tip, Qt::ToolTipRole);
    }
    method_->setCurrentIndex(
        method_->findData(static_cast<int>(session_.propagation().options().method)));
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(6);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setLabelAlignment(Qt::AlignLeft);
    form->addRow(tr("Brush"), brushRow);
    form->addRow(tr("Propagate with"), method_);
    connect(brush_, &QSlider::valueChanged, this,
            [this](int value) { session_.masks().setBrushRadiusPx(radiusOf(value)); });
    connect(method_, &QComboBox::activated, this, [this](int index) {
        PropagatorOptions options = session_.propagation().options();
        options.method = static_cast<PropagationMethod>(method_->itemData(index).toInt());
        session_.propagation().setOptions(options);
    });
    return form;
}

QLayout* ObjectsDock::makeCarry(const CommandRegistry& commands) {
    auto* carry = new QHBoxLayout;
    carry->setSpacing(6);
    for (const auto& [id, text] : {std::pair{"propagate_backward", tr("Backward")},
                                   std::pair{"propagate_forward", tr("Forward")}}) {
        QAction* action = &commands[id];
        auto* go = new QPushButton(action->icon(), text, this);
        go->setObjectName(action->objectName().replace("action_", "dock_"));
        go->setToolTip(action->toolTip());
        go->setFocusPolicy(Qt::TabFocus);
        go->setStyleSheet("QPushButton { padding: 6px 6px; }");
        connect(go, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::changed, go,
                [go, action] { go->setEnabled(action->isEnabled()); });
        carry->addWidget(go, 1);
    }
    return carry;
}

void ObjectsDock::refreshFrameState() {
    if (!session_.playhead().shown()) {
        frameState_->clear();
        return;
    }
    const MaskEntry* entry = session_.masks().track().find(session_.playhead().shown()->index);
    QString words;
    if (entry == nullptr) {
        words = tr("This frame has no mask.");
    } else if (entry->facts.locked) {
        words = tr("This frame is locked: no edit changes its mask.");
    } else if (entry->anchor()) {
        words = tr("This frame was painted: propagation starts here.");
    } else if (entry->facts.foreign()) {
        words = tr("Mask by another program. Paint to correct it.");
    } else {
        words = tr("Propagated, confidence %1. Paint to correct it.")
                    .arg(static_cast<double>(entry->facts.confidence), 0, 'f', 2);
    }
    const auto subject = StatusSubject::ofFrame(session_.playhead().shown()->index);
    const QString noted = textOf(session_.projectTools().statusNotes.of(subject));
    if (!noted.isEmpty()) words += QLatin1Char('\n') + tr("Status: %1").arg(noted);
    const WorkTime& work = session_.projectTools().workTime;
    if (work.counting() == WorkTime::Count::On) {
        const auto here = work.secs().find(subject.number);
        words +=
            QLatin1Char('\n') + tr("Working time: %1 s on this frame, %2 min in total")
                                    .arg(here == work.secs().end() ? 0.0 : here->second, 0, 'f', 0)
                                    .arg(work.totalSecs() / 60.0, 0, 'f', 1);
    }
    if (frameState_->text() != words) frameState_->setText(words);
}

void ObjectsDock::refresh() {
    QListWidgetItem* chosen = list_->currentItem();
    if (chosen != nullptr && list_->isPersistentEditorOpen(chosen)) return;
    const QSignalBlocker block(list_);
    list_->clear();
    for (const ObjectId id : session_.masks().backToFront()) {
        const MaskObject& object = *session_.masks().object(id);
        const bool visible = session_.masks().objectDrawn(object.id);
        const StatusNote noted =
            session_.projectTools().statusNotes.of(StatusSubject::ofObject(object.id));
        auto* item = new QListWidgetItem(swatch(object.color, visible, noted.status),
                                         QString::fromStdString(object.name), list_);
        item->setData(Qt::UserRole, object.id);
        item->setFlags(item->flags() | Qt::ItemIsEditable);
        item->setSizeHint({0, 28});
        QString tip = tr("Label %1%2")
                          .arg(object.id)
                          .arg(object.id <= 9 ? tr(", key %1").arg(object.id) : QString());
        if (!noted.blank()) {
            tip += QLatin1Char('\n') + tr("Status: %1").arg(textOf(noted));
            item->setData(Qt::AccessibleDescriptionRole, tr("Status: %1").arg(textOf(noted)));
        }
        item->setToolTip(tip);
        if (!visible) item->setForeground(QColor(Theme::kDim));
        if (object.id == session_.masks().activeObject()) list_->setCurrentItem(item);
    }
}

void ObjectsDock::refreshBrush() {
    const float radius = session_.masks().brushRadiusPx();
    const QSignalBlocker block(brush_);
    brush_->setValue(sliderOf(std::max(radius, 1.0F)));
    brushPx_->setText(tr("%1 px").arg(static_cast<double>(radius), 0, 'f', radius < 10 ? 1 : 0));
}

void ObjectsDock::pickColor(ObjectId id) {
    const MaskObject* object = session_.masks().object(id);
    if (object == nullptr) return;
    const QColor before(object->color[0], object->color[1], object->color[2]);
    const QColor picked = QColorDialog::getColor(
        before, this, tr("Colour of %1").arg(QString::fromStdString(object->name)));
    if (!picked.isValid()) return;
    session_.masks().setObjectColor(
        id, {static_cast<std::uint8_t>(picked.red()), static_cast<std::uint8_t>(picked.green()),
             static_cast<std::uint8_t>(picked.blue())});
}

}  // namespace mcj
