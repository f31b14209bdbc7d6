#include <QFileDialog>

#include "ui/class_dialog.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void loadClasses(Session& session, MainWindow& window) {
    const QString path =
        QFileDialog::getOpenFileName(&window, tr("List of classes"), window.folder(),
                                     tr("Lists of classes (*.txt *.json);;All files (*)"));
    // Dialogs run the event loop: the video may have been closed meanwhile.
    if (path.isEmpty() || !session.document().ready()) return;
    const auto outcome = runGuarded([&] {
        session.projectTools().classes.load(path);
        return session.projectTools().classes.list().size();
    });
    if (!outcome.ok()) {
        window.say(noticeOf(outcome.error()));
        return;
    }
    window.say(infoNotice(tr("New objects are chosen from %1 classes").arg(outcome.value())));
}

}  // namespace

void addClassCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const auto listed = [&session] {
        return session.document().ready() && !session.projectTools().classes.list().empty();
    };
    registry.add(
        {.id = "load_classes",
         .menu = tr("&Edit"),
         .submenu = tr("Cl&asses"),
         .text = tr("&Load a list of classes..."),
         .tip = tr("Choose new objects from a list: a text file with a name in each line, or JSON "
                   "from CVAT or COCO"),
         .run = [&session, &window] { loadClasses(session, window); },
         .enabled = [&session] { return session.document().ready() && showsPicture(session); }});
    registry.add({.id = "object_class",
                  .menu = tr("&Edit"),
                  .submenu = tr("Cl&asses"),
                  .text = tr("&Class of the selected object..."),
                  .tip = tr("Give the selected object the name and colour of a class"),
                  .keys = "Ctrl+Shift+N",
                  .run =
                      [&session, &window] {
                          const ObjectId id = session.masks().activeObject();
                          askClass(
                              session, tr("Class of object %1").arg(id),
                              [&session, id](const ObjectClass& kind) {
                                  session.masks().giveClass(id, kind);
                              },
                              &window);
                      },
                  .enabled =
                      [&session, listed] {
                          const ObjectId id = session.masks().activeObject();
                          return listed() && session.masks().object(id) != nullptr;
                      }});
    registry.add({.id = "forget_classes",
                  .menu = tr("&Edit"),
                  .submenu = tr("Cl&asses"),
                  .text = tr("&Forget the list"),
                  .tip = tr("New objects have no class; existing objects keep their names"),
                  .run = [&session] { session.projectTools().classes.forget(); },
                  .enabled = listed});
}

}  // namespace mcj
