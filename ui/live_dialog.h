#pragma once

#include <QDialog>

#include "viewer/session/live_feed.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;

namespace mcj {

/// Asks for a camera or stream, with the size and rate that a camera is asked for.
class LiveDialog : public QDialog {
    Q_OBJECT
public:
    /// `recent`: sources that were opened before; the first one is preselected.
    explicit LiveDialog(const QStringList& recent, QWidget* parent = nullptr);

    /// Valid once the dialog was accepted.
    [[nodiscard]] const LiveRequest& choice() const noexcept { return choice_; }

public Q_SLOTS:
    /// Stays open with the reason where this cannot be a live source.
    void accept() override;

private:
    void refresh();

    QComboBox* source_;
    QLineEdit* size_;
    QDoubleSpinBox* rate_;
    QLabel* problem_;
    LiveRequest choice_;
};

}  // namespace mcj
