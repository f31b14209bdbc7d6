#pragma once

#include <QString>

#include "ui/command_registry.h"

namespace mcj {

class MainWindow;
class Session;

/// The translation of a command's text.
[[nodiscard]] inline QString tr(const char* text) { return CommandRegistry::tr(text); }

/// Adds every command of the window, menu by menu. Commands look at `session` and `window`, which
/// outlive the registry, when they run and when the registry is refreshed, not before.
void addCommands(CommandRegistry& registry, Session& session, MainWindow& window);

// One menu each, classes and statuses after edits, marks and curves after playback in its menu;
// called by `addCommands`.
void addFileCommands(CommandRegistry& registry, Session& session, MainWindow& window);
/// Within the file menu, called by `addFileCommands`: opening a live source, and its submenu; masks
/// of another program.
void addOpenLive(CommandRegistry& registry, Session& session, MainWindow& window);
void addLiveCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addForeignMaskCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addEditCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addClassCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addStatusCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addToolCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addPlayCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addCurveCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addMarkCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addPropagateCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addReviewCommands(CommandRegistry& registry, Session& session);
void addCompareCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addViewCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addProjectCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addAccuracyCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addPresentCommands(CommandRegistry& registry, Session& session, MainWindow& window);
void addHelpCommands(CommandRegistry& registry, Session& session, MainWindow& window);

/// Whether the active view shows the frame at the playhead, which edits of "this frame" work on.
[[nodiscard]] bool editsShownFrame(const Session& session);

/// The status tip of such an edit: `tip`, or why it is not possible.
[[nodiscard]] QString tipOfFrameEdit(const Session& session, const QString& tip);

/// Whether a picture is on screen, which most commands need.
[[nodiscard]] bool showsPicture(const Session& session);

}  // namespace mcj
