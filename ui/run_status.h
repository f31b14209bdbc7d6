#pragma once

#include <QTimer>
#include <QWidget>

#include "viewer/session/session.h"

class QLabel;
class QProgressBar;
class QToolButton;

namespace mcj {

/// Status bar widgets: the run with its progress, time left and a Stop button, or what is being
/// computed for the canvas; whether all changes are saved; model and device, and the memory
/// that frames and maps take.
class RunStatus : public QWidget {
    Q_OBJECT
public:
    explicit RunStatus(Session& session, QWidget* parent = nullptr);

Q_SIGNALS:
    void pauseRequested();
    void stopRequested();

private:
    void refresh();
    void refreshSaveState();
    /// Progress of the scan; empty once it is complete.
    [[nodiscard]] QString countingText() const;

    Session& session_;
    QLabel* words_;
    QProgressBar* bar_;
    QToolButton* pause_;  ///< for runs that can be paused
    QToolButton* stop_;
    QLabel* saved_;
    QLabel* engine_;
    QTimer calm_;  ///< delays the text, so that short work does not make it flicker
};

}  // namespace mcj
