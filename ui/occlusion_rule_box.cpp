#include "ui/occlusion_rule_box.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSignalBlocker>

namespace mcj {

OcclusionRuleBox::OcclusionRuleBox(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("occlusionRule");
    formula_ = new QLabel(this);
    formula_->setObjectName("occlusionFormula");
    formula_->setWordWrap(true);
    formula_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    const auto spin = [this](const char* name, float most, double step) {
        auto* box = new QDoubleSpinBox(this);
        box->setObjectName(QLatin1String(name));
        box->setRange(0.0, static_cast<double>(most));
        box->setDecimals(3);
        box->setSingleStep(step);
        box->setKeyboardTracking(false);
        return box;
    };
    alpha_ = spin("occlusionAlpha", kMostOcclusionAlpha, 0.01);
    alpha_->setAccessibleName(tr("Alpha of the occlusion rule"));
    alpha_->setToolTip(tr("Allowed squared error as a share of the squared lengths of the motion"));
    beta_ = spin("occlusionBeta", kMostOcclusionBeta, 0.1);
    beta_->setAccessibleName(tr("Beta of the occlusion rule"));
    beta_->setSuffix(tr(" px\u00b2"));
    beta_->setToolTip(tr("Allowed squared error for any motion, in squared pixels"));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setLabelAlignment(Qt::AlignLeft);
    form->addRow(formula_);
    form->addRow(tr("Alpha"), alpha_);
    form->addRow(tr("Beta"), beta_);
    for (QDoubleSpinBox* box : {alpha_, beta_}) {
        connect(box, &QDoubleSpinBox::valueChanged, this, &OcclusionRuleBox::adopt);
    }
}

void OcclusionRuleBox::adopt() {
    session_.view().setOcclusionRule(
        {static_cast<float>(alpha_->value()), static_cast<float>(beta_->value())});
}

void OcclusionRuleBox::showLayer(const Layer& layer) {
    const char* product = layerTraits(layer.kind).product;
    const bool shown = product != nullptr && productKind(product).byRule;
    setVisible(shown);
    if (!shown) return;
    const OcclusionRule& rule = session_.view().occlusionRule();
    const QSignalBlocker blockAlpha(alpha_);
    const QSignalBlocker blockBeta(beta_);
    alpha_->setValue(static_cast<double>(rule.alpha));
    beta_->setValue(static_cast<double>(rule.beta));
    formula_->setText(tr("Occluded: %1").arg(QString::fromStdString(occlusionFormula(rule))));
}

}  // namespace mcj
