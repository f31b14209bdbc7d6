#include "ui/commands/commands.h"

#include "ui/command_registry.h"
#include "viewer/session/session.h"

namespace mcj {

void addCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addFileCommands(registry, session, window);
    addEditCommands(registry, session, window);
    addClassCommands(registry, session, window);
    addStatusCommands(registry, session, window);
    addToolCommands(registry, session, window);
    addPlayCommands(registry, session, window);
    addMarkCommands(registry, session, window);
    addCurveCommands(registry, session, window);
    addPropagateCommands(registry, session, window);
    addReviewCommands(registry, session);
    addViewCommands(registry, session, window);
    addCompareCommands(registry, session, window);
    addProjectCommands(registry, session, window);
    addAccuracyCommands(registry, session, window);
    addPresentCommands(registry, session, window);
    addHelpCommands(registry, session, window);
}

bool editsShownFrame(const Session& session) { return session.view().offset() == 0; }

QString tipOfFrameEdit(const Session& session, const QString& tip) {
    if (editsShownFrame(session)) return tip;
    return CommandRegistry::tr(
        "Not possible: the active view shows another frame than the one at the playhead");
}

bool showsPicture(const Session& session) {
    return session.isOpen() && session.playhead().picture() != nullptr;
}

}  // namespace mcj
