#include "ui/mask_look_box.h"

#include <QCheckBox>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace mcj {

MaskLookBox::MaskLookBox(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("maskLook");
    outline_ = new QCheckBox(tr("Outline"), this);
    outline_->setObjectName("maskOutline");
    outline_->setToolTip(
        tr("Draw a line along the edge of every object; it stays visible at a low opacity"));
    hatched_ = new QCheckBox(tr("Stripes"), this);
    hatched_->setObjectName("maskHatched");
    hatched_->setToolTip(
        tr("Fill objects with stripes, so that the image is visible between them"));
    covered_ = new QCheckBox(tr("What is covered"), this);
    covered_->setObjectName("maskCovered");
    covered_->setToolTip(
        tr("Draw thin stripes in the colour of the object that lies below the one on top"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(outline_);
    column->addWidget(hatched_);
    column->addWidget(covered_);
    const auto edit = [this] {
        Layer layer = session_.view().layers().layer(layer_);
        layer.masks() = {.outline = outline_->isChecked(),
                         .hatched = hatched_->isChecked(),
                         .covered = covered_->isChecked()};
        session_.view().layers().set(layer);
    };
    connect(outline_, &QCheckBox::toggled, this, edit);
    connect(hatched_, &QCheckBox::toggled, this, edit);
    connect(covered_, &QCheckBox::toggled, this, edit);
}

void MaskLookBox::showLayer(const Layer& layer) {
    setVisible(layer.is<MaskLook>());
    if (!layer.is<MaskLook>()) return;
    layer_ = layer.id;
    const QSignalBlocker blockOutline(outline_);
    const QSignalBlocker blockHatched(hatched_);
    outline_->setChecked(layer.masks().outline);
    hatched_->setChecked(layer.masks().hatched);
    const QSignalBlocker blockCovered(covered_);
    covered_->setChecked(layer.masks().covered);
}

}  // namespace mcj
