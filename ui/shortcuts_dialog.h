#pragma once

#include <QDialog>

namespace mcj {

/// Every key, from the table the actions are made of, and what the mouse does.
class ShortcutsDialog : public QDialog {
    Q_OBJECT
public:
    explicit ShortcutsDialog(QWidget* parent = nullptr);
};

}  // namespace mcj
