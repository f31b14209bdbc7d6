#include "ui/tour_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSize>
#include <QVBoxLayout>

#include "viewer/session/session.h"
#include "viewer/session/time_left.h"

namespace mcj {

TourDialog::TourDialog(Session& session, const QString& folder, QWidget* parent)
    : QDialog(parent), session_(session), tour_(new TourExport(session, this)),
      words_(new QLabel(this)), bar_(new QProgressBar(this)) {
    setObjectName("tourDialog");
    setWindowTitle(tr("Export a tour"));
    choice_ = makeChoice(folder);
    words_->setObjectName("tourText");
    words_->setWordWrap(true);
    bar_->setObjectName("tourProgress");
    bar_->setAccessibleName(tr("Progress"));
    bar_->setTextVisible(false);
    bar_->hide();
    auto* buttons = new QDialogButtonBox(this);
    ok_ = buttons->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    ok_->setObjectName("tourOk");
    cancel_ = buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    cancel_->setObjectName("tourCancel");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 18, 18, 14);
    column->setSpacing(14);
    column->addWidget(choice_);
    column->addWidget(words_);
    column->addWidget(bar_);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &TourDialog::begin);
    connect(buttons, &QDialogButtonBox::rejected, this, &TourDialog::reject);
    connect(target_, &QLineEdit::textChanged, this, &TourDialog::refresh);
    connect(secs_, &QDoubleSpinBox::valueChanged, this, &TourDialog::refresh);
    connect(tour_, &TourExport::progressed, this, &TourDialog::refresh);
    connect(tour_, &TourExport::ended, this, &TourDialog::ended);
    connect(tour_, &TourExport::noticed, this, &TourDialog::noticed);
    // Its bookmarks are those of the clip that is open now.
    connect(&session, &Session::leaving, this, [this] {
        leaving_ = true;
        reject();
    });
    refresh();
}

QWidget* TourDialog::makeChoice(const QString& folder) {
    auto* choice = new QWidget(this);
    target_ = new QLineEdit(choice);
    target_->setObjectName("tourTarget");
    target_->setAccessibleName(tr("File of the tour"));
    const QString clip =
        QFileInfo(QString::fromStdString(session_.frames().info().path)).completeBaseName();
    target_->setText(QDir(folder).filePath(tr("%1-tour.mp4").arg(clip)));
    auto* browse = new QPushButton(tr("Browse..."), choice);
    connect(browse, &QPushButton::clicked, this, &TourDialog::browse);
    size_ = new QComboBox(choice);
    size_->setObjectName("tourSize");
    size_->setAccessibleName(tr("Size of the video"));
    for (const QSize& size :
         {QSize(1920, 1080), QSize(1280, 720), QSize(1024, 768), QSize(640, 360)}) {
        size_->addItem(tr("%1 x %2").arg(size.width()).arg(size.height()), size);
    }
    secs_ = new QDoubleSpinBox(choice);
    secs_->setObjectName("tourSecs");
    secs_->setAccessibleName(tr("Duration of each bookmark in seconds"));
    secs_->setRange(kLeastTourSecs, kMostTourSecs);
    secs_->setDecimals(1);
    secs_->setSingleStep(0.5);
    secs_->setSuffix(tr(" s"));
    secs_->setValue(TourOptions{}.secsEach);
    auto* row = new QHBoxLayout;
    row->addWidget(target_, 1);
    row->addWidget(browse);
    auto* form = new QFormLayout(choice);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("File (.mp4 or .gif)"), row);
    form->addRow(tr("Size"), size_);
    form->addRow(tr("Each bookmark"), secs_);
    return choice;
}

void TourDialog::browse() {
    const QString file =
        QFileDialog::getSaveFileName(this, tr("File of the tour"), target_->text(),
                                     tr("MP4 video (*.mp4);;Animated GIF (*.gif)"));
    if (!file.isEmpty()) target_->setText(file);
}

void TourDialog::refresh() {
    const bool running = tour_->state() == TourExport::State::Running;
    choice_->setEnabled(!running);
    bar_->setVisible(running);
    cancel_->setText(running ? tr("Stop") : tr("Cancel"));
    if (running) {
        bar_->setRange(0, static_cast<int>(tour_->total()));
        bar_->setValue(static_cast<int>(tour_->done()));
        QString words = tr("Bookmark %1 of %2").arg(tour_->done() + 1).arg(tour_->total());
        const QString left = timeLeftText(tour_->secsLeft());
        if (!left.isEmpty()) words += QStringLiteral(", ") + left;
        words_->setText(words);
        ok_->setEnabled(false);
        return;
    }
    const QFileInfo file(target_->text().trimmed());
    const QString kind = file.suffix().toLower();
    const bool known = kind == QLatin1String("mp4") || kind == QLatin1String("gif");
    const auto marks = static_cast<int>(session_.timeline().bookmarks.all().size());
    QString words = tr("%1 bookmarks, %2 s in total").arg(marks).arg(marks * secs_->value());
    if (!known) {
        words = tr("The name must end in .mp4 or .gif");
    } else if (file.exists()) {
        words += QLatin1Char('\n') + tr("The file exists and will be replaced");
    } else if (kind == QLatin1String("gif")) {
        words +=
            QLatin1Char('\n') + tr("A GIF has 252 colours; others are approximated by dithering");
    }
    words_->setText(words);
    ok_->setEnabled(known && marks > 0);
}

void TourDialog::begin() {
    const QSize size = size_->currentData().toSize();
    TourOptions options;
    options.file = QFileInfo(target_->text().trimmed()).absoluteFilePath().toStdString();
    options.size = {size.width(), size.height()};
    options.secsEach = secs_->value();
    const auto started = runGuarded([&] {
        tour_->start(options);
        return true;
    });
    refresh();
    if (!started.ok()) words_->setText(QString::fromStdString(started.error().what()));
}

void TourDialog::ended() {
    switch (tour_->state()) {
    case TourExport::State::Finished: accept(); break;
    case TourExport::State::Stopped:
        refresh();
        if (leaving_) QDialog::reject();
        break;
    default: refresh(); break;
    }
}

void TourDialog::reject() {
    if (tour_->state() == TourExport::State::Running) {
        tour_->stop();
    } else {
        QDialog::reject();
    }
}

}  // namespace mcj
