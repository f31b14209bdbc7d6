#pragma once

#include <QTimer>
#include <QWidget>

#include "viewer/session/session.h"

class QLabel;
class QProgressBar;
class QToolButton;

namespace mcj {

/// In the status bar: what runs, how far it is, how long it will take, and Stop; else what is being
/// computed for the screen; whether everything is saved; and which model on which device.
class RunStatus : public QWidget {
    Q_OBJECT
public:
    explicit RunStatus(Session& session, QWidget* parent = nullptr);

Q_SIGNALS:
    void stopRequested();

private:
    void refresh();
    void refreshSaveState();
    /// How far the background index is; empty once it is whole.
    [[nodiscard]] QString countingText() const;

    Session& session_;
    QLabel* words_;
    QProgressBar* bar_;
    QToolButton* stop_;
    QLabel* saved_;
    QLabel* engine_;
    QTimer calm_;  ///< short work is not worth a flicker of text
};

}  // namespace mcj
