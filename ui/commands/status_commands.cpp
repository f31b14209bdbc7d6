#include <QFileDialog>
#include <filesystem>
#include <optional>
#include <utility>

#include "media/io/atomic_file.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/note_dialog.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// The exact frame on screen; none while it is not known, or while the project is read.
std::optional<StatusSubject> shownFrame(const Session& session) {
    const FramePtr& shown = session.playhead().shown();
    if (!shown || !session.document().ready() || !editsShownFrame(session)) return std::nullopt;
    return StatusSubject::ofFrame(shown->index);
}

std::optional<StatusSubject> activeObject(const Session& session) {
    const ObjectId id = session.masks().activeObject();
    if (!session.document().ready() || session.masks().object(id) == nullptr) return std::nullopt;
    return StatusSubject::ofObject(id);
}

/// What a group of commands works on, and their words.
struct Group {
    std::optional<StatusSubject> (*subject)(const Session&);
    QString id;    ///< "frame"
    QString noun;  ///< "this frame"
    QString doneKeys;
    QString doubtfulKeys;
    QString noteKeys;
};

void addStatus(CommandRegistry& registry, Session& session, const Group& group, WorkStatus status) {
    const bool done = status == WorkStatus::Done;
    const auto subject = group.subject;
    registry.add(
        {.id = (group.id + (done ? "_done" : "_doubtful")).toStdString(),
         .menu = tr("&Edit"),
         .submenu = tr("S&tatus and notes"),
         .text = done ? tr("Mark %1 as done").arg(group.noun)
                      : tr("Mark %1 as doubtful").arg(group.noun),
         .tip = done
                    ? tr("Mark the work on %1 as finished; use it again to undo the mark")
                          .arg(group.noun)
                    : tr("Mark %1 for another look; use it again to undo the mark").arg(group.noun),
         .keys = done ? group.doneKeys : group.doubtfulKeys,
         .kind = Command::Kind::Toggle,
         .separatorBefore = done,
         .toggle =
             [&session, subject, status](bool on) {
                 if (const auto what = subject(session)) {
                     session.projectTools().statusNotes.setStatus(*what,
                                                                  on ? status : WorkStatus::Open);
                 }
             },
         .enabled = [&session, subject] { return subject(session).has_value(); },
         .checked =
             [&session, subject, status] {
                 const auto what = subject(session);
                 return what && session.projectTools().statusNotes.of(*what).status == status;
             }});
}

void addGroup(CommandRegistry& registry, Session& session, MainWindow& window, const Group& group) {
    addStatus(registry, session, group, WorkStatus::Done);
    addStatus(registry, session, group, WorkStatus::Doubtful);
    const auto subject = group.subject;
    registry.add({.id = (group.id + "_note").toStdString(),
                  .menu = tr("&Edit"),
                  .submenu = tr("S&tatus and notes"),
                  .text = tr("Note on %1...").arg(group.noun),
                  .tip = tr("Write, change or remove the note on %1").arg(group.noun),
                  .keys = group.noteKeys,
                  .run =
                      [&session, &window, subject] {
                          if (const auto what = subject(session)) askNote(session, *what, &window);
                      },
                  .enabled = [&session, subject] { return subject(session).has_value(); }});
}

void addWalk(CommandRegistry& registry, Session& session) {
    struct Row {
        const char* id;
        QString text;
        QString tip;
        QString keys;
        std::optional<FrameIndex> (StatusNotes::*find)(FrameIndex, WorkStatus) const;
    };
    bool first = true;
    for (const Row& row :
         {Row{"next_doubtful", tr("&Next doubtful frame"),
              tr("Go to the next frame that is marked as doubtful"), "Y", &StatusNotes::frameAfter},
          Row{"previous_doubtful", tr("&Previous doubtful frame"),
              tr("Go to the previous frame that is marked as doubtful"), "Alt+Y",
              &StatusNotes::frameBefore}}) {
        const auto find = [&session, search = row.find] {
            return (session.projectTools().statusNotes.*search)(session.playhead().current(),
                                                                WorkStatus::Doubtful);
        };
        registry.add(
            {.id = row.id,
             .menu = tr("&Edit"),
             .submenu = tr("S&tatus and notes"),
             .text = row.text,
             .tip = row.tip,
             .keys = row.keys,
             .separatorBefore = std::exchange(first, false),
             .run =
                 [&session, find] {
                     const auto frame = find();
                     if (!frame) return;
                     session.playhead().pause();
                     session.playhead().seek(*frame);
                 },
             .enabled = [&session, find] { return showsPicture(session) && find().has_value(); }});
    }
}

void exportWorkTime(Session& session, MainWindow& window) {
    QString path = QFileDialog::getSaveFileName(&window, tr("Export working time"), window.folder(),
                                                tr("Tables (*.csv)"));
    if (path.isEmpty()) return;
    const QString suffix = QStringLiteral(".csv");
    if (!path.endsWith(suffix, Qt::CaseInsensitive)) path += suffix;
    const auto outcome = runGuarded([&] {
        writeTextAtomically(std::filesystem::path(path.toStdString()),
                            session.projectTools().workTime.csv());
        return true;
    });
    window.say(outcome.ok() ? infoNotice(tr("Working time written to %1").arg(path))
                            : noticeOf(outcome.error()));
}

void addWorkTime(CommandRegistry& registry, Session& session, MainWindow& window) {
    registry.add({.id = "work_time",
                  .menu = tr("&Edit"),
                  .submenu = tr("S&tatus and notes"),
                  .text = tr("Count &working time"),
                  .tip = tr("Record in this project how long each frame is worked on; pauses of "
                            "more than %1 s do not count")
                             .arg(WorkTime::kPauseSecs),
                  .kind = Command::Kind::Toggle,
                  .separatorBefore = true,
                  .toggle =
                      [&session](bool on) {
                          session.projectTools().workTime.setCounting(on ? WorkTime::Count::On
                                                                         : WorkTime::Count::Off);
                      },
                  .enabled = [&session] { return session.document().ready(); },
                  .checked =
                      [&session] {
                          return session.projectTools().workTime.counting() == WorkTime::Count::On;
                      }});
    registry.add(
        {.id = "export_work_time",
         .menu = tr("&Edit"),
         .submenu = tr("S&tatus and notes"),
         .text = tr("&Export working time..."),
         .tip = tr("Write the seconds of work on each frame as CSV"),
         .run = [&session, &window] { exportWorkTime(session, window); },
         .enabled = [&session] { return !session.projectTools().workTime.secs().empty(); }});
}

}  // namespace

void addStatusCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addGroup(registry, session, window,
             {.subject = shownFrame,
              .id = "frame",
              .noun = tr("this frame"),
              .doneKeys = "Shift+D",
              .doubtfulKeys = "Shift+Y",
              .noteKeys = "Shift+T"});
    addGroup(registry, session, window,
             {.subject = activeObject,
              .id = "object",
              .noun = tr("the selected object"),
              .doneKeys = "Ctrl+Shift+D",
              .doubtfulKeys = "Ctrl+Shift+Y",
              .noteKeys = "Ctrl+Shift+T"});
    addWalk(registry, session);
    addWorkTime(registry, session, window);
}

}  // namespace mcj
