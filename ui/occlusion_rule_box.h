#pragma once

#include <QWidget>

#include "viewer/session/session.h"

class QDoubleSpinBox;
class QLabel;

namespace mcj {

/// Thresholds of the occlusion of the active view, and its rule with their values. GUI thread.
class OcclusionRuleBox : public QWidget {
    Q_OBJECT
public:
    explicit OcclusionRuleBox(Session& session, QWidget* parent = nullptr);
    /// Hidden where this layer of the active view does not depend on the thresholds.
    void showLayer(const Layer& layer);

private:
    void adopt();

    Session& session_;
    QLabel* formula_;
    QDoubleSpinBox* alpha_;
    QDoubleSpinBox* beta_;
};

}  // namespace mcj
