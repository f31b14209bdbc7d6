#pragma once

#include <QWidget>
#include <array>

#include "viewer/session/session.h"

class QComboBox;

namespace mcj {

/// Chooses the two maps of the difference of the active view. GUI thread.
class DifferenceBox : public QWidget {
    Q_OBJECT
public:
    explicit DifferenceBox(Session& session, QWidget* parent = nullptr);
    /// Hidden where this layer of the active view is not a difference.
    void showLayer(const Layer& layer);

private:
    struct Row {
        QComboBox* view;
        QComboBox* map;
    };
    Row addRow(const QString& name, const QString& spoken);
    void adopt();

    Session& session_;
    std::array<Row, 2> rows_{};
};

}  // namespace mcj
