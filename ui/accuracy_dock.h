#pragma once

#include <QTimer>
#include <QWidget>
#include <vector>

#include "viewer/session/session.h"

class QLabel;
class QTableWidget;

namespace mcj {

class CommandRegistry;

/// The errors of the flow against ground truth, one row per frame: sortable by each column, and a
/// click on a row goes to its frame. Below: the errors over all frames, and the commands that
/// measure and export.
class AccuracyDock : public QWidget {
    Q_OBJECT
public:
    AccuracyDock(Session& session, const CommandRegistry& commands, QWidget* parent = nullptr);

private:
    void makeTable();
    void addWaiting();
    void clear();
    void refreshWords();

    Session& session_;
    QTableWidget* table_;
    QLabel* words_;
    std::vector<FrameIndex> waiting_;  ///< measured, not in the table yet
    QTimer calm_;                      ///< adds rows together: sorting takes time
};

}  // namespace mcj
