#include <QFileDialog>
#include <optional>
#include <utility>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "viewer/session/masks_side_by_side.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void compareProject(Session& session, MainWindow& window) {
    const QString path = QFileDialog::getOpenFileName(&window, tr("Another project of this clip"),
                                                      window.folder(), tr("Projects (*.mcjepa)"));
    if (!path.isEmpty()) session.projectTools().agreement.compareWith(path);
}

void compareMasks(Session& session, MainWindow& window) {
    const QString path = QFileDialog::getOpenFileName(
        &window, tr("A file of the masks to compare with"), window.folder(),
        tr("Masks (*.png *.json *.xml *.txt *.exr);;All files (*)"));
    if (!path.isEmpty()) session.projectTools().agreement.compareWith(path);
}

/// Goes to the frame that `find` gives, if it gives one.
void addStep(CommandRegistry& registry, Session& session, Command command,
             std::optional<FrameIndex> (ProjectAgreement::*find)(FrameIndex) const) {
    const auto target = [&session, find] {
        return (session.projectTools().agreement.*find)(session.playhead().current());
    };
    command.run = [&session, target] {
        const auto frame = target();
        if (!frame) return;
        session.playhead().pause();
        session.playhead().seek(*frame);
    };
    command.enabled = [&session, target] { return showsPicture(session) && target().has_value(); };
    registry.add(std::move(command));
}

void addSteps(CommandRegistry& registry, Session& session, const QString& menu,
              const QString& submenu) {
    addStep(registry, session,
            {.id = "next_difference",
             .menu = menu,
             .submenu = submenu,
             .text = tr("&Next frame that differs"),
             .tip = tr("Go to the next frame whose IoU with the other masks is below %1")
                        .arg(ProjectAgreement::kDiffers),
             .keys = "Ctrl+Alt+N",
             .separatorBefore = true},
            &ProjectAgreement::differsAfter);
    addStep(registry, session,
            {.id = "previous_difference",
             .menu = menu,
             .submenu = submenu,
             .text = tr("P&revious frame that differs"),
             .tip = tr("Go to the previous frame whose IoU with the other masks is below %1")
                        .arg(ProjectAgreement::kDiffers),
             .keys = "Ctrl+Alt+Shift+N"},
            &ProjectAgreement::differsBefore);
}

}  // namespace

void addProjectCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&Compare");
    const QString submenu = tr("Other &masks");
    const auto mayCompare = [&session] {
        return showsPicture(session) && session.document().ready() &&
               !session.projectTools().agreement.busy();
    };
    const auto compared = [&session] {
        return !session.projectTools().agreement.other().isEmpty();
    };
    registry.add({.id = "compare_project",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("&Compare with another project..."),
                  .tip = tr("Show on the timeline how far the masks agree with those of another "
                            "project of this clip: IoU of each frame"),
                  .separatorBefore = true,
                  .run = [&session, &window] { compareProject(session, window); },
                  .enabled = mayCompare});
    registry.add(
        {.id = "compare_masks",
         .menu = menu,
         .submenu = submenu,
         .text = tr("Compare with masks in &files..."),
         .tip = tr("Show on the timeline how far the masks agree with those of another "
                   "program: IoU of each frame. Choose one file of them"),
         .run = [&session, &window] { compareMasks(session, window); },
         .enabled = [&session, mayCompare] { return mayCompare() && session.frames().scanned(); }});
    registry.add({.id = "masks_side_by_side",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("&Side by side"),
                  .tip = tr("Show the masks of the project in the left view and those that they "
                            "are compared with in the right one"),
                  .run = [&session] { showMasksSideBySide(session.views()); },
                  .enabled = compared});
    addSteps(registry, session, menu, submenu);
    registry.add({.id = "stop_comparing_project",
                  .menu = menu,
                  .submenu = submenu,
                  .text = tr("S&top comparing"),
                  .tip = tr("Remove the agreement with the other masks from the timeline, and "
                            "those masks from the views"),
                  .separatorBefore = true,
                  .run =
                      [&session] {
                          session.projectTools().agreement.stop();
                          hideComparedMasks(session.views());
                      },
                  .enabled = compared});
}

}  // namespace mcj
