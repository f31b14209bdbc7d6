#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <algorithm>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/flow_command_dialog.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// One numbered file stands for its folder, as a picture of a sequence does.
QString folderOfNumbered(const QString& path) {
    const QFileInfo file(path);
    const QString name = file.completeBaseName();
    const bool numbered =
        std::any_of(name.begin(), name.end(), [](QChar c) { return c >= '0' && c <= '9'; });
    return numbered ? file.absolutePath() : path;
}

void load(Session& session, MainWindow& window, FlowRole role) {
    const FramePtr asked = session.playhead().picture();
    const QString title =
        role == FlowRole::Truth ? tr("Load ground truth") : tr("Load another method's flow");
    const QString path = QFileDialog::getOpenFileName(
        &window, title, window.folder(), tr("Flow (*.flo *.png *.pfm *.npy *.exr);;All files (*)"));
    if (path.isEmpty()) return;
    // Dialogs run the event loop: another video may have been opened meanwhile.
    const FramePtr& shown = session.playhead().picture();
    if (!asked || !shown || shown->source != asked->source) return;
    session.loadedFlow().load(role, folderOfNumbered(path));
}

void exportAccuracy(Session& session, MainWindow& window) {
    const QString clip = QFileInfo(QString::fromStdString(session.frames().info().path)).fileName();
    const QString path = QFileDialog::getSaveFileName(
        &window, tr("Export accuracy"), QDir(window.folder()).filePath("accuracy.csv"),
        tr("Table (*.csv);;Plot (*.svg)"));
    if (path.isEmpty()) return;
    const auto outcome = runGuarded([&] {
        session.accuracy().write(path, clip);
        return true;
    });
    window.say(outcome.ok() ? infoNotice(tr("Saved to %1").arg(path)) : noticeOf(outcome.error()));
}

void addGap(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&Compare");
    const auto change = [&session, &window](FrameIndex by) {
        View& view = session.view();
        view.setGap(view.gap() + by);
        window.say(infoNotice(
            tr("Flow and maps are computed between frames that are %1 apart").arg(view.gap())));
    };
    registry.add({.id = "gap_larger",
                  .menu = menu,
                  .text = tr("Frames farther &apart"),
                  .tip = tr("Compute flow and maps to a frame that is one frame further away"),
                  .keys = "Ctrl+Shift+Right",
                  .separatorBefore = true,
                  .run = [change] { change(1); },
                  .enabled =
                      [&session] {
                          return showsPicture(session) && session.view().gap() < View::kMostGap;
                      }});
    registry.add(
        {.id = "gap_smaller",
         .menu = menu,
         .text = tr("Frames &closer together"),
         .tip = tr("Compute flow and maps to a frame that is one frame closer; the closest is the "
                   "next frame"),
         .keys = "Ctrl+Shift+Left",
         .run = [change] { change(-1); },
         .enabled = [&session] { return showsPicture(session) && session.view().gap() > 1; }});
}

}  // namespace

void addAccuracyCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    QObject::connect(&session.loadedFlow(), &LoadedFlow::loaded, &window, [&window](FlowRole role) {
        if (role != FlowRole::Truth) return;
        window.layers().choose(kFlowErrorLayer);
        window.showPanel("accuracyDock");
    });
    const QString menu = tr("&Compare");
    const auto shown = [&session] { return showsPicture(session); };
    registry.add({.id = "load_truth",
                  .menu = menu,
                  .text = tr("Load &ground truth..."),
                  .tip = tr("Load ground-truth flow for this clip: numbered .flo, KITTI .png, "
                            ".pfm, .npy or .exr files"),
                  .run = [&session, &window] { load(session, window, FlowRole::Truth); },
                  .enabled = shown});
    registry.add({.id = "load_flow",
                  .menu = menu,
                  .text = tr("Load another method's &flow..."),
                  .tip = tr("Load flow of another method from numbered files and show it as the "
                            "flow"),
                  .run = [&session, &window] { load(session, window, FlowRole::Method); },
                  .enabled = shown});
    registry.add({.id = "flow_command",
                  .menu = menu,
                  .text = tr("Flow &by a command..."),
                  .tip = tr("Compute the flow by a program of your own, run for each pair of "
                            "frames"),
                  .run = [&session, &window] { askFlowCommand(session, &window); },
                  .enabled = shown});
    registry.add(
        {.id = "remove_truth",
         .menu = menu,
         .text = tr("&Remove ground truth"),
         .tip = tr("Remove the ground truth and the maps that need it; the files are not deleted"),
         .run = [&session] { session.loadedFlow().removeTruth(); },
         .enabled = [&session] { return session.loadedFlow().hasTruth(); }});
    registry.add(
        {.id = "measure_accuracy",
         .menu = menu,
         .text = tr("&Measure accuracy"),
         .tip = tr("Compare the flow with ground truth on every frame that has ground truth"),
         .separatorBefore = true,
         .run =
             [&session, &window] {
                 if (session.accuracy().measure()) window.showPanel("accuracyDock");
             },
         .enabled =
             [&session] {
                 return showsPicture(session) && session.view().truth() != nullptr &&
                        session.runs().run() == nullptr;
             }});
    registry.add({.id = "export_accuracy",
                  .menu = menu,
                  .text = tr("&Export accuracy..."),
                  .tip = tr("Write the accuracy of every frame as a table (.csv) or a plot (.svg)"),
                  .run = [&session, &window] { exportAccuracy(session, window); },
                  .enabled = [&session] { return !session.accuracy().rows().empty(); }});
    addGap(registry, session, window);
}

}  // namespace mcj
