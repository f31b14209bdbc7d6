#include "ui/line_look_box.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QSignalBlocker>
#include <QSpinBox>

namespace mcj {

LineLookBox::LineLookBox(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("lineLook");
    spacing_ = new QSpinBox(this);
    spacing_->setObjectName("lineSpacing");
    spacing_->setAccessibleName(tr("Distance between lines"));
    spacing_->setRange(kLeastSpacingPx, kMostSpacingPx);
    spacing_->setSuffix(tr(" px"));
    spacing_->setToolTip(tr(
        "Smallest distance on screen, in pixels; in exports, the distance in pixels of the video"));
    length_ = new QDoubleSpinBox(this);
    length_->setObjectName("arrowLength");
    length_->setAccessibleName(tr("Length of arrows"));
    length_->setRange(static_cast<double>(kLeastArrowLength),
                      static_cast<double>(kMostArrowLength));
    length_->setDecimals(1);
    length_->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    length_->setSuffix(tr(" x motion"));
    length_->setToolTip(tr("At 1 the tip is where the pixel is in the next frame"));
    frames_ = new QSpinBox(this);
    frames_->setObjectName("streamFrames");
    frames_->setAccessibleName(tr("Length of streamlines"));
    frames_->setRange(kLeastStreamFrames, kMostStreamFrames);
    frames_->setSuffix(tr(" frames"));
    frames_->setToolTip(tr("Number of frames; flow is computed from each of them to the next"));
    colors_ = new QComboBox(this);
    colors_->setObjectName("lineColors");
    colors_->setAccessibleName(tr("Colours of lines"));
    // In the order of `LineColors`.
    colors_->addItems(
        {tr("White"), tr("Direction, Middlebury wheel"), tr("Direction, colour-blind safe")});
    for (QAbstractSpinBox* box : findChildren<QAbstractSpinBox*>()) box->setKeyboardTracking(false);
    form_ = new QFormLayout(this);
    form_->setContentsMargins(0, 0, 0, 0);
    form_->setLabelAlignment(Qt::AlignLeft);
    form_->addRow(tr("Colours"), colors_);
    form_->addRow(tr("Distance"), spacing_);
    form_->addRow(tr("Length"), length_);
    form_->addRow(tr("Over"), frames_);
    connect(spacing_, &QSpinBox::valueChanged, this,
            [this](int value) { edit([value](auto& look) { look.spacingPx = value; }); });
    connect(length_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        editIf<ArrowLook>([value](ArrowLook& look) { look.length = static_cast<float>(value); });
    });
    connect(frames_, &QSpinBox::valueChanged, this, [this](int value) {
        editIf<StreamLook>([value](StreamLook& look) { look.frames = value; });
    });
    connect(colors_, &QComboBox::activated, this, [this](int index) {
        edit([index](auto& look) { look.colors = static_cast<LineColors>(index); });
    });
}

template <typename Look, typename Change>
void LineLookBox::editIf(Change change) {
    Layer layer = session_.view().layers().layer(layer_);
    if (!layer.is<Look>()) return;
    change(std::get<Look>(layer.look));
    session_.view().layers().set(layer);
}

template <typename Change>
void LineLookBox::edit(Change change) {
    editIf<ArrowLook>(change);
    editIf<StreamLook>(change);
}

void LineLookBox::showLayer(const Layer& layer) {
    setVisible(layer.isLines());
    if (!layer.isLines()) return;
    layer_ = layer.id;
    const bool streams = layer.is<StreamLook>();
    form_->setRowVisible(length_, !streams);
    form_->setRowVisible(frames_, streams);
    const QSignalBlocker blockSpacing(spacing_);
    const QSignalBlocker blockLength(length_);
    const QSignalBlocker blockFrames(frames_);
    spacing_->setValue(streams ? layer.streams().spacingPx : layer.arrows().spacingPx);
    if (streams) {
        frames_->setValue(layer.streams().frames);
    } else {
        length_->setValue(static_cast<double>(layer.arrows().length));
    }
    colors_->setCurrentIndex(
        static_cast<int>(streams ? layer.streams().colors : layer.arrows().colors));
}

}  // namespace mcj
