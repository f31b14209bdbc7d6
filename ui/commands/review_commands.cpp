#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

/// A step of the threshold by a command.
constexpr double kThresholdStep = 0.05;

bool hasMasks(const Session& session) {
    return showsPicture(session) && !session.masks().track().empty();
}

/// Shows the scores, so that they are computed, and goes to the frame if it is known already.
void go(Session& session, std::optional<FrameIndex> (MaskReviews::*find)(FrameIndex) const) {
    session.timeline().reviews.setShown(true);
    const auto frame = (session.timeline().reviews.*find)(session.playhead().current());
    if (!frame) return;
    session.playhead().pause();
    session.playhead().seek(*frame);
}

void addSteps(CommandRegistry& registry, Session& session) {
    registry.add({.id = "next_suspicious",
                  .menu = tr("P&ropagate"),
                  .submenu = tr("&Doubtful masks"),
                  .text = tr("&Next suspicious frame"),
                  .tip = tr("Go to the next frame with a score at or above the threshold"),
                  .keys = "N",
                  .run = [&session] { go(session, &MaskReviews::suspiciousAfter); },
                  .enabled = [&session] { return hasMasks(session); }});
    registry.add({.id = "previous_suspicious",
                  .menu = tr("P&ropagate"),
                  .submenu = tr("&Doubtful masks"),
                  .text = tr("&Previous suspicious frame"),
                  .tip = tr("Go to the previous frame with a score at or above the threshold"),
                  .keys = "Shift+N",
                  .run = [&session] { go(session, &MaskReviews::suspiciousBefore); },
                  .enabled = [&session] { return hasMasks(session); }});
}

void addThreshold(CommandRegistry& registry, Session& session) {
    const auto move = [&session](double by) {
        session.timeline().reviews.setThreshold(session.timeline().reviews.threshold() + by);
    };
    const auto shown = [&session] {
        return hasMasks(session) && session.timeline().reviews.shown();
    };
    registry.add({.id = "more_suspicious",
                  .menu = tr("P&ropagate"),
                  .submenu = tr("&Doubtful masks"),
                  .text = tr("&Lower threshold"),
                  .tip = tr("More frames are suspicious: lower the threshold by 0.05"),
                  .run = [move] { move(-kThresholdStep); },
                  .enabled = shown});
    registry.add({.id = "less_suspicious",
                  .menu = tr("P&ropagate"),
                  .submenu = tr("&Doubtful masks"),
                  .text = tr("&Raise threshold"),
                  .tip = tr("Fewer frames are suspicious: raise the threshold by 0.05"),
                  .run = [move] { move(kThresholdStep); },
                  .enabled = shown});
}

}  // namespace

void addReviewCommands(CommandRegistry& registry, Session& session) {
    registry.add({.id = "show_reviews",
                  .menu = tr("P&ropagate"),
                  .submenu = tr("&Doubtful masks"),
                  .text = tr("&Show doubtful masks"),
                  .tip = tr("Score every mask from 0 (not doubtful) to 1, in spare time, and show "
                            "the scores as a row of the timeline"),
                  .kind = Command::Kind::Toggle,
                  .separatorBefore = true,
                  .toggle = [&session](bool shown) { session.timeline().reviews.setShown(shown); },
                  .enabled = [&session] { return showsPicture(session); },
                  .checked = [&session] { return session.timeline().reviews.shown(); }});
    addSteps(registry, session);
    addThreshold(registry, session);
}

}  // namespace mcj
