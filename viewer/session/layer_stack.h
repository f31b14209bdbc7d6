#pragma once

#include <QObject>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "viewer/session/layer.h"

namespace mcj {

/// The layers of a view in drawing order, bottom first; initially one of each kind. GUI thread.
/// Functions that take an id throw `Error{Internal}` if no layer has it.
class LayerStack : public QObject {
    Q_OBJECT
public:
    explicit LayerStack(QObject* parent = nullptr);

    /// All layers, bottom first: draw them in this order.
    [[nodiscard]] const std::vector<Layer>& layers() const noexcept { return layers_; }
    [[nodiscard]] bool has(const std::string& id) const;
    [[nodiscard]] const Layer& layer(const std::string& id) const { return layers_[placeOf(id)]; }
    [[nodiscard]] bool visible(const std::string& id) const { return layer(id).visible; }

    /// Takes over all layers of another stack. Emits no signal.
    void copy(const LayerStack& other);
    /// Replaces the layer of the same id, or adds it on top if no layer has this id; does nothing
    /// if it is equal. Throws `Error{Internal}` if the look does not belong to the layer's kind.
    void set(const Layer& layer);
    void setVisible(const std::string& id, bool visible);
    void setOpacity(const std::string& id, float opacity);
    /// Shows images, this layer and masks, and hides the others.
    void showOnly(const std::string& id);

    /// Moves a layer by `steps` towards the top (positive) or the bottom.
    void move(const std::string& id, int steps);
    /// Bottom first. Layers not in `order` keep their relative order on top; unknown ids are
    /// skipped.
    void setOrder(const std::vector<std::string>& order);

    /// Raises the flow scale to the step at or above `percentilePx`, unless the user pinned it.
    /// Returns whether it rose.
    bool raiseFlowScale(float percentilePx);
    /// Resets the flow scale for a new video; the next flow sets it. A pinned scale is kept.
    void resetFlowScale();

    /// Grows with every change of a setting.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

Q_SIGNALS:
    void changed();

private:
    [[nodiscard]] std::size_t placeOf(const std::string& id) const;
    [[nodiscard]] Layer& at(const std::string& id) { return layers_[placeOf(id)]; }
    void touch();

    std::vector<Layer> layers_;
    std::uint64_t revision_ = 1;
    bool flowScaleKnown_ = false;
};

}  // namespace mcj
