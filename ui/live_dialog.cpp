#include "ui/live_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "media/base/error.h"

namespace mcj {
namespace {

const QString kCamera = QStringLiteral("/dev/video");
const QString kExample = QStringLiteral("lavfi:testsrc2=size=320x240:rate=25");

/// The devices that are there, in the order of their names. Some of them may give no pictures.
QStringList cameras() {
    QStringList found;
    const QStringList names =
        QDir(QStringLiteral("/dev")).entryList({QStringLiteral("video*")}, QDir::System);
    for (const QString& name : names) found << QStringLiteral("/dev/") + name;
    return found;
}

}  // namespace

LiveDialog::LiveDialog(const QStringList& recent, QWidget* parent)
    : QDialog(parent), source_(new QComboBox(this)), size_(new QLineEdit(this)),
      rate_(new QDoubleSpinBox(this)), problem_(new QLabel(this)) {
    setObjectName("liveDialog");
    setWindowTitle(tr("Open camera or stream"));
    auto* about = new QLabel(
        tr("A camera (/dev/videoN), a FIFO (made with mkfifo) into which another program writes a "
           "video, or a test pattern (%1). Nothing is opened over a network.")
            .arg(kExample),
        this);
    about->setWordWrap(true);
    source_->setObjectName("liveSource");
    source_->setAccessibleName(tr("Source"));
    source_->setEditable(true);
    source_->setInsertPolicy(QComboBox::NoInsert);
    source_->setMinimumContentsLength(40);
    QStringList offered = recent;
    offered << cameras() << kExample;
    offered.removeDuplicates();
    source_->addItems(offered);
    size_->setObjectName("liveSize");
    size_->setAccessibleName(tr("Size"));
    size_->setPlaceholderText(tr("current setting of the camera, or for example 640x480"));
    rate_->setObjectName("liveRate");
    rate_->setAccessibleName(tr("Frames per second"));
    rate_->setRange(0.0, kMostCameraFps);
    rate_->setDecimals(1);
    rate_->setSpecialValueText(tr("current setting of the camera"));
    problem_->setObjectName("liveProblem");
    problem_->setWordWrap(true);
    problem_->hide();
    auto* form = new QFormLayout;
    form->addRow(tr("Source"), source_);
    form->addRow(tr("Size"), size_);
    form->addRow(tr("Frames per second"), rate_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    buttons->addButton(tr("Open"), QDialogButtonBox::AcceptRole)->setObjectName("liveOk");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 18, 18, 14);
    column->setSpacing(14);
    column->addWidget(about);
    column->addLayout(form);
    column->addWidget(problem_);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &LiveDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(source_, &QComboBox::editTextChanged, this, &LiveDialog::refresh);
    // Typing replaces what is offered.
    source_->setFocus();
    source_->lineEdit()->selectAll();
    refresh();
}

// Only a camera can be asked for a size and a rate.
void LiveDialog::refresh() {
    const bool camera = source_->currentText().trimmed().startsWith(kCamera);
    size_->setEnabled(camera);
    rate_->setEnabled(camera);
    problem_->hide();
}

void LiveDialog::accept() {
    const auto read = runGuarded([this] {
        LiveRequest request;
        request.source = source_->currentText().trimmed().toStdString();
        (void)liveKindOf(request.source);
        if (size_->isEnabled()) {
            request.camera = {cameraSizeOf(size_->text().trimmed().toStdString()), rate_->value()};
        }
        return request;
    });
    if (!read.ok()) {
        problem_->setText(QString::fromStdString(read.error().what()) + QStringLiteral(". ") +
                          QString::fromStdString(read.error().hint()));
        problem_->show();
        return;
    }
    choice_ = read.value();
    QDialog::accept();
}

}  // namespace mcj
