#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/presenter.h"
#include "ui/theme.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// What Esc ends: the innermost of what is under way.
void stop(Session& session, MainWindow& window) {
    if (session.masks().stroking()) {
        session.masks().cancelStroke();
    } else if (!session.masks().preparing().isEmpty()) {
        session.masks().stopPreparing();
    } else if (session.masks().preview() != nullptr || session.maskTools().proposals.busy()) {
        session.maskTools().proposals.reject();
    } else if (session.runs().run() != nullptr) {
        session.runs().stop();
    } else if (window.presenter().presenting()) {
        window.presenter().setPresenting(false);
    } else if (window.isFullScreen()) {
        window.showNormal();
    }
}

/// "Pause" or "Continue".
void showPaused(QAction& action, bool paused) {
    if (action.property("paused") == QVariant(paused)) return;
    action.setProperty("paused", paused);
    action.setText(paused ? tr("&Continue the propagation") : tr("&Pause the propagation"));
    action.setIcon(themeIcon(paused ? "play" : "pause"));
}

/// Which frames a run writes, and pausing it.
void addRunCommands(CommandRegistry& registry, Session& session) {
    const QString menu = tr("P&ropagate");
    registry.add(
        {.id = "propagate_in_to_out",
         .menu = menu,
         .text = tr("Only between &in and out points"),
         .tip = tr("Propagations write only the frames from the in point to the out point, if "
                   "these are set (I, O)"),
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session](bool on) {
                 session.propagation().setRange(on ? PropagationRange::InToOut
                                                   : PropagationRange::WholeVideo);
             },
         .checked =
             [&session] { return session.propagation().range() == PropagationRange::InToOut; }});
    registry.add(
        {.id = "propagation_pause",
         .menu = menu,
         .text = tr("&Pause the propagation"),
         .tip = tr("Pause the propagation after the current frame, or continue it; finished frames "
                   "are kept and not computed again"),
         .keys = "Shift+Space",
         .icon = "pause",
         .run =
             [&runs = session.runs()] {
                 if (runs.run() == nullptr) return;
                 runs.run()->paused() ? runs.resume() : runs.pause();
             },
         .enabled =
             [&runs = session.runs()] { return runs.run() != nullptr && runs.run()->pausable(); },
         .look =
             [&runs = session.runs()](QAction& action) {
                 showPaused(action, runs.run() != nullptr && runs.run()->paused());
             }});
}

}  // namespace

void addPropagateCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("P&ropagate");
    const auto mayStart = [&session] {
        return showsPicture(session) && session.runs().run() == nullptr;
    };
    registry.add({.id = "propagate_backward",
                  .menu = menu,
                  .text = tr("Propagate &backward"),
                  .tip = tr("Propagate this frame's mask to earlier frames"),
                  .keys = "B",
                  .icon = "propagate-backward",
                  .run = [&session] { session.propagation().start(Travel::Backward); },
                  .enabled = mayStart});
    registry.add({.id = "propagate_forward",
                  .menu = menu,
                  .text = tr("Propagate &forward"),
                  .tip = tr("Propagate this frame's mask to later frames"),
                  .keys = "F",
                  .icon = "propagate-forward",
                  .run = [&session] { session.propagation().start(Travel::Forward); },
                  .enabled = mayStart});
    addRunCommands(registry, session);
    registry.add({.id = "propagation_keep",
                  .menu = menu,
                  .text = tr("&Keep what the propagation changed"),
                  .tip = tr("Keep the new masks of all objects and close the list of changes"),
                  .separatorBefore = true,
                  .run = [&session] { session.maskTools().propagationReview.keep(); },
                  .enabled = [&session] { return session.maskTools().propagationReview.open(); }});
    registry.add({.id = "propagation_undo_object",
                  .menu = menu,
                  .text = tr("&Undo the propagation for the selected object"),
                  .tip = tr("Restore the selected object as it was before the propagation, on all "
                            "frames of the propagation that are not locked"),
                  .run =
                      [&session] {
                          session.maskTools().propagationReview.undoObject(
                              session.masks().activeObject());
                      },
                  .enabled =
                      [&session] {
                          return session.maskTools().propagationReview.canUndo(
                              session.masks().activeObject());
                      }});
    registry.add({.id = "stop",
                  .menu = menu,
                  .text = tr("&Stop"),
                  .tip = tr("Stop the current operation; finished frames are kept"),
                  .keys = "Esc",
                  .icon = "stop",
                  .run = [&session, &window] { stop(session, window); },
                  .enabled =
                      [&session, &window] {
                          return session.runs().run() != nullptr || session.masks().stroking() ||
                                 !session.masks().preparing().isEmpty() ||
                                 session.masks().preview() != nullptr ||
                                 session.maskTools().proposals.busy() || window.isFullScreen() ||
                                 window.presenter().presenting();
                      }});
}

}  // namespace mcj
