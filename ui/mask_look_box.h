#pragma once

#include <QWidget>
#include <string>

#include "viewer/session/session.h"

class QCheckBox;

namespace mcj {

/// Settings of the layer of masks: outlines and stripes. GUI thread.
class MaskLookBox : public QWidget {
    Q_OBJECT
public:
    explicit MaskLookBox(Session& session, QWidget* parent = nullptr);
    /// Shows the settings of this layer of the active view; hidden where it draws no masks.
    void showLayer(const Layer& layer);

private:
    Session& session_;
    std::string layer_;  ///< its id
    QCheckBox* outline_;
    QCheckBox* hatched_;
    QCheckBox* covered_;
};

}  // namespace mcj
