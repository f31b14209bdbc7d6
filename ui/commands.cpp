#include "ui/commands.h"

#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QMessageBox>
#include <QPushButton>

#include "segmentation/mask_formats/mask_folder.h"
#include "ui/actions.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "ui/shortcuts_dialog.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/export_run.h"
#include "viewer/session/frame_picture.h"

namespace mcj {
namespace {

std::filesystem::path toPath(const QString& path) {
    return std::filesystem::path(path.toStdString());
}

}  // namespace

Commands::Commands(Session& session, MainWindow& window, Actions& actions, QObject* parent)
    : QObject(parent), session_(session), window_(window), actions_(actions) {
    connectFile();
    connectEdit();
    connectTools();
    connectPlay();
    connectView();
    connect(&session, &Session::changed, this, &Commands::refresh);
    connect(&session, &Session::playbackChanged, this, &Commands::refresh);
    connect(&session, &Session::runChanged, this, &Commands::refresh);
    connect(&session.document(), &Document::logChanged, this, &Commands::refresh);
    refresh();
}

void Commands::say(Notice::Level level, const QString& text, const QString& hint) {
    Notice notice;
    notice.level = level;
    notice.text = text;
    notice.hint = hint;
    window_.say(notice);
}

void Commands::setSample(const QString& path) {
    sample_ = path;
    actions_[ActionId::OpenSample].setEnabled(!sample_.isEmpty());
}

// File -------------------------------------------------------------------------------------------

void Commands::connectFile() {
    const auto on = [this](ActionId id, auto&& work) {
        connect(&actions_[id], &QAction::triggered, this, std::forward<decltype(work)>(work));
    };
    on(ActionId::Open, [this] { openVideo(); });
    on(ActionId::OpenFolder, [this] { openFolder(); });
    on(ActionId::OpenSample, [this] { window_.open(sample_); });
    on(ActionId::Save, [this] { session_.save(); });
    on(ActionId::ImportMask, [this] { importMask(); });
    on(ActionId::Export, [this] {
        showExport(session_.masks().track().empty() ? ExportKind::Maps : ExportKind::Masks);
    });
    on(ActionId::ExportMasks, [this] { showExport(ExportKind::Masks); });
    on(ActionId::ExportFrame, [this] { showExport(ExportKind::ShownFrame); });
    on(ActionId::CloseVideo, [this] { session_.close(); });
    on(ActionId::Quit, [this] { window_.close(); });
    on(ActionId::Shortcuts, [this] {
        auto* dialog = new ShortcutsDialog(&window_);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    });
    on(ActionId::About, [this] { showAbout(); });
    setSample({});
}

void Commands::openVideo() {
    const QString path = QFileDialog::getOpenFileName(
        &window_, tr("Open video"), window_.folder(),
        tr("Videos, images and projects (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mpg *.mpeg *.ts "
           "*.mts *.wmv *.flv *.ogv *.y4m *.gif *.mcjepa *.png *.jpg *.jpeg *.bmp *.tif *.tiff);;"
           "All files (*)"));
    if (path.isEmpty()) return;
    // One picture of a numbered sequence stands for its folder.
    static const QStringList kPictures{"png", "jpg", "jpeg", "bmp", "tif", "tiff"};
    const QFileInfo file(path);
    window_.open(kPictures.contains(file.suffix().toLower()) ? file.absolutePath() : path);
}

void Commands::openFolder() {
    const QString path =
        QFileDialog::getExistingDirectory(&window_, tr("Open an image folder"), window_.folder());
    if (!path.isEmpty()) window_.open(path);
}

void Commands::importMask() {
    if (session_.waitsForExact(tr("Importing a mask"))) return;
    const FramePtr asked = session_.frame();
    if (!asked) return;
    const QString path =
        QFileDialog::getOpenFileName(&window_, tr("Mask for frame %1").arg(asked->index),
                                     window_.folder(), tr("Masks (*.png);;All files (*)"));
    if (path.isEmpty()) return;
    // Another video may have been opened meanwhile: the mask is not its.
    if (!session_.frame() || session_.frame()->source != asked->source) return;
    const auto outcome = runGuarded([&] {
        MaskReading reading;
        if (const auto reason = reasonAgainstLabels(toPath(path))) {
            reading.threshold = askThreshold(QString::fromStdString(*reason));
            if (!reading.threshold) return false;
        }
        // The question's loop ran meanwhile.
        if (!session_.frame() || session_.frame()->source != asked->source) return false;
        session_.masks().importMask(asked->index, MaskFolder({toPath(path)}, reading).read(0));
        return true;
    });
    if (!outcome.ok()) window_.say(noticeOf(outcome.error()));
}

std::optional<int> Commands::askThreshold(const QString& reason) {
    constexpr int kMiddle = 128;
    bool accepted = false;
    const int threshold = QInputDialog::getInt(
        &window_, tr("Not a label map"),
        tr("%1.\n\nTake it as one object, where it is at least this bright (1 to 255):")
            .arg(reason),
        kMiddle, 1, 255, 1, &accepted);
    if (!accepted) return std::nullopt;
    return threshold;
}

void Commands::showExport(ExportKind kind) {
    if (!session_.isOpen() || session_.waitsForExact(tr("Exporting"))) return;
    session_.pause();
    auto* dialog = new ExportDialog(session_, kind, window_.folder(), &window_);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { startExport(dialog->choice()); });
    // Its frames are those of the file it was opened on.
    connect(&session_, &Session::opened, dialog, &QDialog::reject);
    dialog->open();
}

void Commands::startExport(const ExportChoice& choice) {
    const auto outcome = runGuarded([&] {
        const QString parent = QFileInfo(choice.target).absolutePath();
        if (!QDir().mkpath(parent)) {
            throw Error(ErrorCode::Input,
                        tr("The folder %1 cannot be made").arg(parent).toStdString(),
                        tr("Choose another place to write to.").toStdString());
        }
        if (choice.kind == ExportKind::ShownFrame) {
            session_.startRun(std::make_unique<PictureExportRun>(pictureOfShownFrame(session_),
                                                                 toPath(choice.target)));
            return true;
        }
        if (choice.kind == ExportKind::Masks) {
            MaskExportRequest request;
            request.folder = toPath(choice.target);
            request.begin = choice.begin;
            request.end = choice.end;
            request.size = session_.video().size;
            request.existing = choice.existing == ExistingFiles::Replace ? ExistingFolder::Replace
                                                                         : ExistingFolder::Refuse;
            session_.startRun(std::make_unique<MaskExportRun>(
                session_.masks(), session_.view().engine(), request, session_.video()));
            return true;
        }
        MapExportSettings settings;
        settings.analysis.folder = toPath(choice.target);
        settings.analysis.existing = choice.existing;
        settings.analysis.maps = choice.maps;
        settings.analysis.formats = choice.formats;
        settings.analysis.range = {choice.begin, choice.end, 1};
        const FlowLook& flow = session_.layers().layer(kFlowLayer).flow();
        settings.analysis.scale = {FlowScale::Kind::Fixed, flow.scalePx};
        settings.scalePinned = flow.pinned;
        settings.analysis.wheel = flow.wheel;
        settings.analysis.method = session_.view().flowProvider();
        settings.analysis.featureLevel = session_.view().level();
        settings.similarityLook = session_.layers().layer(kSimilarityLayer).scalar();
        if (choice.similarity) {
            settings.query = session_.view().query();
            settings.queryFrame = session_.view().queryFrame();
        }
        session_.startRun(std::make_unique<ExportRun>(session_.engines(),
                                                      session_.view().engine().id,
                                                      std::move(settings), session_.video()));
        return true;
    });
    if (!outcome.ok()) window_.say(noticeOf(outcome.error()));
}

// Edit -------------------------------------------------------------------------------------------

void Commands::connectEdit() {
    const auto on = [this](ActionId id, auto&& work) {
        connect(&actions_[id], &QAction::triggered, this, std::forward<decltype(work)>(work));
    };
    MaskEditor& masks = session_.masks();
    on(ActionId::Undo, [&masks] { masks.undo(); });
    on(ActionId::Redo, [&masks] { masks.redo(); });
    on(ActionId::NewObject, [this, &masks] {
        if (!session_.isOpen()) return;
        const ObjectId id = masks.addObject();
        if (id == kBackground) {
            say(Notice::Level::Warning, tr("All 254 objects are taken"));
        } else {
            actions_[ActionId::ToolBrush].trigger();
        }
    });
    on(ActionId::RemoveObject, [&masks] { masks.removeObject(masks.activeObject()); });
    on(ActionId::ClearFrame, [this, &masks] {
        if (session_.frame()) masks.clearFrame(session_.frame()->index);
    });
    on(ActionId::LockFrame, [this, &masks](bool locked) {
        if (!session_.frame()) return;
        masks.setLock(session_.frame()->index,
                      locked ? MaskEditor::Lock::On : MaskEditor::Lock::Off);
        refresh();
    });
    for (int i = 0; i < 9; ++i) {
        const auto id = static_cast<ActionId>(static_cast<int>(ActionId::Object1) + i);
        on(id, [this, &masks, i] {
            if (session_.isOpen()) masks.setActiveObject(static_cast<ObjectId>(i + 1));
        });
    }
}

// Tools ------------------------------------------------------------------------------------------

void Commands::connectTools() {
    const std::pair<ActionId, ToolKind> tools[] = {
        {ActionId::ToolPan, ToolKind::Pan},
        {ActionId::ToolBrush, ToolKind::Brush},
        {ActionId::ToolEraser, ToolKind::Eraser},
        {ActionId::ToolSimilarity, ToolKind::Similarity}};
    for (const auto& [id, kind] : tools) {
        connect(&actions_[id], &QAction::triggered, this, [this, kind = kind] {
            window_.canvas().setTool(kind);
            if (kind == ToolKind::Similarity) {
                window_.layers().choose(kSimilarityLayer);
                if (session_.view().engine().state == EngineState::Failed) {
                    say(Notice::Level::Warning, tr("Similarity needs the model"),
                        tr("Start the program with --model FILE to use one."));
                }
            }
        });
    }
    connect(&window_.canvas(), &CanvasWidget::toolChanged, this, [this, tools](ToolKind kind) {
        for (const auto& [id, known] : tools) {
            if (known == kind) actions_[id].setChecked(true);
        }
    });
    const auto on = [this](ActionId id, auto&& work) {
        connect(&actions_[id], &QAction::triggered, this, std::forward<decltype(work)>(work));
    };
    on(ActionId::BrushSmaller, [this] { sizeBrush(1.0F / 1.25F); });
    on(ActionId::BrushLarger, [this] { sizeBrush(1.25F); });
    on(ActionId::ClearQuery, [this] { session_.view().clearQuery(); });
    on(ActionId::PropagateForward, [this] { session_.propagate(Travel::Forward); });
    on(ActionId::PropagateBackward, [this] { session_.propagate(Travel::Backward); });
    on(ActionId::Stop, [this] {
        if (session_.masks().stroking()) {
            session_.masks().cancelStroke();
        } else if (!session_.masks().preparing().isEmpty()) {
            session_.masks().stopPreparing();
        } else if (session_.run() != nullptr) {
            session_.stopRun();
        } else if (window_.isFullScreen()) {
            actions_[ActionId::FullScreen].setChecked(false);
        }
    });
}

void Commands::sizeBrush(float factor) {
    MaskEditor& masks = session_.masks();
    masks.setBrushRadiusPx(masks.brushRadiusPx() * factor);
}

// Play -------------------------------------------------------------------------------------------

void Commands::connectPlay() {
    const auto on = [this](ActionId id, auto&& work) {
        connect(&actions_[id], &QAction::triggered, this, std::forward<decltype(work)>(work));
    };
    on(ActionId::PlayPause, [this] { session_.togglePlay(); });
    const std::pair<ActionId, FrameIndex> steps[] = {{ActionId::StepBack, -1},
                                                     {ActionId::StepForward, 1},
                                                     {ActionId::JumpBack, -10},
                                                     {ActionId::JumpForward, 10}};
    for (const auto& [id, by] : steps) {
        on(id, [this, by = by] {
            session_.pause();
            session_.step(by);
        });
    }
    on(ActionId::First, [this] { session_.seek(0); });
    on(ActionId::Last, [this] { session_.seek(session_.frameCount() - 1); });
    on(ActionId::Loop,
       [this](bool loop) { session_.setLoop(loop ? LoopMode::Loop : LoopMode::Once); });
}

// View -------------------------------------------------------------------------------------------

void Commands::connectView() {
    const auto on = [this](ActionId id, auto&& work) {
        connect(&actions_[id], &QAction::triggered, this, std::forward<decltype(work)>(work));
    };
    CanvasWidget& canvas = window_.canvas();
    on(ActionId::ZoomIn, [&canvas] { canvas.zoomBy(1.25); });
    on(ActionId::ZoomOut, [&canvas] { canvas.zoomBy(0.8); });
    on(ActionId::ZoomFit, [&canvas] { canvas.zoomToFit(); });
    on(ActionId::ZoomActual, [&canvas] { canvas.zoomToActual(); });
    const std::pair<ActionId, const char*> layers[] = {
        {ActionId::ShowFlow, kFlowLayer},
        {ActionId::ShowWarpError, kWarpErrorLayer},
        {ActionId::ShowConsistency, kConsistencyLayer},
        {ActionId::ShowOcclusion, kOcclusionLayer},
        {ActionId::ShowFeatureError, kFeatureErrorLayer},
        {ActionId::ShowSimilarity, kSimilarityLayer}};
    for (const auto& [id, kind] : layers) {
        on(id, [this, kind = kind] {
            session_.layers().showOnly(kind);
            window_.layers().choose(kind);
        });
    }
    connect(&actions_[ActionId::FullScreen], &QAction::toggled, this, [this](bool full) {
        full ? window_.showFullScreen() : window_.showNormal();
        refresh();
    });
    connect(&actions_[ActionId::HidePanels], &QAction::toggled, this,
            [this](bool hidden) { window_.setPanelsVisible(!hidden); });
}

void Commands::showAbout() {
    auto* box = new QMessageBox(&window_);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(tr("About"));
    box->setIconPixmap(window_.windowIcon().pixmap(64, 64));
    box->setText(tr("<b>MC-JEPA Studio %1</b>").arg(QStringLiteral(MCJ_VERSION)));
    QString model = tr("No model is loaded.");
    if (const auto& info = session_.view().engine().info) {
        model =
            tr("Model %1 (%2, %3 parameters) on %4.")
                .arg(QString::fromStdString(info->modelName), QString::fromStdString(info->mode))
                .arg(info->parameters)
                .arg(QString::fromStdString(info->device));
    }
    box->setInformativeText(
        tr("Motion and content in video by one self-supervised network.\n\n%1").arg(model));
    box->open();
}

// State ------------------------------------------------------------------------------------------

void Commands::refresh() {
    const bool open = session_.isOpen() && session_.picture();
    const Run* run = session_.run();
    const MaskEditor& masks = session_.masks();
    for (const ActionId id :
         {ActionId::Save, ActionId::Export, ActionId::ExportMasks, ActionId::ExportFrame,
          ActionId::ImportMask, ActionId::CloseVideo, ActionId::NewObject, ActionId::RemoveObject,
          ActionId::PlayPause, ActionId::StepBack, ActionId::StepForward, ActionId::JumpBack,
          ActionId::JumpForward, ActionId::First, ActionId::Last, ActionId::ZoomIn,
          ActionId::ZoomOut, ActionId::ZoomFit, ActionId::ZoomActual}) {
        actions_[id].setEnabled(open);
    }
    const EditLog& log = session_.document().log();
    const auto named = [](const QString& verb, const Edit* edit) {
        if (edit == nullptr) return verb;
        return QStringLiteral("%1: %2").arg(verb, QString::fromStdString(edit->label));
    };
    const Edit* back = log.nextUndo();
    const Edit* forth = log.nextRedo();
    actions_[ActionId::Undo].setEnabled(open && (back != nullptr || masks.propagating()));
    actions_[ActionId::Redo].setEnabled(open && forth != nullptr);
    actions_[ActionId::Undo].setText(named(tr("&Undo"), back));
    actions_[ActionId::Redo].setText(named(tr("&Redo"), forth));
    const MaskEntry* entry =
        session_.frame() ? masks.track().find(session_.frame()->index) : nullptr;
    actions_[ActionId::ClearFrame].setEnabled(entry != nullptr);
    actions_[ActionId::LockFrame].setEnabled(entry != nullptr);
    actions_[ActionId::LockFrame].setChecked(entry != nullptr && entry->facts.locked);
    actions_[ActionId::PropagateForward].setEnabled(open && run == nullptr);
    actions_[ActionId::PropagateBackward].setEnabled(open && run == nullptr);
    actions_[ActionId::Stop].setEnabled(run != nullptr || masks.stroking() ||
                                        !masks.preparing().isEmpty() || window_.isFullScreen());
    actions_[ActionId::ClearQuery].setEnabled(session_.view().query().has_value());
    actions_[ActionId::Loop].setChecked(session_.loop() == LoopMode::Loop);
    const bool playing = session_.playing();
    if (actions_[ActionId::PlayPause].property("playing").toBool() != playing) {
        actions_[ActionId::PlayPause].setProperty("playing", playing);
        actions_[ActionId::PlayPause].setIcon(themeIcon(playing ? "pause" : "play"));
    }
}

}  // namespace mcj
