#include "ui/class_dialog.h"
#include "ui/clean_dialog.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/preferences_dialog.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// Objects with a key of their own, from 1.
constexpr int kObjectKeys = 9;

QString named(const QString& verb, const Edit* edit) {
    if (edit == nullptr) return verb;
    return QStringLiteral("%1: %2").arg(verb, QString::fromStdString(edit->label));
}

/// Of the frame on screen; null where it has no mask.
const MaskEntry* shownEntry(const Session& session) {
    const FramePtr& shown = session.playhead().shown();
    return shown ? session.masks().track().find(shown->index) : nullptr;
}

void newObject(CommandRegistry& registry, Session& session, MainWindow& window) {
    if (!session.document().mayEdit()) return;
    const auto finish = [&registry, &window](ObjectId added) {
        if (added == kBackground) {
            window.say(warningNotice(tr("All 254 object ids are in use")));
        } else {
            registry["tool_brush"].trigger();
        }
    };
    if (session.projectTools().classes.list().empty()) {
        finish(session.masks().addObject());
        return;
    }
    askClass(
        session, tr("New object"),
        [&session, finish](const ObjectClass& kind) { finish(session.masks().addObject(kind)); },
        &window);
}

void addUndo(CommandRegistry& registry, Session& session) {
    const EditLog& log = session.document().log();
    registry.add(
        {.id = "undo",
         .menu = tr("&Edit"),
         .text = tr("&Undo"),
         .tip = tr("Undo the last change"),
         .keys = "Ctrl+Z",
         .icon = "undo",
         .run = [&session] { session.masks().undo(); },
         .enabled =
             [&session, &log] {
                 return showsPicture(session) &&
                        (log.nextUndo() != nullptr || session.masks().propagating());
             },
         .look = [&log](QAction& action) { action.setText(named(tr("&Undo"), log.nextUndo())); }});
    registry.add(
        {.id = "redo",
         .menu = tr("&Edit"),
         .text = tr("&Redo"),
         .tip = tr("Redo the last undone change"),
         .keys = "Ctrl+Shift+Z; Ctrl+Y",
         .icon = "redo",
         .run = [&session] { session.masks().redo(); },
         .enabled = [&session, &log] { return showsPicture(session) && log.nextRedo() != nullptr; },
         .look = [&log](QAction& action) { action.setText(named(tr("&Redo"), log.nextRedo())); }});
}

void addFrameCommands(CommandRegistry& registry, Session& session) {
    const auto hasMask = [&session] {
        return shownEntry(session) != nullptr && editsShownFrame(session);
    };
    const auto look = [&session](const QString& tip) {
        return
            [&session, tip](QAction& action) { action.setStatusTip(tipOfFrameEdit(session, tip)); };
    };
    const QString clearTip = tr("Remove the mask of the frame on screen");
    const QString lockTip =
        tr("Lock this frame's mask: no edit changes it, and propagation starts from it");
    registry.add(
        {.id = "clear_frame",
         .menu = tr("&Edit"),
         .text = tr("&Clear mask of this frame"),
         .tip = clearTip,
         .keys = "Ctrl+Delete",
         .run = [&session] { session.masks().clearFrame(session.playhead().shown()->index); },
         .enabled = hasMask,
         .look = look(clearTip)});
    registry.add({.id = "lock_frame",
                  .menu = tr("&Edit"),
                  .text = tr("&Lock this frame"),
                  .tip = lockTip,
                  .keys = "Shift+L",
                  .icon = "lock",
                  .kind = Command::Kind::Toggle,
                  .toggle =
                      [&session](bool locked) {
                          if (shownEntry(session) == nullptr) return;
                          session.masks().setLock(
                              session.playhead().shown()->index,
                              locked ? MaskEditor::Lock::On : MaskEditor::Lock::Off);
                      },
                  .enabled = hasMask,
                  .checked =
                      [&session] {
                          const MaskEntry* entry = shownEntry(session);
                          return entry != nullptr && entry->facts.locked;
                      },
                  .look = look(lockTip)});
}

void addObjectLookCommands(CommandRegistry& registry, Session& session) {
    registry.add(
        {.id = "solo_object",
         .menu = tr("&Edit"),
         .text = tr("Sho&w only the selected object"),
         .tip = tr("Hide the other objects; painting still works on the selected object"),
         .keys = "Shift+H",
         .kind = Command::Kind::Toggle,
         .separatorBefore = true,
         .toggle = [&session](bool on) { session.masks().setSolo(on ? Solo::On : Solo::Off); },
         .checked = [&session] { return session.masks().solo() == Solo::On; }});
    struct Row {
        const char* id;
        QString text;
        QString tip;
        ObjectColors colors;
    };
    for (const Row& row :
         {Row{"object_colors_davis", tr("&DAVIS palette"),
              tr("Give every object its colour in the DAVIS palette"), ObjectColors::Davis},
          Row{"object_colors_vision_safe", tr("&Colour-blind safe"),
              tr("Give the objects the seven colours of Okabe and Ito, which are distinguishable "
                 "with colour blindness"),
              ObjectColors::VisionSafe}}) {
        registry.add(
            {.id = row.id,
             .menu = tr("&Edit"),
             .submenu = tr("O&bject colours"),
             .text = row.text,
             .tip = row.tip,
             .run = [&session, colors = row.colors] { session.masks().setObjectColors(colors); },
             .enabled = [&session] { return !session.masks().objects().empty(); }});
    }
}

void addOrderCommands(CommandRegistry& registry, Session& session) {
    struct Row {
        const char* id;
        QString text;
        QString tip;
        QString keys;
        const char* icon;
        StackMove move;
    };
    for (const Row& row :
         {Row{"object_forward", tr("Bring &forward"),
              tr("Where objects overlap, lay the selected one over the next one"), "Ctrl+PgUp",
              "down", StackMove::Forward},
          Row{"object_backward", tr("Send &backward"),
              tr("Where objects overlap, lay the selected one under the one before"), "Ctrl+PgDown",
              "up", StackMove::Backward},
          Row{"object_to_front", tr("Bring to f&ront"),
              tr("Where objects overlap, lay the selected one over all others"), "Ctrl+Home", "",
              StackMove::ToFront},
          Row{"object_to_back", tr("Send to b&ack"),
              tr("Where objects overlap, lay the selected one under all others"), "Ctrl+End", "",
              StackMove::ToBack}}) {
        registry.add({.id = row.id,
                      .menu = tr("&Edit"),
                      .submenu = tr("O&rder of objects"),
                      .text = row.text,
                      .tip = row.tip,
                      .keys = row.keys,
                      .icon = row.icon,
                      .run =
                          [&session, move = row.move] {
                              session.masks().moveObject(session.masks().activeObject(), move);
                          },
                      .enabled = [&session] { return session.masks().objects().size() > 1; }});
    }
}

void addPreviewCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString cleanTip =
        tr("Remove specks and fill holes of the selected object, here or in all frames");
    registry.add(
        {.id = "clean_mask",
         .menu = tr("&Edit"),
         .text = tr("Clean &up mask..."),
         .tip = cleanTip,
         .separatorBefore = true,
         .run = [&session, &window] { askCleaning(session, &window); },
         .enabled =
             [&session] {
                 return editsShownFrame(session) && session.runs().run() == nullptr &&
                        !session.masks().track().empty();
             },
         .look = [&session, cleanTip](
                     QAction& action) { action.setStatusTip(tipOfFrameEdit(session, cleanTip)); }});
    const auto shows = [&session] { return session.masks().preview() != nullptr; };
    registry.add(
        {.id = "accept_preview",
         .menu = tr("&Edit"),
         .text = tr("&Accept preview"),
         .tip = tr("Keep the mask that a tool proposes; Enter in the picture does the same"),
         .run = [&session] { session.masks().acceptPreview(); },
         .enabled = shows});
    registry.add(
        {.id = "reject_preview",
         .menu = tr("&Edit"),
         .text = tr("Re&ject preview"),
         .tip = tr("Return to the mask before the proposal; Esc in the picture does the same"),
         .run = [&session] { session.maskTools().proposals.reject(); },
         .enabled = shows});
}

}  // namespace

void addEditCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const auto shown = [&session] { return showsPicture(session); };
    addUndo(registry, session);
    registry.add(
        {.id = "new_object",
         .menu = tr("&Edit"),
         .text = tr("&New object"),
         .tip = tr("Add an object; if the project has a list of classes, choose its class"),
         .keys = "Ins",
         .separatorBefore = true,
         .run = [&registry, &session, &window] { newObject(registry, session, window); },
         .enabled = shown});
    registry.add(
        {.id = "remove_object",
         .menu = tr("&Edit"),
         .text = tr("Remove &object"),
         .tip = tr("Remove the selected object from every frame that is not locked"),
         .keys = "Ctrl+Backspace",
         .run = [&session] { session.masks().removeObject(session.masks().activeObject()); },
         .enabled = shown});
    addFrameCommands(registry, session);
    addPreviewCommands(registry, session, window);
    addOrderCommands(registry, session);
    addObjectLookCommands(registry, session);
    registry.add({.id = "preferences",
                  .menu = tr("&Edit"),
                  .text = tr("&Preferences..."),
                  .tip = tr("Choose device, threads, precision, working size, memory, flow colours "
                            "and methods"),
                  .keys = "Ctrl+,",
                  .separatorBefore = true,
                  .run = [&session, &window] {
                      auto* dialog = new PreferencesDialog(session, &window);
                      dialog->setAttribute(Qt::WA_DeleteOnClose);
                      dialog->open();
                  }});
    for (int number = 1; number <= kObjectKeys; ++number) {
        registry.add({.id = "object_" + std::to_string(number),
                      .text = tr("Object %1").arg(number),
                      .tip = tr("Paint object %1").arg(number),
                      .keys = QString::number(number),
                      .run = [&session, number] {
                          if (!session.isOpen()) return;
                          session.masks().setActiveObject(static_cast<ObjectId>(number));
                      }});
    }
}

}  // namespace mcj
