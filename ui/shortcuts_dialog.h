#pragma once

#include <QDialog>
#include <map>
#include <string>

class QComboBox;
class QLabel;
class QLayout;
class QTreeWidget;
class QTreeWidgetItem;

namespace mcj {

class CommandRegistry;

/// Lists every key and what the mouse does. A double click on a command, or Enter, changes its
/// keys; a key map replaces all of them.
class ShortcutsDialog : public QDialog {
    Q_OBJECT
public:
    /// `registry` outlives the dialog.
    explicit ShortcutsDialog(CommandRegistry& registry, QWidget* parent = nullptr);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLayout* makeMapRow();
    void addCommandRows();
    void addMouseRows();
    void showKeys();
    void filter(const QString& text);
    void editKeys(QTreeWidgetItem* row);
    void keepKeys();
    void endEditing();
    void apply(const std::string& id, const QKeySequence& key);

    CommandRegistry& registry_;
    QTreeWidget* tree_;
    QLabel* note_;
    QComboBox* maps_;
    std::map<QTreeWidgetItem*, std::string> rows_;  ///< the id of a row's command
    QTreeWidgetItem* edited_ = nullptr;
};

}  // namespace mcj
