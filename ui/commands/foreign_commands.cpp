#include <QAction>
#include <QFileDialog>
#include <string>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// `choose` asks for a path, and runs the event loop meanwhile.
template <typename Choose>
void openForeign(Session& session, Choose&& choose) {
    const std::string source = session.frames().info().path;
    const QString path = choose();
    // Another video may have been opened, or this one closed.
    if (path.isEmpty() || !session.isOpen() || session.frames().info().path != source) return;
    session.projectTools().foreignMasks.open(path);
}

}  // namespace

void addForeignMaskCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&File");
    const QString submenu = tr("Masks of another pro&gram");
    const auto shown = [&session] { return showsPicture(session) && session.frames().scanned(); };
    registry.add({.id = "open_foreign_masks",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("&Open folder..."),
                  .tip = tr("Open masks by Cutie, XMem, SAM 2 and others in place of the masks "
                            "here, to find and correct doubtful ones"),
                  .run =
                      [&session, &window] {
                          openForeign(session, [&window] {
                              return QFileDialog::getExistingDirectory(
                                  &window, tr("Folder of masks of another program"),
                                  window.folder());
                          });
                      },
                  .enabled = shown});
    registry.add({.id = "open_foreign_file",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("Open &file..."),
                  .tip = tr("The same for masks in one file, such as COCO or CVAT; they can be "
                            "corrected and exported, not written back"),
                  .run =
                      [&session, &window] {
                          openForeign(session, [&window] {
                              return QFileDialog::getOpenFileName(
                                  &window, tr("Masks of another program"), window.folder(),
                                  tr("Masks (*.json *.xml *.txt);;All files (*)"));
                          });
                      },
                  .enabled = shown});
    const QString backTip =
        tr("Write changed masks into the folder that they were opened from, in "
           "its layout; the other files stay as they are");
    registry.add({.id = "write_masks_back",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("&Write masks back"),
                  .tip = backTip,
                  .separatorBefore = true,
                  .run = [&session] { session.projectTools().foreignMasks.writeBack(); },
                  .enabled =
                      [&session] {
                          return showsPicture(session) &&
                                 session.projectTools().foreignMasks.whyNotBack().isEmpty();
                      },
                  .look =
                      [&session, backTip](QAction& action) {
                          const QString why = session.projectTools().foreignMasks.whyNotBack();
                          action.setStatusTip(why.isEmpty() ? backTip : why);
                      }});
}

}  // namespace mcj
