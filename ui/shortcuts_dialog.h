#pragma once

#include <QDialog>

namespace mcj {

/// Lists all shortcuts, from the table of actions, and the mouse operations.
class ShortcutsDialog : public QDialog {
    Q_OBJECT
public:
    explicit ShortcutsDialog(QWidget* parent = nullptr);
};

}  // namespace mcj
