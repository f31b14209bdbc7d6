#include <QClipboard>
#include <QGuiApplication>

#include "ui/bundle_dialog.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/presenter.h"
#include "ui/tour_dialog.h"
#include "viewer/session/command_line.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void copyCommandLine(const Session& session, MainWindow& window) {
    const QString line = commandLineOf(session);
    if (line.isEmpty()) return;
    QGuiApplication::clipboard()->setText(line);
    window.say(infoNotice(tr("Copied: %1").arg(line)));
}

void exportTour(Session& session, MainWindow& window) {
    if (session.runs().busy() || session.playhead().waitsForExact(tr("Exporting a tour"))) return;
    auto* dialog = new TourDialog(session, window.folder(), &window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &TourDialog::noticed, &window, &MainWindow::say);
    dialog->open();
}

void makeBundle(Session& session, MainWindow& window) {
    if (!session.document().ready()) return;
    auto* dialog = new BundleDialog(session, window.folder(), &window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &BundleDialog::failed, &window,
                     [&window](const Error& error) { window.say(noticeOf(error)); });
    dialog->open();
}

void addBookmarks(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("P&resent");
    // While the project is read, bookmarks would be replaced by those in it.
    const auto possible = [&session] {
        return session.document().ready() && showsPicture(session);
    };
    const auto any = [&session] { return !session.timeline().bookmarks.all().empty(); };
    registry.add({.id = "bookmark_add",
                  .menu = menu,
                  .text = tr("&Add bookmark"),
                  .tip = tr("Remember this frame with its layers, views and zoom"),
                  .keys = "Ctrl+D",
                  .icon = "plus",
                  .run =
                      [&window] {
                          window.presenter().addBookmark();
                          window.showPanel("bookmarksDock");
                      },
                  .enabled = possible});
    registry.add({.id = "bookmark_next",
                  .menu = menu,
                  .text = tr("&Next bookmark"),
                  .tip = tr("Show the next bookmark; while presenting, Right does the same"),
                  .keys = "PgDown",
                  .run = [&window] { window.presenter().step(1); },
                  .enabled = any});
    registry.add({.id = "bookmark_previous",
                  .menu = menu,
                  .text = tr("&Previous bookmark"),
                  .tip = tr("Show the previous bookmark; while presenting, Left does the same"),
                  .keys = "PgUp",
                  .run = [&window] { window.presenter().step(-1); },
                  .enabled = any});
    registry.add({.id = "export_tour",
                  .menu = menu,
                  .text = tr("&Export tour..."),
                  .tip = tr("Render all bookmarks with their captions as a video or a GIF"),
                  .run = [&session, &window] { exportTour(session, window); },
                  .enabled = any});
}

}  // namespace

void addPresentCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("P&resent");
    const auto shown = [&session] { return showsPicture(session); };
    registry.add(
        {.id = "present",
         .menu = menu,
         .text = tr("&Present"),
         .tip = tr("Show the picture alone on the whole screen, with large text and captions"),
         .keys = "F5",
         .kind = Command::Kind::Toggle,
         .toggle = [&window](bool on) { window.presenter().setPresenting(on); },
         .enabled = shown,
         .checked = [&window] { return window.presenter().presenting(); }});
    registry.add({.id = "second_window",
                  .menu = menu,
                  .text = tr("&Second window"),
                  .tip = tr("Show the picture without controls in another window, on another "
                            "screen if there is one"),
                  .keys = "Shift+F6",
                  .kind = Command::Kind::Toggle,
                  .toggle = [&window](bool on) { window.presenter().setSecondWindow(on); },
                  .enabled = shown,
                  .checked = [&window] { return window.presenter().secondWindow(); }});
    addBookmarks(registry, session, window);
    registry.add(
        {.id = "make_bundle",
         .menu = menu,
         .text = tr("&Make a bundle..."),
         .tip = tr("Copy the project with its clip, models and flow files to a folder that can be "
                   "opened on another machine"),
         .separatorBefore = true,
         .run = [&session, &window] { makeBundle(session, window); },
         .enabled = [&session] { return session.document().ready() && showsPicture(session); }});
    registry.add({.id = "copy_command",
                  .menu = menu,
                  .text = tr("Copy as &command line"),
                  .tip = tr("Copy the mcjepa command that computes the shown maps and curves"),
                  .keys = "Ctrl+Shift+C",
                  .separatorBefore = true,
                  .run = [&session, &window] { copyCommandLine(session, window); },
                  .enabled = shown});
}

}  // namespace mcj
