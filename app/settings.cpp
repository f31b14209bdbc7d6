#include "app/settings.h"

#include <QSettings>
#include <QStandardPaths>

#include "inference/analysis/flow_files.h"
#include "inference/engine/flow_command.h"
#include "inference/engine/flow_provider.h"
#include "ui/command_registry.h"
#include "ui/main_window.h"
#include "ui/screen_fit.h"

namespace mcj {
namespace {

/// Version of the panels' arrangement: increased when docks change, so that an old arrangement is
/// not applied.
constexpr int kLayoutVersion = 2;
constexpr const char* kKeysGroup = "keys";
constexpr const char* kCommands = "flow-commands";
constexpr const char* kThumbnails = "thumbnails";

std::map<QString, QString> storedKeys() {
    QSettings stored;
    stored.beginGroup(QLatin1String(kKeysGroup));
    std::map<QString, QString> keys;
    for (const QString& id : stored.childKeys()) keys[id] = stored.value(id).toString();
    return keys;
}

void storeKeys(const std::map<QString, QString>& keys) {
    QSettings settings;
    settings.beginGroup(QLatin1String(kKeysGroup));
    settings.remove(QString());
    for (const auto& [id, text] : keys) settings.setValue(id, text);
}

}  // namespace

Settings::Settings(QObject* parent) : QObject(parent) {}

void Settings::restoreMethods(Session& session) {
    const QSettings stored;
    session.loadedFlow().setCommands(stored.value(kCommands).toStringList());
    if (stored.contains(kThumbnails)) {
        session.thumbnails().setReading(stored.value(kThumbnails).toBool() ? ThumbnailReading::On
                                                                           : ThumbnailReading::Off);
    }
    const std::string kept = stored.value("flow").toString().toStdString();
    const auto flow = runGuarded([&] { return std::string(flowProvider(kept).id); });
    if (flow.ok() && !isFlowCommand(kept)) session.view().setFlowProvider(flow.value());
    const auto method = runGuarded([&] {
        return parsePropagationMethod(stored.value("propagation").toString().toStdString());
    });
    if (!method.ok()) return;
    PropagatorOptions options = session.propagation().options();
    options.method = method.value();
    session.propagation().setOptions(options);
}

void Settings::saveMethods(Session& session) {
    QSettings settings;
    settings.setValue(kCommands, session.loadedFlow().commands());
    settings.setValue(kThumbnails, session.thumbnails().reading() == ThumbnailReading::On);
    // Flow from files belongs to a clip, not to the program. A command has to be chosen again
    // before it runs.
    const std::string& flow = session.view().flowProvider();
    if (!isFlowFiles(flow) && !isFlowCommand(flow))
        settings.setValue("flow", QString::fromStdString(flow));
    settings.setValue(
        "propagation",
        QString::fromStdString(propagationMethodName(session.propagation().options().method)));
}

void Settings::attach(MainWindow& window) {
    const QSettings stored;
    window.setRecentFiles(stored.value("recent").toStringList());
    const QString folder = stored.value("folder").toString();
    if (!folder.isEmpty()) window.setFolder(folder);
    if (window.restoreGeometry(stored.value("geometry").toByteArray())) {
        window.restoreState(stored.value("layout").toByteArray(), kLayoutVersion);
        keepWithin(window, availableFor(window));
    }
    CommandRegistry& commands = window.commands();
    commands.restoreKeys(storedKeys());
    connect(&commands, &CommandRegistry::keysChanged, this,
            [&commands] { storeKeys(commands.changedKeys()); });
    connect(&window, &MainWindow::recentFilesChanged, this, [&window](const QStringList& paths) {
        QSettings settings;
        settings.setValue("recent", paths);
        settings.setValue("folder", window.folder());
    });
}

void Settings::saveWindow(const MainWindow& window) {
    QSettings settings;
    settings.setValue("geometry", window.saveGeometry());
    settings.setValue("layout", window.saveState(kLayoutVersion));
}

QString Settings::projectFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) +
           QStringLiteral("/projects");
}

}  // namespace mcj
