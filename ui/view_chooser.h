#pragma once

#include <QWidget>
#include <vector>

#include "viewer/session/session.h"

class QSpinBox;
class QToolButton;

namespace mcj {

/// Chooses the active one of several views and its frame offset. Hidden while there is one view.
class ViewChooser : public QWidget {
    Q_OBJECT
public:
    explicit ViewChooser(Session& session, QWidget* parent = nullptr);

private:
    void refresh();

    Session& session_;
    std::vector<QToolButton*> buttons_;
    QSpinBox* offset_;
};

}  // namespace mcj
