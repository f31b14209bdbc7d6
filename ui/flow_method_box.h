#pragma once

#include <QComboBox>

#include "viewer/session/session.h"

namespace mcj {

/// Chooses the flow in use: the methods of this program, other methods' flow from files that were
/// loaded for the clip, and commands of the user's own. A command runs only after it was chosen
/// here.
class FlowMethodBox : public QComboBox {
    Q_OBJECT
public:
    explicit FlowMethodBox(Session& session, QWidget* parent = nullptr);

private:
    void choose(int index);
    void listOthers();
    void refresh();

    Session& session_;
    int methods_ = 0;  ///< the methods of this program come first
};

}  // namespace mcj
