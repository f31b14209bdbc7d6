#pragma once

#include <QDialog>
#include <map>
#include <string>

class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace mcj {

class CommandRegistry;

/// A search field over all commands: Up and Down choose one, Enter or a double click closes the
/// palette and runs it. Commands that are not possible now are listed last and cannot be run.
class CommandPalette : public QDialog {
    Q_OBJECT
public:
    /// `registry` outlives the dialog.
    explicit CommandPalette(CommandRegistry& registry, QWidget* parent = nullptr);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill(const QString& typed);
    void runChosen();

    CommandRegistry& registry_;
    QLineEdit* find_;
    QTreeWidget* list_;
    std::map<QTreeWidgetItem*, std::string> rows_;  ///< the id of a row's command
};

}  // namespace mcj
