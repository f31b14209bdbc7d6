#pragma once

class QWidget;

namespace mcj {

class Session;

/// Asks for a command that computes flow (`FlowCommand`) and makes it the flow of the active view,
/// without blocking.
void askFlowCommand(Session& session, QWidget* parent);

}  // namespace mcj
