#pragma once

#include <QListWidget>
#include <QWidget>
#include <map>
#include <string>

#include "viewer/session/session.h"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSlider;
class QToolButton;

namespace mcj {

class DifferenceBox;
class LineLookBox;
class MaskLookBox;
class OcclusionRuleBox;
class RangeHistogram;

/// One layer in the list: visibility, name, opacity.
class LayerRow : public QWidget {
    Q_OBJECT
public:
    LayerRow(Session& session, const std::string& layer, QWidget* parent = nullptr);
    void refresh();

private:
    Session& session_;
    std::string layer_;  ///< its id
    QToolButton* eye_;
    QLabel* name_;
    QSlider* opacity_;
};

/// Lists the layers from top to bottom with visibility, opacity and order (by drag or buttons).
/// Below the list: description, scale and colours of the selected layer.
class LayersDock : public QWidget {
    Q_OBJECT
public:
    explicit LayersDock(Session& session, QWidget* parent = nullptr);
    void choose(const std::string& layer);

private:
    void rebuildList();
    /// Shows the rows of layers that can be computed; those of the truth only where it is loaded.
    void offerLayers();
    void refresh();
    void refreshHistogram();
    void refreshExplanation();
    /// The next shown row from the selected one, upwards (-1) or downwards (1); -1: none.
    [[nodiscard]] int shownRowFrom(int step) const;
    void moveChosen(int step);
    void buildDetails(QFormLayout* form);
    /// The id of the selected layer.
    [[nodiscard]] std::string chosen() const;
    void adoptOrder();

    Session& session_;
    QListWidget* list_;
    std::map<std::string, LayerRow*> rows_;
    QToolButton* up_;
    QToolButton* down_;
    QLabel* title_;
    QLabel* explanation_;
    QLabel* lowLabel_;
    QLabel* highLabel_;
    QLabel* colorsLabel_;
    QLabel* levelLabel_;
    RangeHistogram* histogram_;
    LineLookBox* lines_;
    OcclusionRuleBox* rule_;
    DifferenceBox* difference_;
    MaskLookBox* masks_;
    QComboBox* colors_;
    QDoubleSpinBox* low_;
    QDoubleSpinBox* high_;
    QToolButton* pin_;
    QComboBox* level_;
};

}  // namespace mcj
