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
constexpr const char* kPreferences = "preferences";
constexpr const char* kThumbnails = "thumbnails";
constexpr const char* kLiveSources = "live-sources";

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

void storePreferences(const Preferences& preferences) {
    QSettings settings;
    settings.beginGroup(QLatin1String(kPreferences));
    settings.setValue("device", QString::fromStdString(preferences.device));
    settings.setValue("threads", preferences.threads);
    settings.setValue("precision", QString::fromStdString(preferences.precision));
    settings.setValue("max-side", preferences.maxSidePx);
    settings.setValue("frame-mib", preferences.frameMiB);
    settings.setValue("map-mib", preferences.mapMiB);
    settings.setValue("wheel", static_cast<int>(preferences.wheel));
    settings.setValue("flow", QString::fromStdString(preferences.flow));
    settings.setValue("propagation",
                      preferences.propagation
                          ? QString::fromStdString(propagationMethodName(*preferences.propagation))
                          : QString());
}

}  // namespace

Settings::Settings(QObject* parent) : QObject(parent) {}

Preferences Settings::preferences() {
    QSettings stored;
    stored.beginGroup(QLatin1String(kPreferences));
    Preferences all;
    const auto text = [&stored](const char* name, const std::string& usual) {
        return stored.value(name, QString::fromStdString(usual)).toString().toStdString();
    };
    all.device = text("device", all.device);
    all.threads = stored.value("threads", all.threads).toInt();
    all.precision = text("precision", all.precision);
    all.maxSidePx = stored.value("max-side", all.maxSidePx).toInt();
    all.frameMiB = stored.value("frame-mib", all.frameMiB).toInt();
    all.mapMiB = stored.value("map-mib", all.mapMiB).toInt();
    const bool visionSafe =
        stored.value("wheel").toInt() == static_cast<int>(FlowWheel::VisionSafe);
    all.wheel = visionSafe ? FlowWheel::VisionSafe : FlowWheel::Middlebury;
    all.flow = text("flow", all.flow);
    const auto method = runGuarded([&] { return parsePropagationMethod(text("propagation", {})); });
    if (method.ok()) all.propagation = method.value();
    return validPreferences(all);
}

void Settings::keepPreferences(Session& session) {
    connect(&session.preferences(), &PreferenceChoice::edited, this,
            [&session] { storePreferences(session.preferences().current()); });
}

void Settings::restoreMethods(Session& session) {
    const QSettings stored;
    const Preferences preferred = preferences();
    session.loadedFlow().setCommands(stored.value(kCommands).toStringList());
    session.live().setRecentSources(stored.value(kLiveSources).toStringList());
    if (stored.contains(kThumbnails)) {
        session.timeline().thumbnails.setReading(
            stored.value(kThumbnails).toBool() ? ThumbnailReading::On : ThumbnailReading::Off);
    }
    const std::string kept =
        preferred.flow.empty() ? stored.value("flow").toString().toStdString() : preferred.flow;
    const auto flow = runGuarded([&] { return std::string(flowProvider(kept).id); });
    if (flow.ok() && flow.value() == kept) session.view().setFlowProvider(flow.value());
    const auto method = runGuarded([&] {
        if (preferred.propagation) return *preferred.propagation;
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
    settings.setValue(kLiveSources, session.live().recentSources());
    settings.setValue(kThumbnails, session.timeline().thumbnails.reading() == ThumbnailReading::On);
    // Flow from files belongs to a clip, not to the program. A command has to be chosen again
    // before it runs. A level is for a closer look.
    const std::string& flow = session.view().flowProvider();
    if (!isFlowFiles(flow) && !isFlowCommand(flow) && !levelOfFlow(flow))
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
