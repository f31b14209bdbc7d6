#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/export_dialog.h"
#include "ui/export_start.h"
#include "ui/main_window.h"
#include "viewer/session/mask_import_run.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void openVideo(MainWindow& window) {
    const QString path = QFileDialog::getOpenFileName(
        &window, tr("Open video"), window.folder(),
        tr("Videos, images and projects (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mpg *.mpeg *.ts "
           "*.mts *.wmv *.flv *.ogv *.y4m *.gif *.mcjepa *.png *.apng *.jpg *.jpeg *.jfif *.bmp "
           "*.tif *.tiff *.webp);;All files (*)"));
    if (path.isEmpty()) return;
    // One picture of a numbered sequence stands for its folder.
    static const QStringList kPictures{"png", "jpg", "jpeg", "jfif", "bmp", "tif", "tiff"};
    const QFileInfo file(path);
    window.open(kPictures.contains(file.suffix().toLower()) ? file.absolutePath() : path);
}

void openFolder(MainWindow& window) {
    const QString path =
        QFileDialog::getExistingDirectory(&window, tr("Open an image folder"), window.folder());
    if (!path.isEmpty()) window.open(path);
}

void saveAs(Session& session, MainWindow& window) {
    QString path = QFileDialog::getSaveFileName(
        &window, tr("Save project as"), session.document().path(), tr("Projects (*.mcjepa)"),
        // Another file is not replaced: it may be the project of another window.
        nullptr, QFileDialog::DontConfirmOverwrite);
    if (path.isEmpty()) return;
    const QString suffix = QStringLiteral(".mcjepa");
    if (!path.endsWith(suffix, Qt::CaseInsensitive)) path += suffix;
    session.saveAs(path);
}

/// From which brightness on a picture that is not a label map counts as the object; nothing where
/// the user does not want that.
std::optional<int> askThreshold(MainWindow& window, const QString& reason) {
    constexpr int kMiddle = 128;
    bool accepted = false;
    const int threshold = QInputDialog::getInt(
        &window, tr("Not a label map"),
        tr("%1.\n\nImport all pixels of at least this brightness (1 to 255) as one object:")
            .arg(reason),
        kMiddle, 1, 255, 1, &accepted);
    if (!accepted) return std::nullopt;
    return threshold;
}

void importMask(Session& session, MainWindow& window) {
    if (session.playhead().waitsForExact(tr("Importing a mask"))) return;
    const FramePtr asked = session.playhead().shown();
    if (!asked) return;
    const QString chosen =
        QFileDialog::getOpenFileName(&window, tr("Mask for frame %1").arg(asked->index),
                                     window.folder(), tr("Masks (*.png);;All files (*)"));
    if (chosen.isEmpty()) return;
    // Dialogs run the event loop: another video may have been opened meanwhile.
    const auto gone = [&session, &asked] {
        const FramePtr& shown = session.playhead().shown();
        return !shown || shown->source != asked->source;
    };
    if (gone()) return;
    const std::filesystem::path path(chosen.toStdString());
    const auto outcome = runGuarded([&] {
        MaskReading reading;
        if (const auto reason = reasonAgainstLabels(path)) {
            reading.threshold = askThreshold(window, QString::fromStdString(*reason));
            if (!reading.threshold) return false;
        }
        if (gone()) return false;
        session.masks().importMask(asked->index, MaskFolder({path}, reading).read(0));
        return true;
    });
    if (!outcome.ok()) window.say(noticeOf(outcome.error()));
}

void importMasks(Session& session, MainWindow& window) {
    if (session.playhead().waitsForExact(tr("Importing masks"))) return;
    const std::string source = session.frames().info().path;
    const QString chosen = QFileDialog::getOpenFileName(
        &window, tr("Choose any file of the masks to import"), window.folder(),
        tr("Masks (*.png *.json *.xml *.txt);;All files (*)"));
    // The dialog runs the event loop: another video may have been opened meanwhile.
    if (chosen.isEmpty() || !session.isOpen() || session.frames().info().path != source) return;
    const auto outcome = runGuarded([&] {
        const MaskedClip clip{source, session.frames().frameCount()};
        return session.runs().start(std::make_unique<MaskImportRun>(
            session.masks(), requestFor(clip, maskSetPath(chosen.toStdString())),
            session.frames().info().size, clip.frames));
    });
    if (!outcome.ok()) window.say(noticeOf(outcome.error()));
}

void showExport(Session& session, MainWindow& window, ExportKind kind) {
    if (!session.isOpen() || session.playhead().waitsForExact(tr("Exporting"))) return;
    session.playhead().pause();
    auto* dialog = new ExportDialog(session, kind, window.folder(), &window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QDialog::accepted, &window, [&session, &window, dialog] {
        const auto outcome = runGuarded([&] { return startExport(session, dialog->choice()); });
        if (!outcome.ok()) window.say(noticeOf(outcome.error()));
    });
    // Its frames are those of the file it was opened on.
    QObject::connect(&session, &Session::opened, dialog, &QDialog::reject);
    dialog->open();
}

void findVideo(Session& session, MainWindow& window) {
    const QString folder = QFileDialog::getExistingDirectory(
        &window, tr("Look for the project's video in this folder and its subfolders"),
        window.folder());
    if (!folder.isEmpty()) session.projectTools().videoSearch.start(folder);
}

void addOpening(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&File");
    registry.add({.id = "open",
                  .menu = menu,
                  .text = tr("&Open video..."),
                  .tip = tr("Open a video, an image of a sequence, or a project"),
                  .keys = "Ctrl+O",
                  .icon = "open",
                  .run = [&window] { openVideo(window); }});
    registry.add({.id = "open_folder",
                  .menu = menu,
                  .text = tr("Open image &folder..."),
                  .tip = tr("Open a folder of numbered images as a video"),
                  .keys = "Ctrl+Shift+O",
                  .run = [&window] { openFolder(window); }});
    addOpenLive(registry, session, window);
    registry.add({.id = "open_sample",
                  .menu = menu,
                  .text = tr("Open the s&ample"),
                  .tip = tr("Open the included sample clip"),
                  .run = [&window] { window.open(window.sample()); },
                  .enabled = [&window] { return !window.sample().isEmpty(); }});
    registry.add({.id = "find_video",
                  .menu = menu,
                  .text = tr("&Look for the project's video..."),
                  .tip = tr("Search a folder for a file with the content of the project's video"),
                  .run = [&session, &window] { findVideo(session, window); },
                  .enabled =
                      [&session] {
                          return session.projectTools().videoSearch.wanted().has_value() &&
                                 !session.projectTools().videoSearch.busy();
                      }});
}

void addSaving(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&File");
    const auto shown = [&session] { return showsPicture(session); };
    registry.add({.id = "save",
                  .menu = menu,
                  .text = tr("&Save project"),
                  .tip = tr("Save masks and settings now; edits are also saved automatically"),
                  .keys = "Ctrl+S",
                  .separatorBefore = true,
                  .run = [&session] { session.save(); },
                  .enabled = shown});
    registry.add(
        {.id = "save_as",
         .menu = menu,
         .text = tr("Save pro&ject as..."),
         .tip = tr("Continue with a copy of the project in another file"),
         .keys = "Ctrl+Shift+S",
         .run = [&session, &window] { saveAs(session, window); },
         .enabled = [&session] { return showsPicture(session) && session.document().ready(); }});
    const QString importTip =
        tr("Read a mask PNG (indexed, grey or DAVIS colours) for the frame on screen");
    registry.add(
        {.id = "import_mask",
         .menu = menu,
         .text = tr("&Import mask for this frame..."),
         .tip = importTip,
         .keys = "Ctrl+I",
         .run = [&session, &window] { importMask(session, window); },
         .enabled = [&session] { return showsPicture(session) && editsShownFrame(session); },
         .look =
             [&session, importTip](QAction& action) {
                 action.setStatusTip(tipOfFrameEdit(session, importTip));
             }});
    registry.add(
        {.id = "import_masks",
         .menu = menu,
         .text = tr("Import masks of many fra&mes..."),
         .tip = tr("Read DAVIS, YouTube-VOS, SA-V, COCO, YouTube-VIS, CVAT, LabelMe or MOTS masks; "
                   "choose any file of the set"),
         .run = [&session, &window] { importMasks(session, window); },
         .enabled = [&session] { return showsPicture(session) && session.frames().scanned(); }});
    addForeignMaskCommands(registry, session, window);
    registry.add({.id = "export",
                  .menu = menu,
                  .text = tr("&Export..."),
                  .tip = tr("Write masks, the shown frame, or maps of many frames"),
                  .keys = "Ctrl+E",
                  .icon = "export",
                  .separatorBefore = true,
                  .run =
                      [&session, &window] {
                          const bool masks = !session.masks().track().empty();
                          showExport(session, window, masks ? ExportKind::Masks : ExportKind::Maps);
                      },
                  .enabled = shown});
    registry.add({.id = "export_masks",
                  .menu = menu,
                  .text = tr("Export &masks..."),
                  .tip = tr("Write all masks as PNG, COCO, CVAT, LabelMe or another format"),
                  .keys = "Ctrl+Shift+E",
                  .run = [&session, &window] { showExport(session, window, ExportKind::Masks); },
                  .enabled = shown});
    registry.add(
        {.id = "export_frame",
         .menu = menu,
         .text = tr("Export shown f&rame..."),
         .tip = tr("Save the shown frame with its layers and legend as PNG, SVG or PDF"),
         .keys = "Ctrl+Shift+P",
         .run = [&session, &window] { showExport(session, window, ExportKind::ShownFrame); },
         .enabled = shown});
}

}  // namespace

void addFileCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addOpening(registry, session, window);
    addSaving(registry, session, window);
    addLiveCommands(registry, session, window);
    registry.add({.id = "close",
                  .menu = tr("&File"),
                  .text = tr("&Close video"),
                  .tip = tr("Close the video or the live source"),
                  .keys = "Ctrl+W",
                  .separatorBefore = true,
                  .run =
                      [&session] {
                          session.live().stop();
                          session.close();
                      },
                  .enabled =
                      [&session] {
                          return showsPicture(session) || session.live().state() != LiveState::Off;
                      }});
    registry.add({.id = "quit",
                  .menu = tr("&File"),
                  .text = tr("&Quit"),
                  .tip = tr("Quit the program"),
                  .keys = "Ctrl+Q",
                  .run = [&window] { window.close(); }});
}

}  // namespace mcj
