#include "ui/bundle_dialog.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPointer>
#include <QPushButton>
#include <QStorageInfo>
#include <QStringList>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "viewer/session/bundle_run.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

constexpr std::size_t kMostNamed = 5;

QString sizeText(std::uint64_t bytes) {
    return QLocale().formattedDataSize(static_cast<qint64>(bytes));
}

QString missingText(const std::vector<std::string>& missing) {
    QStringList names;
    for (const std::string& path : missing) {
        if (names.size() == static_cast<qsizetype>(kMostNamed)) {
            names << QStringLiteral("...");
            break;
        }
        names << QString::fromStdString(path);
    }
    return BundleDialog::tr("Not found and left out:\n%1").arg(names.join(QLatin1Char('\n')));
}

}  // namespace

BundleDialog::BundleDialog(Session& session, const QString& folder, QWidget* parent)
    : QDialog(parent), session_(session), target_(new QLineEdit(this)), size_(new QLabel(this)) {
    setObjectName("bundleDialog");
    setWindowTitle(tr("Make a bundle"));
    auto* about =
        new QLabel(tr("Creates a folder with the project, the clip, and the models and flow files "
                      "in use. On another machine, open the project in this folder. Computed maps "
                      "are not included; they are computed again there."),
                   this);
    about->setWordWrap(true);
    target_->setObjectName("bundleTarget");
    target_->setAccessibleName(tr("Folder of the bundle"));
    const QString clip = QFileInfo(QString::fromStdString(session.frames().info().path))
                             .completeBaseName()
                             .replace(QLatin1Char('*'), QLatin1Char('_'));
    target_->setText(QDir(folder).filePath(tr("%1-bundle").arg(clip)));
    auto* browse = new QPushButton(tr("Browse..."), this);
    connect(browse, &QPushButton::clicked, this, &BundleDialog::browse);
    size_->setObjectName("bundleSize");
    size_->setWordWrap(true);
    auto* row = new QHBoxLayout;
    row->addWidget(target_, 1);
    row->addWidget(browse);
    auto* form = new QFormLayout;
    form->addRow(tr("Folder"), row);
    form->addRow(tr("Size"), size_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    ok_ = buttons->addButton(tr("Make"), QDialogButtonBox::AcceptRole);
    ok_->setObjectName("bundleOk");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 18, 18, 14);
    column->setSpacing(14);
    column->addWidget(about);
    column->addLayout(form);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &BundleDialog::make);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(target_, &QLineEdit::textChanged, this, &BundleDialog::refresh);
    // Its files are those of the project that is open now.
    connect(&session, &Session::leaving, this, &QDialog::reject);
    refresh();
    plan();
}

// Lists folders and reads the index of the clip.
void BundleDialog::plan() {
    const BundleOptions options{.model = session_.views().usualModel(),
                                .indexFolder = session_.frames().indexFolder()};
    planning_.start(
        [content = session_.project(), options,
         project = std::filesystem::path(session_.document().path().toStdString())] {
            return planBundle(content, project, options);
        },
        [self = QPointer<BundleDialog>(this)](Outcome<BundlePlan> outcome) {
            if (!self) return;
            if (outcome.ok()) {
                self->plan_ = std::move(outcome).value();
            } else {
                self->problem_ = QString::fromStdString(outcome.error().what());
            }
            self->refresh();
        });
}

void BundleDialog::browse() {
    const QString parent = QFileDialog::getExistingDirectory(
        this, tr("Folder in which the bundle is created"), QFileInfo(target_->text()).path());
    if (parent.isEmpty()) return;
    target_->setText(QDir(parent).filePath(QFileInfo(target_->text()).fileName()));
}

void BundleDialog::refresh() {
    const QFileInfo target(target_->text().trimmed());
    QString text = problem_;
    if (plan_) {
        const QStorageInfo disk(target.absolutePath());
        text =
            tr("About %1 in %2 files").arg(sizeText(plan_->bytes())).arg(plan_->files.size() + 1);
        if (disk.isValid()) {
            text += tr("; %1 are free")
                        .arg(sizeText(static_cast<std::uint64_t>(
                            std::max<qint64>(0, disk.bytesAvailable()))));
        }
        if (!plan_->missing.empty()) text += QLatin1Char('\n') + missingText(plan_->missing);
    } else if (text.isEmpty()) {
        text = tr("Looking for the files...");
    }
    const bool exists = target.exists();
    if (exists) text += QLatin1Char('\n') + tr("The folder already exists: choose another name");
    size_->setText(text);
    ok_->setEnabled(plan_ && !exists && !target.fileName().isEmpty());
}

void BundleDialog::make() {
    const QString folder = QFileInfo(target_->text().trimmed()).absoluteFilePath();
    const auto outcome = runGuarded([&] {
        return session_.runs().start(std::make_unique<BundleRun>(std::move(*plan_), folder));
    });
    if (!outcome.ok()) Q_EMIT failed(outcome.error());
    accept();
}

}  // namespace mcj
