#pragma once

#include <QWidget>

#include "viewer/session/session.h"

class QCheckBox;
class QLabel;
class QProgressBar;
class QToolButton;

namespace mcj {

class CommandRegistry;

/// Below the buttons that start a propagation: the frames it may write, where in or out points
/// limit them, and a propagation that is under way, with its progress, the time left, and a button
/// that pauses or continues it. Each part is visible only while there is something to show.
class PropagationPanel : public QWidget {
    Q_OBJECT
public:
    PropagationPanel(Session& session, const CommandRegistry& commands, QWidget* parent = nullptr);

private:
    void refreshRange();
    void refreshRun();

    Session& session_;
    QCheckBox* range_;
    QWidget* run_;
    QLabel* words_;
    QProgressBar* bar_;
    QToolButton* pause_;
};

}  // namespace mcj
