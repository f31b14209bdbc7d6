#include "ui/commands/commands.h"

#include "viewer/session/session.h"

namespace mcj {

void addCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addFileCommands(registry, session, window);
    addEditCommands(registry, session, window);
    addToolCommands(registry, session, window);
    addPlayCommands(registry, session, window);
    addMarkCommands(registry, session, window);
    addCurveCommands(registry, session, window);
    addPropagateCommands(registry, session, window);
    addViewCommands(registry, session, window);
    addCompareCommands(registry, session, window);
    addAccuracyCommands(registry, session, window);
    addPresentCommands(registry, session, window);
    addHelpCommands(registry, session, window);
}

bool showsPicture(const Session& session) {
    return session.isOpen() && session.playhead().picture() != nullptr;
}

}  // namespace mcj
