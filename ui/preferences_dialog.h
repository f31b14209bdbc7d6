#pragma once

#include <QDialog>
#include <QString>

#include "viewer/session/preferences.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QSpinBox;

namespace mcj {

class Session;

/// "In use now: frames 210 of 512 MiB, maps 80 of 768 MiB".
[[nodiscard]] QString memoryText(const MemoryUse& use);

/// Shows and changes the preferences. States which options of the command line override them, when
/// a change applies, and how much of the memory is used.
class PreferencesDialog : public QDialog {
    Q_OBJECT
public:
    /// `session` outlives the dialog.
    explicit PreferencesDialog(Session& session, QWidget* parent = nullptr);

private:
    void makeEngineRows(QFormLayout& form);
    void makeMemoryRows(QFormLayout& form);
    void makeStartRows(QFormLayout& form);
    void lockGivenRows();
    void showValues(const Preferences& preferences);
    [[nodiscard]] Preferences chosen() const;
    void refresh();
    void refreshMemory();
    void apply();

    Session& session_;
    QComboBox* device_;
    QSpinBox* threads_;
    QComboBox* precision_;
    QSpinBox* maxSide_;
    QSpinBox* frames_;
    QSpinBox* maps_;
    QLabel* memory_;
    QComboBox* wheel_;
    QComboBox* flow_;
    QComboBox* propagation_;
    QLabel* problem_;
    QPushButton* ok_ = nullptr;
};

}  // namespace mcj
