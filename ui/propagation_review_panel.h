#pragma once

#include <QWidget>

#include "viewer/session/session.h"

class QLabel;
class QListWidget;

namespace mcj {

class CommandRegistry;

/// What a propagation changed on frames that had masks, by object, with buttons to keep it or to
/// undo it for the selected object. Visible only while there is something to decide.
class PropagationReviewPanel : public QWidget {
    Q_OBJECT
public:
    PropagationReviewPanel(Session& session, const CommandRegistry& commands,
                           QWidget* parent = nullptr);

private:
    void refresh();

    Session& session_;
    QLabel* heading_;
    QListWidget* list_;
};

}  // namespace mcj
