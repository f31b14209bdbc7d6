#pragma once

#include <QDialog>
#include <map>
#include <set>
#include <string>

#include "inference/analysis/analysis_export.h"
#include "segmentation/mask_set_export.h"
#include "viewer/session/session.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace mcj {

enum class ExportKind { Masks, ShownFrame, Maps };

struct ExportChoice {
    ExportKind kind = ExportKind::Masks;
    QString target;        ///< a folder, or the image file of the shown frame
    FrameIndex begin = 0;  ///< half-open
    FrameIndex end = 0;
    std::set<AnalysisMap> maps;
    std::set<MapFormat> formats;
    std::string maskFormat = "davis";  ///< an id of `maskFormats`
    MaskLoss maskLoss = MaskLoss::Refuse;
    bool similarity = false;
    ExistingFiles existing = ExistingFiles::KeepOrRefuse;  ///< of maps and masks
};

/// What to export and where to. States beforehand what will be written, and refuses invalid
/// choices.
class ExportDialog : public QDialog {
    Q_OBJECT
public:
    ExportDialog(const Session& session, ExportKind kind, const QString& folder,
                 QWidget* parent = nullptr);
    [[nodiscard]] ExportChoice choice() const;

private:
    QWidget* makeRange();
    QWidget* makeMapsPage();
    QLayout* makeTarget();
    void connectParts();
    void followFrameCount();
    void browse();
    void refresh();
    void refreshModelBoxes();
    void refreshReplace();
    [[nodiscard]] ExportKind kind() const;
    [[nodiscard]] QString defaultTarget() const;
    [[nodiscard]] const MaskFormat& chosenMaskFormat() const;
    [[nodiscard]] QString maskText() const;

    const Session& session_;
    QString folder_;
    QFormLayout* form_;
    QComboBox* kind_;
    QLabel* about_;
    QWidget* range_;
    QSpinBox* first_;
    QSpinBox* last_;
    QComboBox* maskFormat_;
    QWidget* mapsPage_;
    std::map<AnalysisMap, QCheckBox*> maps_;
    QCheckBox* similarity_;
    std::map<MapFormat, QCheckBox*> formats_;
    QLineEdit* target_;
    QCheckBox* replace_;
    QLabel* problem_;
    QPushButton* ok_;
    bool targetTyped_ = false;
};

}  // namespace mcj
