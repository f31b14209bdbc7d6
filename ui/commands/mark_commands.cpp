#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/marker_dialog.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// While the project is read, marks would be replaced by those in it. A frame whose number is not
/// known cannot be marked.
bool canMark(const Session& session) {
    return session.document().ready() && session.playhead().shown() != nullptr;
}

void addInOut(CommandRegistry& registry, Session& session) {
    const auto possible = [&session] { return canMark(session); };
    registry.add(
        {.id = "set_in",
         .menu = tr("&Play"),
         .text = tr("Set &in point"),
         .tip = tr("Begin loops, propagations and exports at this frame"),
         .keys = "I",
         .separatorBefore = true,
         .run = [&session] { session.timeline().marks.setIn(session.playhead().current()); },
         .enabled = possible});
    registry.add(
        {.id = "set_out",
         .menu = tr("&Play"),
         .text = tr("Set o&ut point"),
         .tip = tr("End loops, propagations and exports with this frame"),
         .keys = "O",
         .run = [&session] { session.timeline().marks.setOut(session.playhead().current()); },
         .enabled = possible});
    registry.add(
        {.id = "clear_in_out",
         .menu = tr("&Play"),
         .text = tr("&Clear in and out points"),
         .tip = tr("Let loops, propagations and exports cover the whole video again"),
         .run = [&session] { session.timeline().marks.clearInOut(); },
         .enabled = [&session] { return canMark(session) && session.timeline().marks.limited(); }});
}

void addMarkers(CommandRegistry& registry, Session& session, MainWindow& window) {
    registry.add({.id = "marker",
                  .menu = tr("&Play"),
                  .text = tr("&Marker"),
                  .tip = tr("Mark this frame on the timeline, or remove its marker"),
                  .keys = "M",
                  .kind = Command::Kind::Toggle,
                  .separatorBefore = true,
                  .toggle =
                      [&session](bool) {
                          if (canMark(session))
                              session.timeline().marks.toggleMarker(session.playhead().current());
                      },
                  .enabled = [&session] { return canMark(session); },
                  .checked =
                      [&session] {
                          return session.timeline().marks.markers().contains(
                              session.playhead().current());
                      }});
    registry.add(
        {.id = "rename_marker",
         .menu = tr("&Play"),
         .text = tr("&Rename marker..."),
         .tip = tr("Give the marker of this frame another name"),
         .run = [&session,
                 &window] { askMarkerName(session, session.playhead().current(), &window); },
         .enabled =
             [&session] {
                 return canMark(session) &&
                        session.timeline().marks.markers().contains(session.playhead().current());
             }});
    const auto go = [&session](const std::optional<FrameIndex>& frame) {
        if (!frame) return;
        session.playhead().pause();
        session.playhead().seek(*frame);
    };
    registry.add(
        {.id = "next_marker",
         .menu = tr("&Play"),
         .text = tr("Ne&xt marker"),
         .tip = tr("Go to the next marker"),
         .keys = "Shift+M",
         .run = [&session,
                 go] { go(session.timeline().marks.markerAfter(session.playhead().current())); },
         .enabled =
             [&session] {
                 return showsPicture(session) &&
                        session.timeline()
                            .marks.markerAfter(session.playhead().current())
                            .has_value();
             }});
    registry.add(
        {.id = "previous_marker",
         .menu = tr("&Play"),
         .text = tr("Pre&vious marker"),
         .tip = tr("Go to the previous marker"),
         .keys = "Ctrl+Shift+M",
         .run = [&session,
                 go] { go(session.timeline().marks.markerBefore(session.playhead().current())); },
         .enabled =
             [&session] {
                 return showsPicture(session) &&
                        session.timeline()
                            .marks.markerBefore(session.playhead().current())
                            .has_value();
             }});
}

}  // namespace

void addMarkCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addInOut(registry, session);
    addMarkers(registry, session, window);
}

}  // namespace mcj
