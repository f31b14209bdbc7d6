#include <QMessageBox>

#include "ui/command_palette.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/shortcuts_dialog.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void showAbout(const Session& session, MainWindow& window) {
    auto* box = new QMessageBox(&window);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(tr("About"));
    box->setIconPixmap(window.windowIcon().pixmap(64, 64));
    box->setText(tr("<b>MC-JEPA Studio %1</b>").arg(QStringLiteral(MCJ_VERSION)));
    QString model = tr("No model is loaded.");
    if (const auto& info = session.view().engine().info) {
        model =
            tr("Model %1 (%2, %3 parameters) on %4.")
                .arg(QString::fromStdString(info->modelName), QString::fromStdString(info->mode))
                .arg(info->parameters)
                .arg(QString::fromStdString(info->device));
    }
    box->setInformativeText(
        tr("Motion and content in video by one neural network.\n\n%1").arg(model));
    box->open();
}

}  // namespace

void addHelpCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    registry.add({.id = "shortcuts",
                  .menu = tr("&Help"),
                  .text = tr("&Keyboard and mouse"),
                  .tip = tr("List and change the shortcuts"),
                  .keys = "F1; ?",
                  .run = [&registry, &window] {
                      auto* dialog = new ShortcutsDialog(registry, &window);
                      dialog->setAttribute(Qt::WA_DeleteOnClose);
                      dialog->show();
                  }});
    registry.add({.id = "find_command",
                  .menu = tr("&Help"),
                  .text = tr("&Find a command..."),
                  .tip = tr("Search all commands by name and run one"),
                  .keys = "Ctrl+Shift+A",
                  .run = [&registry, &window] {
                      auto* palette = new CommandPalette(registry, &window);
                      palette->setAttribute(Qt::WA_DeleteOnClose);
                      palette->open();
                  }});
    registry.add({.id = "about",
                  .menu = tr("&Help"),
                  .text = tr("&About"),
                  .tip = tr("Version, model and device"),
                  .run = [&session, &window] { showAbout(session, window); }});
}

}  // namespace mcj
