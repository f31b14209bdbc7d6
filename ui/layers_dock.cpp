#include "ui/layers_dock.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/difference_box.h"
#include "ui/line_look_box.h"
#include "ui/mask_look_box.h"
#include "ui/occlusion_rule_box.h"
#include "ui/range_histogram.h"
#include "ui/theme.h"
#include "ui/view_chooser.h"

namespace mcj {
namespace {

QString idOf(const QListWidgetItem& item) { return item.data(Qt::UserRole).toString(); }

QToolButton* smallButton(QWidget* parent, const char* name, const char* icon, const QString& tip) {
    auto* button = new QToolButton(parent);
    button->setObjectName(QLatin1String(name));
    button->setIcon(themeIcon(QLatin1String(icon)));
    button->setIconSize({16, 16});
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    return button;
}

}  // namespace

LayerRow::LayerRow(Session& session, const std::string& layer, QWidget* parent)
    : QWidget(parent), session_(session), layer_(layer) {
    const QString id = QString::fromStdString(layer);
    const LayerTraits& traits = layerTraits(session.view().layers().layer(layer).kind);
    const QString title = QString::fromUtf8(traits.title);
    eye_ = new QToolButton(this);
    eye_->setObjectName("layer_visible_" + id);
    eye_->setCheckable(true);
    eye_->setIconSize({18, 18});
    eye_->setStyleSheet(
        "QToolButton:checked { background: none; border-color: transparent; }"
        "QToolButton:hover { background: #363b45; }");
    eye_->setAccessibleName(tr("Show %1").arg(title));
    name_ = new QLabel(title, this);
    opacity_ = new QSlider(Qt::Horizontal, this);
    opacity_->setObjectName("layer_opacity_" + id);
    opacity_->setAccessibleName(tr("Opacity of %1").arg(title));
    opacity_->setRange(0, 100);
    opacity_->setFixedWidth(84);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(4, 2, 10, 2);
    row->setSpacing(6);
    row->addWidget(eye_);
    row->addWidget(name_, 1);
    row->addWidget(opacity_);
    setToolTip(QString::fromUtf8(traits.explanation));
    connect(eye_, &QToolButton::toggled, this,
            [this](bool on) { session_.view().layers().setVisible(layer_, on); });
    connect(opacity_, &QSlider::valueChanged, this, [this](int value) {
        session_.view().layers().setOpacity(layer_, static_cast<float>(value) / 100.0F);
    });
    refresh();
}

void LayerRow::refresh() {
    const Layer& layer = session_.view().layers().layer(layer_);
    const QSignalBlocker blockEye(eye_);
    const QSignalBlocker blockOpacity(opacity_);
    eye_->setChecked(layer.visible);
    eye_->setIcon(themeIcon(layer.visible ? "eye" : "eye-off"));
    eye_->setToolTip(layer.visible ? tr("Hide this layer") : tr("Show this layer"));
    const int percent = static_cast<int>(layer.opacity * 100.0F + 0.5F);
    if (!opacity_->isSliderDown()) opacity_->setValue(percent);
    opacity_->setToolTip(tr("Opacity %1 %").arg(percent));
    opacity_->setEnabled(layer.visible);
    name_->setProperty("dim", !layer.visible);
    name_->setStyleSheet(layer.visible ? QString() : QStringLiteral("color: #98a0ac;"));
}

LayersDock::LayersDock(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("layersPanel");
    list_ = new QListWidget(this);
    list_->setObjectName("layersList");
    list_->setAccessibleName(tr("Layers, top first"));
    list_->setDragDropMode(QAbstractItemView::InternalMove);
    list_->setDefaultDropAction(Qt::MoveAction);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setSpacing(0);
    up_ = smallButton(this, "layer_up", "up", tr("Move the selected layer up"));
    down_ = smallButton(this, "layer_down", "down", tr("Move the selected layer down"));
    title_ = new QLabel(this);
    title_->setProperty("heading", true);
    explanation_ = new QLabel(this);
    explanation_->setObjectName("layerExplanation");
    explanation_->setWordWrap(true);
    explanation_->setProperty("dim", true);
    auto* titleRow = new QHBoxLayout;
    titleRow->addWidget(title_, 1);
    titleRow->addWidget(up_);
    titleRow->addWidget(down_);
    auto* form = new QFormLayout;
    form->setLabelAlignment(Qt::AlignLeft);
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(6);
    lines_ = new LineLookBox(session, this);
    rule_ = new OcclusionRuleBox(session, this);
    difference_ = new DifferenceBox(session, this);
    masks_ = new MaskLookBox(session, this);
    buildDetails(form);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 2, 10, 10);
    column->setSpacing(8);
    column->addWidget(new ViewChooser(session, this));
    column->addWidget(list_);
    column->addLayout(titleRow);
    column->addWidget(explanation_);
    column->addWidget(rule_);
    column->addWidget(difference_);
    column->addLayout(form);
    column->addWidget(masks_);
    column->addStretch(1);
    rebuildList();
    choose(kFlowLayer);

    connect(list_, &QListWidget::currentRowChanged, this, &LayersDock::refresh);
    connect(list_->model(), &QAbstractItemModel::rowsMoved, this, &LayersDock::adoptOrder);
    connect(up_, &QToolButton::clicked, this, [this] { moveChosen(-1); });
    connect(down_, &QToolButton::clicked, this, [this] { moveChosen(1); });
    const auto showLayers = [this] {
        rebuildList();
        refresh();
    };
    connect(&session.views(), &ViewSet::layersChanged, this, showLayers);
    connect(&session.views(), &ViewSet::arranged, this, showLayers);
    // The level may be set elsewhere: by a bookmark or a project.
    connect(&session.views(), &ViewSet::changed, this, &LayersDock::refresh);
    connect(&session.engines(), &EnginePool::changed, this, &LayersDock::refresh);
    connect(&session.views(), &ViewSet::flowChoiceChanged, this, &LayersDock::offerLayers);
    connect(&session, &Session::opened, this, &LayersDock::offerLayers);
    connect(&session.projectTools().agreement, &ProjectAgreement::changed, this,
            &LayersDock::offerLayers);
    connect(&session, &Session::closed, this, &LayersDock::offerLayers);
    connect(&session, &Session::changed, this, &LayersDock::refreshExplanation);
    connect(&session, &Session::changed, this, &LayersDock::refreshHistogram);
    refresh();
}

void LayersDock::buildDetails(QFormLayout* form) {
    colors_ = new QComboBox(this);
    colors_->setObjectName("layerColors");
    colors_->setAccessibleName(tr("Colours of the selected layer"));
    const auto spin = [this](const char* name) {
        auto* box = new QDoubleSpinBox(this);
        box->setObjectName(QLatin1String(name));
        box->setDecimals(2);
        box->setRange(-1000.0, 10000.0);
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        box->setKeyboardTracking(false);
        return box;
    };
    low_ = spin("layerRangeLow");
    high_ = spin("layerRangeHigh");
    pin_ = new QToolButton(this);
    pin_->setObjectName("layerPin");
    pin_->setCheckable(true);
    pin_->setIcon(themeIcon("lock"));
    pin_->setToolTip(tr("Keep this scale; otherwise it is raised when the motion exceeds it"));
    pin_->setAccessibleName(tr("Keep the flow scale"));
    auto* highRow = new QHBoxLayout;
    highRow->addWidget(high_, 1);
    highRow->addWidget(pin_);
    level_ = new QComboBox(this);
    level_->setObjectName("similarityLevel");
    level_->setAccessibleName(tr("Feature level"));
    for (int level = 1; level <= 6; ++level) {
        level_->addItem(tr("%1 (one feature per %2 px)").arg(level).arg(1 << level));
    }
    colorsLabel_ = new QLabel(tr("Colours"), this);
    lowLabel_ = new QLabel(tr("From"), this);
    highLabel_ = new QLabel(tr("To"), this);
    levelLabel_ = new QLabel(tr("Level"), this);
    histogram_ = new RangeHistogram(this);
    form->addRow(histogram_);
    form->addRow(lines_);
    form->addRow(colorsLabel_, colors_);
    form->addRow(lowLabel_, low_);
    form->addRow(highLabel_, highRow);
    form->addRow(levelLabel_, level_);
    connect(colors_, &QComboBox::activated, this, [this](int index) {
        Layer layer = session_.view().layers().layer(chosen());
        if (layer.is<FlowLook>()) {
            layer.flow().wheel = static_cast<FlowWheel>(index);
        } else {
            layer.scalar().colormap = static_cast<Colormap>(index);
        }
        session_.view().layers().set(layer);
    });
    connect(histogram_, &RangeHistogram::rangeChosen, this, [this](float low, float high) {
        Layer layer = session_.view().layers().layer(chosen());
        layer.scalar().low = low;
        layer.scalar().high = high;
        session_.view().layers().set(layer);
    });
    connect(low_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        Layer layer = session_.view().layers().layer(chosen());
        layer.scalar().low = static_cast<float>(value);
        session_.view().layers().set(layer);
    });
    connect(high_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        Layer layer = session_.view().layers().layer(chosen());
        if (layer.is<FlowLook>()) {
            // A scale set by the user is kept.
            layer.flow().scalePx = static_cast<float>(value);
            layer.flow().pinned = true;
        } else {
            layer.scalar().high = static_cast<float>(value);
        }
        session_.view().layers().set(layer);
    });
    connect(pin_, &QToolButton::toggled, this, [this](bool on) {
        Layer layer = session_.view().layers().layer(chosen());
        layer.flow().pinned = on;
        session_.view().layers().set(layer);
    });
    connect(level_, &QComboBox::activated, this,
            [this](int index) { session_.view().setLevel(index + 1); });
}

std::string LayersDock::chosen() const {
    const QListWidgetItem* item = list_->currentItem();
    return item == nullptr ? kFlowLayer : idOf(*item).toStdString();
}

void LayersDock::choose(const std::string& layer) {
    for (int row = 0; row < list_->count(); ++row) {
        if (idOf(*list_->item(row)).toStdString() == layer) list_->setCurrentRow(row);
    }
}

void LayersDock::rebuildList() {
    const auto& layers = session_.view().layers().layers();
    QStringList wanted;
    for (auto it = layers.rbegin(); it != layers.rend(); ++it) {
        wanted.append(QString::fromStdString(it->id));
    }
    QStringList shown;
    for (int row = 0; row < list_->count(); ++row) shown.append(idOf(*list_->item(row)));
    if (shown != wanted) {
        const std::string kept = chosen();
        const QSignalBlocker block(list_);
        list_->clear();
        rows_.clear();
        for (const QString& id : wanted) {
            const std::string layer = id.toStdString();
            auto* item = new QListWidgetItem(list_);
            item->setData(Qt::UserRole, id);
            const LayerTraits& traits = layerTraits(session_.view().layers().layer(layer).kind);
            item->setData(Qt::AccessibleTextRole, QString::fromUtf8(traits.title));
            auto* row = new LayerRow(session_, layer, list_);
            item->setSizeHint({0, 34});
            list_->setItemWidget(item, row);
            rows_[layer] = row;
        }
        choose(kept);
        offerLayers();
    }
    for (const auto& [layer, row] : rows_) row->refresh();
}

void LayersDock::offerLayers() {
    int shown = 0;
    for (int row = 0; row < list_->count(); ++row) {
        QListWidgetItem* item = list_->item(row);
        const View& view = session_.view();
        const Layer& layer = view.layers().layer(idOf(*item).toStdString());
        const bool alone = layer.kind == kComparedMasksLayer &&
                           session_.projectTools().agreement.other().isEmpty();
        const bool offered = !alone && !view.lacksTruth(layer);
        // Hidden, not removed: the rows are the order of all layers.
        item->setHidden(!offered);
        if (offered) ++shown;
        if (!offered && item == list_->currentItem()) choose(kFlowLayer);
    }
    list_->setFixedHeight(shown * 34 + 2 * list_->frameWidth() + 2);
}

void LayersDock::refreshExplanation() {
    const Layer& layer = session_.view().layers().layer(chosen());
    const LayerTraits& traits = layerTraits(layer.kind);
    QString words = QString::fromUtf8(traits.explanation);
    const ProductKind* product = traits.product ? &productKind(traits.product) : nullptr;
    if (product != nullptr && product->byEngine &&
        session_.view().engine().state == EngineState::Failed) {
        words += tr("  Requires a model, and none could be loaded.");
    }
    // Streamlines go from each frame to the next.
    const bool pair = product != nullptr && product->ofPair && !layer.is<StreamLook>();
    if (pair && session_.view().gap() > 1) {
        words += tr("  The second frame is %1 frames later.").arg(session_.view().gap());
    }
    if (const QString why = session_.view().whyEmpty(layer); !why.isEmpty()) {
        words += tr("  Not available here: %1.").arg(why);
    }
    if (explanation_->text() != words) explanation_->setText(words);
}

void LayersDock::adoptOrder() {
    std::vector<std::string> order;
    for (int row = list_->count() - 1; row >= 0; --row) {
        order.push_back(idOf(*list_->item(row)).toStdString());
    }
    // The view has just moved its rows and lost their widgets, so the list is rebuilt later.
    QMetaObject::invokeMethod(
        this,
        [this, order] {
            {
                const QSignalBlocker block(list_);
                list_->clear();
            }
            session_.view().layers().setOrder(order);
            rebuildList();
            refresh();
        },
        Qt::QueuedConnection);
}

void LayersDock::refreshHistogram() {
    const Layer& layer = session_.view().layers().layer(chosen());
    const bool scalar = layer.is<ScalarLook>();
    histogram_->setVisible(scalar);
    if (!scalar) return;
    histogram_->setValues(session_.view().map(layer.id), layer.scalar().low, layer.scalar().high);
}

void LayersDock::refresh() {
    const Layer& layer = session_.view().layers().layer(chosen());
    const LayerTraits& traits = layerTraits(layer.kind);
    const ProductKind* product = traits.product ? &productKind(traits.product) : nullptr;
    const bool flow = layer.is<FlowLook>();
    const bool scalar = layer.is<ScalarLook>();
    title_->setText(QString::fromUtf8(traits.title));
    refreshExplanation();
    const QSignalBlocker b1(colors_);
    const QSignalBlocker b2(low_);
    const QSignalBlocker b3(high_);
    const QSignalBlocker b4(pin_);
    const QSignalBlocker b5(level_);
    for (QWidget* widget : {static_cast<QWidget*>(colors_), static_cast<QWidget*>(colorsLabel_),
                            static_cast<QWidget*>(high_), static_cast<QWidget*>(highLabel_)}) {
        widget->setVisible(flow || scalar);
    }
    low_->setVisible(scalar);
    lowLabel_->setVisible(scalar);
    pin_->setVisible(flow);
    const bool levels = product != nullptr && product->byLevel;
    level_->setVisible(levels);
    levelLabel_->setVisible(levels);
    level_->setCurrentIndex(session_.view().level() - 1);
    const QStringList names =
        flow ? QStringList{tr("Middlebury wheel"), tr("Colour-blind safe")}
             : QStringList{tr("Viridis"), tr("Cividis"), tr("Turbo"), tr("Signed")};
    if (colors_->count() != names.size()) {
        colors_->clear();
        colors_->addItems(names);
    }
    const QString unit = QString::fromUtf8(traits.unit);
    if (flow) {
        colors_->setCurrentIndex(static_cast<int>(layer.flow().wheel));
        highLabel_->setText(tr("Full colour at"));
        high_->setSuffix(tr(" px"));
        high_->setMinimum(0.1);
        high_->setValue(static_cast<double>(layer.flow().scalePx));
        pin_->setChecked(layer.flow().pinned);
    } else if (scalar) {
        colors_->setCurrentIndex(static_cast<int>(layer.scalar().colormap));
        highLabel_->setText(tr("To"));
        high_->setMinimum(-1000.0);
        const QString suffix = unit == QLatin1String("px") ? tr(" px") : QString();
        low_->setSuffix(suffix);
        high_->setSuffix(suffix);
        low_->setValue(static_cast<double>(layer.scalar().low));
        high_->setValue(static_cast<double>(layer.scalar().high));
        low_->setToolTip(unit);
        high_->setToolTip(unit);
    }
    lines_->showLayer(layer);
    rule_->showLayer(layer);
    difference_->showLayer(layer);
    masks_->showLayer(layer);
    refreshHistogram();
    up_->setEnabled(shownRowFrom(-1) >= 0);
    down_->setEnabled(shownRowFrom(1) >= 0);
}

int LayersDock::shownRowFrom(int step) const {
    const int from = list_->currentRow();
    if (from < 0) return -1;
    for (int row = from + step; row >= 0 && row < list_->count(); row += step) {
        if (!list_->item(row)->isHidden()) return row;
    }
    return -1;
}

void LayersDock::moveChosen(int step) {
    const int row = shownRowFrom(step);
    // The list has the top layer first.
    if (row >= 0) session_.view().layers().move(chosen(), list_->currentRow() - row);
}

}  // namespace mcj
