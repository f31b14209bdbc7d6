#pragma once

#include <QDialog>
#include <QString>

#include "viewer/session/tour_export.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace mcj {

class Session;

/// Asks for the file, the size and the time of a rendered tour, renders it, and shows how far it
/// is. The window behind shows each bookmark meanwhile and cannot be used.
class TourDialog : public QDialog {
    Q_OBJECT
public:
    /// `folder`: where the file is offered to be written. `session` outlives the dialog.
    TourDialog(Session& session, const QString& folder, QWidget* parent = nullptr);

    /// Stops a tour that is being rendered; closes the dialog otherwise.
    void reject() override;

Q_SIGNALS:
    void noticed(const mcj::Notice& notice);

private:
    QWidget* makeChoice(const QString& folder);
    void browse();
    void refresh();
    void begin();
    void ended();

    Session& session_;
    TourExport* tour_;
    QWidget* choice_ = nullptr;
    QLineEdit* target_ = nullptr;
    QComboBox* size_ = nullptr;
    QDoubleSpinBox* secs_ = nullptr;
    QLabel* words_;
    QProgressBar* bar_;
    QPushButton* ok_ = nullptr;
    QPushButton* cancel_ = nullptr;
    bool leaving_ = false;  ///< the document is being left
};

}  // namespace mcj
