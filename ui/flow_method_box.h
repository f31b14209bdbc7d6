#pragma once

#include <QComboBox>

#include "viewer/session/session.h"

namespace mcj {

/// Chooses the flow in use: the methods of this program, and other methods' flow from files that
/// were loaded for the clip.
class FlowMethodBox : public QComboBox {
    Q_OBJECT
public:
    explicit FlowMethodBox(Session& session, QWidget* parent = nullptr);

private:
    void listFiles();
    void refresh();

    Session& session_;
};

}  // namespace mcj
