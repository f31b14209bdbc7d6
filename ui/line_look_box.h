#pragma once

#include <QWidget>
#include <string>

#include "viewer/session/session.h"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QSpinBox;

namespace mcj {

/// Settings of a layer that draws lines: distance, length or frames, colours. GUI thread.
class LineLookBox : public QWidget {
    Q_OBJECT
public:
    explicit LineLookBox(Session& session, QWidget* parent = nullptr);
    /// Shows the settings of this layer of the active view; hidden where it draws no lines.
    void showLayer(const Layer& layer);

private:
    /// Changes the shown layer where it has this look.
    template <typename Look, typename Change>
    void editIf(Change change);
    /// Changes what arrows and streamlines have in common.
    template <typename Change>
    void edit(Change change);

    Session& session_;
    std::string layer_;  ///< its id
    QFormLayout* form_;
    QSpinBox* spacing_;
    QDoubleSpinBox* length_;  ///< of arrows
    QSpinBox* frames_;        ///< of streamlines
    QComboBox* colors_;
};

}  // namespace mcj
