#include "ui/view_chooser.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

namespace mcj {

ViewChooser::ViewChooser(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName("viewChooser");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 4, 0, 0);
    row->setSpacing(2);
    for (std::size_t i = 0; i < ViewSet::kMost; ++i) {
        auto* button = new QToolButton(this);
        const QString letter = QChar('A' + static_cast<int>(i));
        button->setObjectName("view_" + letter);
        button->setText(letter);
        button->setCheckable(true);
        button->setToolTip(tr("Edit the layers of view %1").arg(letter));
        button->setAccessibleName(tr("View %1").arg(letter));
        connect(button, &QToolButton::clicked, this, [this, i] {
            session_.views().activate(i);
            refresh();
        });
        row->addWidget(button);
        buttons_.push_back(button);
    }
    row->addStretch(1);
    auto* label = new QLabel(tr("Frame offset"), this);
    label->setProperty("dim", true);
    row->addWidget(label);
    offset_ = new QSpinBox(this);
    offset_->setObjectName("viewOffset");
    constexpr int kMost = static_cast<int>(View::kMostOffset);
    offset_->setRange(-kMost, kMost);
    offset_->setKeyboardTracking(false);
    offset_->setToolTip(
        tr("This view shows the frame that is this many frames after the playhead"));
    offset_->setAccessibleName(tr("Frame offset of the active view"));
    row->addWidget(offset_);
    connect(offset_, &QSpinBox::valueChanged, this,
            [this](int frames) { session_.view().setOffset(frames); });
    connect(&session_.views(), &ViewSet::arranged, this, &ViewChooser::refresh);
    connect(&session_.views(), &ViewSet::changed, this, &ViewChooser::refresh);
    // Another clip begins without offsets.
    connect(&session_, &Session::opened, this, &ViewChooser::refresh);
    connect(&session_, &Session::closed, this, &ViewChooser::refresh);
    refresh();
}

void ViewChooser::refresh() {
    const ViewSet& views = session_.views();
    setVisible(views.size() > 1);
    for (std::size_t i = 0; i < buttons_.size(); ++i) {
        buttons_[i]->setVisible(i < views.size());
        buttons_[i]->setChecked(i == views.activeIndex());
    }
    const QSignalBlocker block(offset_);
    offset_->setValue(static_cast<int>(session_.view().offset()));
}

}  // namespace mcj
