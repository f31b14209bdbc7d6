#include "ui/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDirIterator>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <filesystem>

#include "media/base/error.h"
#include "media/figure/figure_file.h"
#include "media/io/manifest.h"
#include "ui/screen_fit.h"
#include "ui/theme.h"
#include "viewer/session/export_run.h"

namespace mcj {
namespace {

/// Whether an export of masks wrote it: other programs have files of that name, too.
bool isMaskManifest(const QString& path) {
    const auto manifest =
        runGuarded([&path] { return readManifest(std::filesystem::path(path.toStdString())); });
    return manifest.ok() && manifest.value().program == kMaskExportProgram;
}

/// An export of masks replaces the whole folder: whatever else is in it must not go with them. The
/// manifest lists the files of the export.
bool holdsMasksAlone(const QDir& folder) {
    const QString manifest = folder.filePath("manifest.json");
    if (folder.isEmpty(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden | QDir::System)) {
        return true;
    }
    std::set<QString> known{"manifest.json"};
    if (QFileInfo::exists(manifest)) {
        if (!isMaskManifest(manifest)) return false;
        for (const std::string& file :
             readManifest(std::filesystem::path(manifest.toStdString())).files) {
            known.insert(QString::fromStdString(file));
        }
    }
    static const QRegularExpression kMaskName(QStringLiteral("^\\d{5,}\\.png$"));
    QDirIterator files(folder.path(),
                       QDir::Files | QDir::NoDotAndDotDot | QDir::Hidden | QDir::System,
                       QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString name = folder.relativeFilePath(files.next());
        if (!known.contains(name) && !kMaskName.match(name).hasMatch()) return false;
    }
    return true;
}

}  // namespace

ExportDialog::ExportDialog(const Session& session, ExportKind kind, const QString& folder,
                           QWidget* parent)
    : QDialog(parent), session_(session), folder_(folder) {
    setObjectName("exportDialog");
    setWindowTitle(tr("Export"));
    setMinimumWidth(520);
    kind_ = new QComboBox(this);
    kind_->setObjectName("exportKind");
    kind_->setAccessibleName(tr("What to export"));
    kind_->addItem(tr("Masks"));
    kind_->addItem(tr("Shown frame as PNG, SVG or PDF, with legend"));
    kind_->addItem(tr("Maps of a range of frames"));
    kind_->setCurrentIndex(static_cast<int>(kind));
    about_ = new QLabel(this);
    about_->setObjectName("exportAbout");
    about_->setWordWrap(true);
    about_->setProperty("dim", true);
    range_ = makeRange();
    maskFormat_ = new QComboBox(this);
    maskFormat_->setObjectName("exportMaskFormat");
    maskFormat_->setAccessibleName(tr("Format of the masks"));
    for (const MaskFormat& format : maskFormats()) {
        if (format.write == nullptr) continue;
        maskFormat_->addItem(QString::fromUtf8(format.title), QString::fromUtf8(format.id));
    }
    mapsPage_ = makeMapsPage();
    problem_ = new QLabel(this);
    problem_->setObjectName("exportProblem");
    problem_->setWordWrap(true);
    problem_->setStyleSheet(QStringLiteral("color: %1;").arg(QColor(Theme::kWarning).name()));

    auto* page = new QWidget(this);
    form_ = new QFormLayout(page);
    form_->setContentsMargins(0, 0, 0, 0);
    form_->setHorizontalSpacing(16);
    form_->setVerticalSpacing(12);
    form_->setLabelAlignment(Qt::AlignLeft | Qt::AlignTop);
    form_->addRow(tr("What"), kind_);
    form_->addRow(QString(), about_);
    form_->addRow(tr("Format"), maskFormat_);
    form_->addRow(tr("Frames"), range_);
    form_->addRow(tr("Maps"), mapsPage_);
    form_->addRow(tr("Write to"), makeTarget());
    form_->addRow(QString(), replace_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    ok_ = buttons->addButton(tr("Export"), QDialogButtonBox::AcceptRole);
    ok_->setObjectName("exportOk");
    ok_->setDefault(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 18, 18, 14);
    column->setSpacing(14);
    column->addWidget(new ScrollingContent(page, this), 1);
    column->addWidget(problem_);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connectParts();
    refresh();
    resize(sizeWithin(availableFor(*this), sizeHint()));
}

QWidget* ExportDialog::makeRange() {
    auto* range = new QWidget(this);
    auto* row = new QHBoxLayout(range);
    row->setContentsMargins(0, 0, 0, 0);
    const int last = static_cast<int>(std::max<FrameIndex>(session_.frames().frameCount() - 1, 0));
    const auto spin = [range, last](const char* name, int value) {
        auto* box = new QSpinBox(range);
        box->setObjectName(QLatin1String(name));
        box->setRange(0, last);
        box->setValue(value);
        box->setMinimumWidth(90);
        return box;
    };
    const FrameSpan marked = session_.timeline().marks.span(session_.frames().frameCount());
    first_ = spin("exportFirst", static_cast<int>(marked.begin));
    last_ = spin("exportLast", static_cast<int>(std::max(marked.end - 1, marked.begin)));
    first_->setAccessibleName(tr("First frame"));
    last_->setAccessibleName(tr("Last frame"));
    row->addWidget(first_);
    row->addWidget(new QLabel(tr("to"), range));
    row->addWidget(last_);
    row->addStretch(1);
    return range;
}

QLayout* ExportDialog::makeTarget() {
    target_ = new QLineEdit(this);
    target_->setObjectName("exportTarget");
    target_->setAccessibleName(tr("Where to write"));
    auto* browse = new QPushButton(tr("Browse..."), this);
    browse->setObjectName("exportBrowse");
    connect(browse, &QPushButton::clicked, this, &ExportDialog::browse);
    replace_ = new QCheckBox(tr("Replace existing files"), this);
    replace_->setObjectName("exportReplace");
    auto* row = new QHBoxLayout;
    row->addWidget(target_, 1);
    row->addWidget(browse);
    return row;
}

void ExportDialog::connectParts() {
    connect(kind_, &QComboBox::currentIndexChanged, this, [this] {
        targetTyped_ = false;
        refresh();
    });
    connect(maskFormat_, &QComboBox::currentIndexChanged, this, &ExportDialog::refresh);
    connect(target_, &QLineEdit::textEdited, this, [this] {
        targetTyped_ = true;
        refresh();
    });
    connect(replace_, &QCheckBox::toggled, this, &ExportDialog::refresh);
    for (QSpinBox* box : {first_, last_}) {
        connect(box, &QSpinBox::valueChanged, this, &ExportDialog::refresh);
    }
    for (QCheckBox* box : mapsPage_->findChildren<QCheckBox*>()) {
        connect(box, &QCheckBox::toggled, this, &ExportDialog::refresh);
    }
    connect(&session_.engines(), &EnginePool::changed, this, &ExportDialog::refresh);
    connect(&session_.views(), &ViewSet::flowChoiceChanged, this, &ExportDialog::refresh);
    if (!session_.frames().scanned()) {
        connect(&session_, &Session::changed, this, &ExportDialog::followFrameCount);
        connect(&session_, &Session::counted, this, &ExportDialog::followFrameCount);
    }
}

void ExportDialog::followFrameCount() {
    if (!session_.frames().scanned()) return;
    const FrameIndex end = std::max<FrameIndex>(session_.frames().frameCount() - 1, 0);
    const int counted = static_cast<int>(end);
    if (last_->maximum() == counted && ok_->isEnabled()) return;
    const bool whole = last_->value() == last_->maximum();
    first_->setMaximum(counted);
    last_->setMaximum(counted);
    if (whole) last_->setValue(counted);
    refresh();
}

QWidget* ExportDialog::makeMapsPage() {
    auto* page = new QWidget(this);
    auto* grid = new QGridLayout(page);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(18);
    grid->setVerticalSpacing(6);
    const auto box = [page](const QString& words, const std::string& name, bool on) {
        auto* made = new QCheckBox(words, page);
        made->setObjectName("export_" + QString::fromStdString(name));
        made->setChecked(on);
        return made;
    };
    int row = 0;
    const std::pair<AnalysisMap, QString> maps[] = {
        {AnalysisMap::Flow, tr("Flow")},
        {AnalysisMap::Backward, tr("Backward flow")},
        {AnalysisMap::WarpError, tr("Warp error")},
        {AnalysisMap::Consistency, tr("Consistency")},
        {AnalysisMap::Occlusion, tr("Occlusion")},
        {AnalysisMap::FeatureError, tr("Feature error")},
        {AnalysisMap::FeatureColors, tr("Features as colours (PNG)")},
        {AnalysisMap::FlowError, tr("Flow error")},
        {AnalysisMap::AngleError, tr("Angular error")}};
    for (const auto& [map, words] : maps) {
        maps_[map] = box(words, analysisMapName(map), map == AnalysisMap::Flow);
        grid->addWidget(maps_[map], row / 2, row % 2);
        ++row;
    }
    similarity_ = box(tr("Similarity to the selected pin"), "similarity", false);
    row += row % 2;
    grid->addWidget(similarity_, row / 2, 0, 1, 2);
    auto* as = new QLabel(tr("as"), page);
    as->setProperty("dim", true);
    auto* formats = new QHBoxLayout;
    formats->setSpacing(14);
    formats->addWidget(as);
    const std::pair<MapFormat, QString> kinds[] = {
        {MapFormat::Png, tr(".png")}, {MapFormat::Flo, tr(".flo")},    {MapFormat::Npy, tr(".npy")},
        {MapFormat::Pfm, tr(".pfm")}, {MapFormat::Kitti, tr("KITTI")}, {MapFormat::Exr, tr("EXR")}};
    for (const auto& [format, words] : kinds) {
        formats_[format] = box(words, "as_" + mapFormatName(format),
                               format == MapFormat::Png || format == MapFormat::Flo);
        formats->addWidget(formats_[format]);
    }
    formats->addStretch(1);
    grid->addLayout(formats, row / 2 + 1, 0, 1, 2);
    return page;
}

const MaskFormat& ExportDialog::chosenMaskFormat() const {
    return maskFormat(maskFormat_->currentData().toString().toStdString());
}

QString ExportDialog::maskText() const {
    const MaskFormat& format = chosenMaskFormat();
    QString text = tr("Writes %1, and a manifest. %2 of %3 frames have a mask.")
                       .arg(QString::fromUtf8(format.summary))
                       .arg(static_cast<qint64>(session_.masks().track().size()))
                       .arg(session_.frames().frameCount());
    if (!format.traits.gaps) text += tr(" Empty masks are written for the others.");
    if (!format.traits.names) text += tr(" Names of objects are kept in the manifest only.");
    if (!format.traits.ignored) text += tr(" Void pixels (255) are not written.");
    return text;
}

ExportKind ExportDialog::kind() const { return static_cast<ExportKind>(kind_->currentIndex()); }

QString ExportDialog::defaultTarget() const {
    const QString video =
        QFileInfo(QString::fromStdString(session_.frames().info().path)).completeBaseName();
    const QDir folder(folder_);
    switch (kind()) {
    case ExportKind::Masks: return folder.filePath(video + "_masks");
    case ExportKind::Maps: return folder.filePath(video + "_maps");
    case ExportKind::ShownFrame:
        return folder.filePath(QStringLiteral("%1_%2.png")
                                   .arg(video)
                                   .arg(session_.playhead().current(), 6, 10, QLatin1Char('0')));
    }
    return {};
}

void ExportDialog::browse() {
    // Another video may be there before a folder is chosen, and this dialog gone with the one that
    // it was opened on. So it owns no dialog that waits inside of this call.
    const QPointer<ExportDialog> self(this);
    const QString picked =
        kind() == ExportKind::ShownFrame
            ? QFileDialog::getSaveFileName(parentWidget(), tr("Save image as"), target_->text(),
                                           tr("PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"))
            : QFileDialog::getExistingDirectory(parentWidget(), tr("Target folder"),
                                                QFileInfo(target_->text()).absolutePath());
    if (!self || picked.isEmpty()) return;
    targetTyped_ = true;
    target_->setText(kind() == ExportKind::ShownFrame
                         ? picked
                         : QDir(picked).filePath(QFileInfo(defaultTarget()).fileName()));
    refresh();
}

ExportChoice ExportDialog::choice() const {
    ExportChoice choice;
    choice.kind = kind();
    choice.target = QDir::cleanPath(target_->text().trimmed());
    choice.begin = first_->value();
    choice.end = last_->value() + 1;
    for (const auto& [map, box] : maps_) {
        if (box->isChecked() && box->isEnabled()) choice.maps.insert(map);
    }
    for (const auto& [format, box] : formats_) {
        if (box->isChecked()) choice.formats.insert(format);
    }
    if (replace_->isEnabled() && replace_->isChecked()) choice.existing = ExistingFiles::Replace;
    choice.maskFormat = chosenMaskFormat().id;
    // The text above the button says what the format cannot hold.
    choice.maskLoss = MaskLoss::Allow;
    choice.similarity = similarity_->isChecked() && similarity_->isEnabled();
    return choice;
}

void ExportDialog::refreshModelBoxes() {
    const EngineState state = session_.view().engine().state;
    const bool model = state == EngineState::Ready;
    const bool point = session_.view().query().has_value();
    const QString why = state == EngineState::Failed ? tr("No model is loaded")
                        : !model                     ? tr("The model is still being loaded")
                                                     : QString();
    for (const AnalysisMap map : {AnalysisMap::FeatureError, AnalysisMap::FeatureColors}) {
        maps_[map]->setEnabled(model);
        maps_[map]->setToolTip(why);
    }
    const bool truth = session_.view().truth() != nullptr;
    for (const AnalysisMap map : {AnalysisMap::FlowError, AnalysisMap::AngleError}) {
        maps_[map]->setEnabled(truth);
        maps_[map]->setToolTip(truth ? tr("For pairs that have ground truth")
                                     : tr("Load ground truth first (Compare menu)"));
    }
    const bool files = isFlowFiles(session_.view().flowProvider());
    for (const auto& [map, box] : maps_) {
        if (!needsBackwardFlow(map)) continue;
        box->setEnabled(!files);
        box->setToolTip(files ? tr("The flow files have no backward flow") : QString());
    }
    similarity_->setEnabled(model && point);
    similarity_->setToolTip(model && !point ? tr("Place a pin with the similarity tool first")
                                            : why);
}

void ExportDialog::refreshReplace() {
    const QString path = target_->text().trimmed();
    const QDir folder(QDir::cleanPath(path));
    const bool there = !path.isEmpty() && folder.exists();
    const bool maps = kind() == ExportKind::Maps && there && !folder.isEmpty();
    const bool masks = kind() == ExportKind::Masks && there && holdsMasksAlone(folder);
    replace_->setEnabled(maps || masks);
    replace_->setVisible(maps || masks);
    replace_->setToolTip(
        maps ? tr("Removes the maps of the existing export and keeps other files. If not selected, "
                  "a stopped export of the same maps is resumed.")
             : tr("Removes the existing masks after the new ones are complete"));
    if (maps || masks) return;
    // Ticked for one folder is not ticked for the next.
    const QSignalBlocker quiet(replace_);
    replace_->setChecked(false);
}

void ExportDialog::refresh() {
    refreshModelBoxes();
    if (!targetTyped_) target_->setText(defaultTarget());
    refreshReplace();
    const ExportKind what = kind();
    // What does not belong to this kind of export is not there, instead of ticked and greyed.
    form_->setRowVisible(range_, what != ExportKind::ShownFrame);
    form_->setRowVisible(maskFormat_, what == ExportKind::Masks);
    form_->setRowVisible(mapsPage_, what == ExportKind::Maps);
    const ExportChoice wanted = choice();
    QString problem;
    const auto masks = static_cast<qint64>(session_.masks().track().size());
    switch (what) {
    case ExportKind::Masks:
        about_->setText(maskText());
        if (masks == 0) problem = tr("No frame has a mask. Paint one first (P).");
        break;
    case ExportKind::ShownFrame:
        about_->setText(
            tr("The frame with its visible layers at the video's resolution, and "
               "a legend with the scales below it."));
        break;
    case ExportKind::Maps:
        about_->setText(
            tr("One folder per map, numbered by the first frame of each pair, and "
               "a manifest. The export can be stopped and resumed."));
        if (wanted.maps.empty() && !wanted.similarity) problem = tr("Choose at least one map.");
        if (wanted.formats.empty()) problem = tr("Choose at least one format.");
        if (!wanted.similarity && wanted.end - wanted.begin <= session_.view().gap()) {
            problem = session_.view().gap() == 1
                          ? tr("Maps require at least two frames.")
                          : tr("Maps of frames that are %1 apart require at least %2 frames.")
                                .arg(session_.view().gap())
                                .arg(session_.view().gap() + 1);
        }
        break;
    }
    if (wanted.begin >= wanted.end) problem = tr("The first frame is after the last frame.");
    if (!session_.frames().scanned()) {
        problem = tr("The frames of the video are still being counted.");
    }
    if (target_->text().trimmed().isEmpty()) problem = tr("Choose where to write.");
    if (what == ExportKind::ShownFrame && problem.isEmpty() &&
        !isFigurePath(target_->text().trimmed().toStdString())) {
        problem = tr("The name must end in .png, .svg or .pdf.");
    }
    if (what == ExportKind::Masks && problem.isEmpty() && QFileInfo::exists(wanted.target) &&
        wanted.existing != ExistingFiles::Replace) {
        problem = (replace_->isEnabled() ? tr("%1 already exists. Choose another name, or select "
                                              "\"Replace existing files\".")
                                         : tr("%1 already exists. Choose another name."))
                      .arg(wanted.target);
    }
    problem_->setText(problem);
    ok_->setEnabled(problem.isEmpty());
}

}  // namespace mcj
