#include <QFileDialog>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void compareProject(Session& session, MainWindow& window) {
    const QString path = QFileDialog::getOpenFileName(&window, tr("Another project of this clip"),
                                                      window.folder(), tr("Projects (*.mcjepa)"));
    if (!path.isEmpty()) session.projectTools().agreement.compareWith(path);
}

}  // namespace

void addProjectCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&Compare");
    const QString submenu = tr("Another pro&ject");
    registry.add({.id = "compare_project",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("&Compare masks with..."),
                  .tip = tr("Show on the timeline how far the masks agree with those of another "
                            "project of this clip: IoU of each frame"),
                  .separatorBefore = true,
                  .run = [&session, &window] { compareProject(session, window); },
                  .enabled =
                      [&session] {
                          return showsPicture(session) && session.document().ready() &&
                                 !session.projectTools().agreement.busy();
                      }});
    registry.add({.id = "next_difference",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("&Next frame that differs"),
                  .tip = tr("Go to the next frame whose IoU with the other project is below %1")
                             .arg(ProjectAgreement::kDiffers),
                  .keys = "Ctrl+Alt+N",
                  .run =
                      [&session] {
                          const auto frame = session.projectTools().agreement.differsAfter(
                              session.playhead().current());
                          if (!frame) return;
                          session.playhead().pause();
                          session.playhead().seek(*frame);
                      },
                  .enabled =
                      [&session] {
                          return showsPicture(session) &&
                                 session.projectTools()
                                     .agreement.differsAfter(session.playhead().current())
                                     .has_value();
                      }});
    registry.add(
        {.id = "stop_comparing_project",
         .menu = menu,
         .submenu = submenu,
         .text = tr("&Stop comparing"),
         .tip = tr("Remove the agreement with the other project from the timeline"),
         .run = [&session] { session.projectTools().agreement.stop(); },
         .enabled = [&session] { return !session.projectTools().agreement.other().isEmpty(); }});
}

}  // namespace mcj
