#include "viewer/session/layer_stack.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"

namespace mcj {
namespace {

/// The layer with its values clamped to the valid ranges.
Layer sane(Layer layer) {
    if (layerTraits(layer.kind).look.index() != layer.look.index()) {
        throw Error(ErrorCode::Internal,
                    "the layer \"" + layer.id + "\" has the look of another kind");
    }
    layer.opacity = std::clamp(layer.opacity, 0.0F, 1.0F);
    if (auto* scalar = std::get_if<ScalarLook>(&layer.look)) {
        if (!(scalar->high > scalar->low)) scalar->high = scalar->low + 1e-3F;
    }
    if (auto* flow = std::get_if<FlowLook>(&layer.look)) {
        if (!(flow->scalePx > 0.0F) || !std::isfinite(flow->scalePx)) flow->scalePx = 1.0F;
    }
    if (auto* arrows = std::get_if<ArrowLook>(&layer.look)) {
        arrows->spacingPx = std::clamp(arrows->spacingPx, kLeastSpacingPx, kMostSpacingPx);
        if (!std::isfinite(arrows->length)) arrows->length = 1.0F;
        arrows->length = std::clamp(arrows->length, kLeastArrowLength, kMostArrowLength);
    }
    if (auto* streams = std::get_if<StreamLook>(&layer.look)) {
        streams->spacingPx = std::clamp(streams->spacingPx, kLeastSpacingPx, kMostSpacingPx);
        streams->frames = std::clamp(streams->frames, kLeastStreamFrames, kMostStreamFrames);
    }
    return layer;
}

}  // namespace

LayerStack::LayerStack(QObject* parent) : QObject(parent) {
    for (const LayerTraits& traits : layerTraits()) layers_.push_back(defaultLayer(traits.kind));
}

std::size_t LayerStack::placeOf(const std::string& id) const {
    const auto found = std::find_if(layers_.begin(), layers_.end(),
                                    [&id](const Layer& layer) { return layer.id == id; });
    if (found == layers_.end()) {
        throw Error(ErrorCode::Internal, "unknown layer \"" + id + "\"");
    }
    return static_cast<std::size_t>(found - layers_.begin());
}

bool LayerStack::has(const std::string& id) const {
    return std::any_of(layers_.begin(), layers_.end(),
                       [&id](const Layer& layer) { return layer.id == id; });
}

void LayerStack::touch() {
    ++revision_;
    Q_EMIT changed();
}

void LayerStack::copy(const LayerStack& other) {
    layers_ = other.layers_;
    flowScaleKnown_ = other.flowScaleKnown_;
    ++revision_;
}

void LayerStack::set(const Layer& layer) {
    Layer wanted = sane(layer);
    if (!has(wanted.id)) {
        layers_.push_back(std::move(wanted));
        touch();
        return;
    }
    Layer& old = at(wanted.id);
    if (old == wanted) return;
    old = std::move(wanted);
    touch();
}

void LayerStack::setVisible(const std::string& id, bool visible) {
    Layer layer = at(id);
    layer.visible = visible;
    set(layer);
}

void LayerStack::setOpacity(const std::string& id, float opacity) {
    Layer layer = at(id);
    layer.opacity = opacity;
    set(layer);
}

void LayerStack::showOnly(const std::string& id) {
    // A view that shows the compared masks instead of the project's goes on to do so.
    const bool compared = visible(kComparedMasksLayer);
    for (Layer& layer : layers_) {
        if (layer.kind == kComparedMasksLayer && layer.id != id) continue;
        const bool masks = layer.is<MaskLook>() && (layer.visible || !compared);
        layer.visible = layer.id == id || layer.is<ImageLook>() || masks;
    }
    touch();
}

void LayerStack::move(const std::string& id, int steps) {
    const auto place = static_cast<std::ptrdiff_t>(placeOf(id));
    const auto target = std::clamp<std::ptrdiff_t>(place + steps, 0, std::ssize(layers_) - 1);
    if (target == place) return;
    const Layer moved = layers_[placeOf(id)];
    layers_.erase(layers_.begin() + place);
    layers_.insert(layers_.begin() + target, moved);
    touch();
}

void LayerStack::setOrder(const std::vector<std::string>& order) {
    const auto rank = [&order](const Layer& layer) {
        return std::find(order.begin(), order.end(), layer.id) - order.begin();
    };
    std::vector<Layer> sorted = layers_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&rank](const Layer& a, const Layer& b) { return rank(a) < rank(b); });
    if (sorted == layers_) return;
    layers_ = std::move(sorted);
    touch();
}

bool LayerStack::raiseFlowScale(float percentilePx) {
    if (!std::isfinite(percentilePx)) return false;
    const float step = roundUpToScaleStep(percentilePx);
    const bool first = !flowScaleKnown_;
    bool rose = false;
    for (const Layer& each : std::vector<Layer>(layers_)) {
        if (!each.is<FlowLook>() || each.flow().pinned) continue;
        if (!first && step <= each.flow().scalePx) continue;
        // What is told to the user is the scale of the flow itself.
        rose = rose || (!first && each.kind == kFlowLayer);
        flowScaleKnown_ = true;
        Layer layer = each;
        layer.flow().scalePx = step;
        set(layer);
    }
    return rose;
}

void LayerStack::resetFlowScale() { flowScaleKnown_ = false; }

}  // namespace mcj
