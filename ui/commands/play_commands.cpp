#include <cmath>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "ui/presenter.h"
#include "ui/theme.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// Exchanged only where it changes: the registry is refreshed many times a second.
void showPlaying(QAction& action, bool playing) {
    if (action.property("playing") == QVariant(playing)) return;
    action.setProperty("playing", playing);
    action.setIcon(themeIcon(playing ? "pause" : "play"));
}

bool showsLive(const Session& session) { return session.live().state() == LiveState::Running; }

void playOrFreeze(Session& session) {
    if (showsLive(session)) {
        session.live().setFrozen(!session.live().frozen());
    } else {
        session.playhead().togglePlay();
    }
}

/// While presenting, arrow keys go from bookmark to bookmark.
void step(Session& session, MainWindow& window, FrameIndex by) {
    const bool one = by == 1 || by == -1;
    if (one && window.presenter().presenting() && window.presenter().step(static_cast<int>(by))) {
        return;
    }
    session.playhead().pause();
    session.playhead().step(by);
}

void addSteps(CommandRegistry& registry, Session& session, MainWindow& window) {
    struct Row {
        FrameIndex by;
        const char* id;
        QString text;
        QString tip;
        const char* keys;
        const char* icon;
    };
    for (const Row& row :
         {Row{-1, "step_back", tr("Frame &back"), tr("One frame back"), "Left; ,", "step-back"},
          Row{1, "step_forward", tr("Frame &forward"), tr("One frame forward"), "Right; .",
              "step-forward"},
          Row{-10, "jump_back", tr("10 frames back"), tr("Ten frames back"), "Shift+Left", ""},
          Row{10, "jump_forward", tr("10 frames forward"), tr("Ten frames forward"), "Shift+Right",
              ""}}) {
        registry.add({.id = row.id,
                      .menu = tr("&Play"),
                      .text = row.text,
                      .tip = row.tip,
                      .keys = row.keys,
                      .icon = row.icon,
                      .run = [&session, &window, by = row.by] { step(session, window, by); },
                      .enabled = [&session] { return showsPicture(session); }});
    }
}

void addShuttle(CommandRegistry& registry, Session& session) {
    Playhead& playhead = session.playhead();
    const auto shown = [&session] { return showsPicture(session); };
    registry.add({.id = "shuttle_back",
                  .menu = tr("&Play"),
                  .text = tr("Play &backwards"),
                  .tip = tr("Play backwards; each further use doubles the speed"),
                  .keys = "J",
                  .run = [&playhead] { playhead.shuttle(PlayDirection::Backward); },
                  .enabled = shown});
    registry.add({.id = "shuttle_forward",
                  .menu = tr("&Play"),
                  .text = tr("Pla&y forwards"),
                  .tip = tr("Play forwards; each further use doubles the speed"),
                  .keys = "L",
                  .run = [&playhead] { playhead.shuttle(PlayDirection::Forward); },
                  .enabled = shown});
}

void addSpeeds(CommandRegistry& registry, Session& session) {
    struct Row {
        double speed;
        const char* id;
        QString text;
        QString tip;
    };
    Playhead& playhead = session.playhead();
    for (const Row& row :
         {Row{0.25, "speed_quarter", tr("&Quarter"), tr("Play at a quarter of the frame rate")},
          Row{0.5, "speed_half", tr("&Half"), tr("Play at half the frame rate")},
          Row{1.0, "speed_normal", tr("&Normal"), tr("Play at the video's frame rate")},
          Row{2.0, "speed_double", tr("&Double"), tr("Play at twice the frame rate")}}) {
        registry.add(
            {.id = row.id,
             .menu = tr("&Play"),
             .submenu = tr("&Speed"),
             .text = row.text,
             .tip = row.tip,
             .kind = Command::Kind::Toggle,
             // Choosing it again keeps it.
             .toggle = [&playhead, speed = row.speed](bool) { playhead.setSpeed(speed); },
             .checked = [&playhead,
                         speed = row.speed] { return std::abs(playhead.speed() - speed) < 1e-9; }});
    }
}

}  // namespace

void addPlayCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    Playhead& playhead = session.playhead();
    const QString menu = tr("&Play");
    const auto shown = [&session] { return showsPicture(session); };
    registry.add(
        {.id = "play",
         .menu = menu,
         .text = tr("&Play or pause"),
         .tip = tr("Play at the chosen speed, or pause; freeze a live picture, or continue it"),
         .keys = "Space; K",
         .icon = "play",
         .run = [&session] { playOrFreeze(session); },
         .enabled = [&session] { return showsPicture(session) || showsLive(session); },
         .look =
             [&session, &playhead](QAction& action) {
                 const bool live = showsLive(session) && !session.live().frozen();
                 showPlaying(action, live || playhead.playing());
             }});
    addShuttle(registry, session);
    addSpeeds(registry, session);
    addSteps(registry, session, window);
    registry.add({.id = "first",
                  .menu = menu,
                  .text = tr("F&irst frame"),
                  .tip = tr("Go to the first frame"),
                  .keys = "Home",
                  .icon = "first",
                  .run = [&playhead] { playhead.seek(0); },
                  .enabled = shown});
    registry.add(
        {.id = "last",
         .menu = menu,
         .text = tr("&Last frame"),
         .tip = tr("Go to the last frame"),
         .keys = "End",
         .icon = "last",
         .run = [&session, &playhead] { playhead.seek(session.frames().frameCount() - 1); },
         .enabled = shown});
    registry.add(
        {.id = "loop",
         .menu = menu,
         .text = tr("L&oop"),
         .tip = tr("Restart playback when it reaches the end"),
         .keys = "Ctrl+L",
         .icon = "loop",
         .kind = Command::Kind::Toggle,
         .separatorBefore = true,
         .toggle =
             [&playhead](bool loop) { playhead.setLoop(loop ? LoopMode::Loop : LoopMode::Once); },
         .checked = [&playhead] { return playhead.loop() == LoopMode::Loop; }});
}

}  // namespace mcj
