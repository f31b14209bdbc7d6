#pragma once

#include <QObject>
#include <cstdint>
#include <vector>

#include "viewer/session/layer.h"

namespace mcj {

/// The layers in drawing order, bottom first. GUI thread.
class LayerStack : public QObject {
    Q_OBJECT
public:
    explicit LayerStack(QObject* parent = nullptr);

    /// All layers, bottom first: draw them in this order.
    [[nodiscard]] const std::vector<Layer>& layers() const noexcept { return layers_; }
    [[nodiscard]] const Layer& layer(LayerKind kind) const;
    [[nodiscard]] bool visible(LayerKind kind) const { return layer(kind).visible; }

    /// Replaces the layer of the same kind; nothing happens where it is equal.
    void set(const Layer& layer);
    void setVisible(LayerKind kind, bool visible);
    void setOpacity(LayerKind kind, float opacity);
    /// Shows the image, this layer and the masks, and hides the others.
    void showOnly(LayerKind kind);

    /// Moves a layer by `steps` towards the top (positive) or the bottom.
    void move(LayerKind kind, int steps);
    /// Bottom first; kinds left out keep their relative order on top.
    void setOrder(const std::vector<LayerKind>& order);

    /// Raises the flow's scale to the step at or above `percentilePx`, unless the user pinned it.
    /// Returns whether it rose.
    bool raiseFlowScale(float percentilePx);
    /// Forgets the scale (a new video): the next flow sets it. A pinned one stays.
    void resetFlowScale();

    /// Grows with every change of a setting.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

Q_SIGNALS:
    void changed();

private:
    [[nodiscard]] Layer& at(LayerKind kind);
    void touch();

    std::vector<Layer> layers_;
    std::uint64_t revision_ = 1;
    bool flowScaleKnown_ = false;
};

}  // namespace mcj
