#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <memory>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/live_dialog.h"
#include "ui/main_window.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

bool runs(const Session& session) { return session.live().state() == LiveState::Running; }

void openLive(Session& session, MainWindow& window) {
    auto* dialog = new LiveDialog(session.live().recentSources(), &window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QDialog::accepted, &session.live(),
                     [&live = session.live(), dialog] { live.open(dialog->choice()); });
    dialog->open();
}

/// The files that were chosen for the recordings that are under way.
struct LiveFiles {
    QString came;
    QString seen;
};

bool isOneFile(const QString& a, const QString& b) {
    const auto place = [](const QString& path) {
        return QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    };
    return place(a) == place(b);
}

/// An MP4 that the user has agreed to replace where it exists; empty where none was chosen.
QString askForVideo(MainWindow& window, const QString& title) {
    QFileDialog dialog(&window, title, window.folder(), tr("Videos (*.mp4)"));
    dialog.setObjectName("liveFile");
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(QStringLiteral("mp4"));
    if (dialog.exec() != QDialog::Accepted) return {};
    return dialog.selectedFiles().value(0);
}

/// The same for a recording of the source; empty, with a message, where it cannot begin. The dialog
/// asks about files that exist, not about those that appear when a recording ends.
QString askForRecording(const Session& session, MainWindow& window, const LiveFiles& files,
                        const QString& title) {
    QString path = askForVideo(window, title);
    if (path.isEmpty()) return {};
    const LiveView& live = session.live();
    if (!runs(session)) {
        window.say(warningNotice(tr("%1 was not written: the live source has ended").arg(path)));
        return {};
    }
    const bool taken = (live.recording() && isOneFile(path, files.came)) ||
                       (live.seen().busy() && isOneFile(path, files.seen));
    if (!taken) return path;
    window.say(warningNotice(tr("%1 is being recorded already").arg(path),
                             tr("Choose another file, or end that recording first.")));
    return {};
}

void record(Session& session, MainWindow& window, LiveFiles& files) {
    const QString path = askForRecording(session, window, files, tr("Record the live source"));
    if (!path.isEmpty()) {
        files.came = path;
        session.live().record(path);
    }
    // Without a file nothing is recorded, whatever the menu shows by now.
    window.commands().refresh();
}

void recordSeen(Session& session, MainWindow& window, LiveFiles& files) {
    const QString path = askForRecording(session, window, files, tr("Record what is seen"));
    if (!path.isEmpty()) {
        files.seen = path;
        session.live().recordSeen(path);
    }
    window.commands().refresh();
}

void keep(Session& session, MainWindow& window, const LiveFiles& files) {
    const QString path = askForRecording(session, window, files, tr("Save the last seconds"));
    if (!path.isEmpty()) session.live().keep(path);
}

}  // namespace

void addOpenLive(CommandRegistry& registry, Session& session, MainWindow& window) {
    registry.add({.id = "open_live",
                  .menu = tr("&File"),
                  .text = tr("Open camera or s&tream..."),
                  .tip = tr("Show a camera, a FIFO or a test pattern live"),
                  .keys = "Ctrl+Alt+O",
                  .run = [&session, &window] { openLive(session, window); }});
}

void addLiveCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    LiveView& live = session.live();
    const QString submenu = tr("Li&ve source");
    const auto running = [&session] { return runs(session); };
    const auto files = std::make_shared<LiveFiles>();
    registry.add(
        {.id = "live_freeze",
         .menu = tr("&File"),
         .submenu = submenu,
         .text = tr("&Freeze the picture"),
         .tip =
             tr("Keep the shown picture of the live source; reading and recording continue. Space "
                "does the same"),
         .icon = "pause",
         .kind = Command::Kind::Toggle,
         .separatorBefore = true,
         .toggle = [&live](bool frozen) { live.setFrozen(frozen); },
         .enabled = running,
         .checked = [&live] { return live.frozen(); }});
    registry.add(
        {.id = "live_record",
         .menu = tr("&File"),
         .submenu = submenu,
         .text = tr("&Record what comes in..."),
         .tip = tr("Write the frames of the source to an MP4 file, until this is switched off"),
         .keys = "Ctrl+Alt+R",
         .icon = "record",
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session, &window, files](bool on) {
                 on ? record(session, window, *files) : session.live().endRecording();
             },
         .enabled = running,
         .checked = [&live] { return live.recording(); }});
    registry.add({.id = "live_record_seen",
                  .menu = tr("&File"),
                  .submenu = submenu,
                  .text = tr("Record what is &seen..."),
                  .tip = tr("Write the pictures with the layers and marks on them, at the size of "
                            "the source, to an MP4 file, until this is switched off"),
                  .keys = "Ctrl+Alt+E",
                  .icon = "record",
                  .kind = Command::Kind::Toggle,
                  .toggle =
                      [&session, &window, files](bool on) {
                          on ? recordSeen(session, window, *files) : session.live().endSeen();
                      },
                  // One that is being completed ends first.
                  .enabled =
                      [&session, &live] {
                          return runs(session) && live.seen().recording() == live.seen().busy();
                      },
                  .checked = [&live] { return live.seen().recording(); }});
    registry.add(
        {.id = "live_keep",
         .menu = tr("&File"),
         .submenu = submenu,
         .text = tr("Save the &last seconds and open them..."),
         .tip = tr("Write the newest frames, as many as fit into 256 MiB of memory, to an MP4 file "
                   "and open it: every layer and tool works on it"),
         .run = [&session, &window, files] { keep(session, window, *files); },
         .enabled = running});
    registry.add({.id = "live_stop",
                  .menu = tr("&File"),
                  .submenu = submenu,
                  .text = tr("S&top"),
                  .tip = tr("Close the live source; recordings are completed"),
                  .icon = "stop",
                  .run = [&live] { live.stop(); },
                  .enabled = [&live] { return live.state() != LiveState::Off; }});
    QObject::connect(&live, &LiveView::kept, &window,
                     [&window](const QString& path) { window.open(path); });
    QObject::connect(&live, &LiveView::recorded, &window, [&window](const QString& path) {
        window.say(infoNotice(tr("Recorded: %1").arg(path)));
    });
}

}  // namespace mcj
