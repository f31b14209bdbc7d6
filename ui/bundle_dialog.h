#pragma once

#include <QDialog>
#include <QString>
#include <optional>

#include "segmentation/project_bundle.h"
#include "viewer/session/lanes.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace mcj {

class Session;

/// Asks where a bundle of the open project is created, and states beforehand how large it will be
/// and what is missing. "Make" starts the run.
class BundleDialog : public QDialog {
    Q_OBJECT
public:
    /// `folder`: where the bundle is offered to be made. `session` outlives the dialog.
    BundleDialog(Session& session, const QString& folder, QWidget* parent = nullptr);

Q_SIGNALS:
    void failed(const mcj::Error& error);

private:
    void plan();
    void browse();
    void refresh();
    void make();

    Session& session_;
    QLineEdit* target_;
    QLabel* size_;
    QPushButton* ok_;
    std::optional<BundlePlan> plan_;  ///< once it is known
    QString problem_;
    Lane planning_{QStringLiteral("bundle")};
};

}  // namespace mcj
