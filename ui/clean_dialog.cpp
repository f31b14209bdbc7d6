#include "ui/clean_dialog.h"

#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "viewer/session/clean_proposal.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

using Scope = CleanUpRequest::Scope;

constexpr int kMostPx = 100'000;

/// Modal for its window: no other tool can replace the preview that it accepts.
class CleanDialog : public QDialog {
public:
    CleanDialog(Session& session, FrameIndex frame, QWidget* parent)
        : QDialog(parent), session_(session), frame_(frame) {
        setObjectName("cleanDialog");
        setAttribute(Qt::WA_DeleteOnClose);
        setWindowTitle(MaskEditor::tr("Clean up object %1").arg(session.masks().activeObject()));
        least_ = new QSpinBox(this);
        least_->setObjectName("cleanLeast");
        least_->setRange(2, kMostPx);
        least_->setValue(CleanUpRequest{}.leastPx);
        least_->setSuffix(MaskEditor::tr(" px"));
        least_->setToolTip(
            MaskEditor::tr("Smaller specks are removed and smaller holes are filled; the largest "
                           "part of the object stays"));
        scope_ = new QComboBox(this);
        scope_->setObjectName("cleanScope");
        scope_->addItem(MaskEditor::tr("This frame"));
        scope_->addItem(MaskEditor::tr("All frames that are not locked"));
        state_ = new QLabel(this);
        state_->setObjectName("cleanState");
        auto* form = new QFormLayout;
        form->addRow(MaskEditor::tr("Specks and holes below"), least_);
        form->addRow(MaskEditor::tr("Where"), scope_);
        buttons_ = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
        auto* column = new QVBoxLayout(this);
        column->addLayout(form);
        column->addWidget(state_);
        column->addWidget(buttons_);
        connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
        connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
        connect(least_, &QSpinBox::valueChanged, this, [this] { propose(); });
        connect(scope_, &QComboBox::currentIndexChanged, this, [this] { propose(); });
        connect(&session, &Session::changed, this, [this] { refresh(); });
        connect(&session, &Session::leaving, this, &QDialog::reject);
        propose();
    }

    void done(int result) override {
        if (result == Accepted) {
            session_.masks().acceptPreview();
        } else {
            session_.maskTools().proposals.reject();
        }
        QDialog::done(result);
    }

private:
    void propose() {
        proposeCleanUp(session_.maskTools().proposals, session_.masks(),
                       {.scope = scope_->currentIndex() == 0 ? Scope::Frame : Scope::AllFrames,
                        .frame = frame_,
                        .leastPx = least_->value()});
        refresh();
    }

    void refresh() {
        const MaskPreview* preview = session_.masks().preview();
        const bool busy = session_.maskTools().proposals.busy();
        if (busy) {
            state_->setText(MaskEditor::tr("Looking for specks and holes..."));
        } else if (preview == nullptr) {
            state_->setText(MaskEditor::tr("There are no specks or holes below this size."));
        } else {
            state_->setText(
                MaskEditor::tr("%1 frames change.").arg(static_cast<int>(preview->frames.size())));
        }
        buttons_->button(QDialogButtonBox::Ok)->setEnabled(preview != nullptr && !busy);
    }

    Session& session_;
    FrameIndex frame_;
    QSpinBox* least_ = nullptr;
    QComboBox* scope_ = nullptr;
    QLabel* state_ = nullptr;
    QDialogButtonBox* buttons_ = nullptr;
};

}  // namespace

void askCleaning(Session& session, QWidget* parent) {
    if (!session.playhead().shown()) return;
    session.playhead().pause();
    auto* dialog = new CleanDialog(session, session.playhead().shown()->index, parent);
    dialog->open();
}

}  // namespace mcj
