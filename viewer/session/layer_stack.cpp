#include "viewer/session/layer_stack.h"

#include <algorithm>
#include <cmath>

namespace mcj {

LayerStack::LayerStack(QObject* parent) : QObject(parent) {
    for (const LayerKind kind : kAllLayers) layers_.push_back(defaultLayer(kind));
}

const Layer& LayerStack::layer(LayerKind kind) const {
    return *std::find_if(layers_.begin(), layers_.end(),
                         [kind](const Layer& layer) { return layer.kind == kind; });
}

Layer& LayerStack::at(LayerKind kind) {
    return *std::find_if(layers_.begin(), layers_.end(),
                         [kind](const Layer& layer) { return layer.kind == kind; });
}

void LayerStack::touch() {
    ++revision_;
    Q_EMIT changed();
}

void LayerStack::set(const Layer& layer) {
    Layer sane = layer;
    sane.opacity = std::clamp(sane.opacity, 0.0F, 1.0F);
    if (!(sane.rangeHigh > sane.rangeLow)) sane.rangeHigh = sane.rangeLow + 1e-3F;
    if (!(sane.flowScalePx > 0.0F) || !std::isfinite(sane.flowScalePx)) sane.flowScalePx = 1.0F;
    Layer& old = at(sane.kind);
    if (old == sane) return;
    old = sane;
    touch();
}

void LayerStack::setVisible(LayerKind kind, bool visible) {
    Layer layer = at(kind);
    layer.visible = visible;
    set(layer);
}

void LayerStack::setOpacity(LayerKind kind, float opacity) {
    Layer layer = at(kind);
    layer.opacity = opacity;
    set(layer);
}

void LayerStack::showOnly(LayerKind kind) {
    for (Layer& layer : layers_) {
        layer.visible =
            layer.kind == kind || layer.kind == LayerKind::Image || layer.kind == LayerKind::Mask;
    }
    touch();
}

void LayerStack::move(LayerKind kind, int steps) {
    const auto from = std::find_if(layers_.begin(), layers_.end(),
                                   [kind](const Layer& layer) { return layer.kind == kind; });
    const auto place = from - layers_.begin();
    const auto target = std::clamp<std::ptrdiff_t>(place + steps, 0, std::ssize(layers_) - 1);
    if (target == place) return;
    const Layer moved = *from;
    layers_.erase(from);
    layers_.insert(layers_.begin() + target, moved);
    touch();
}

void LayerStack::setOrder(const std::vector<LayerKind>& order) {
    std::vector<Layer> sorted;
    for (const LayerKind kind : order) {
        const bool taken = std::any_of(sorted.begin(), sorted.end(),
                                       [kind](const Layer& layer) { return layer.kind == kind; });
        if (!taken) sorted.push_back(at(kind));
    }
    for (const Layer& layer : layers_) {
        const bool taken = std::any_of(sorted.begin(), sorted.end(), [&layer](const Layer& other) {
            return other.kind == layer.kind;
        });
        if (!taken) sorted.push_back(layer);
    }
    if (sorted == layers_) return;
    layers_ = std::move(sorted);
    touch();
}

bool LayerStack::raiseFlowScale(float percentilePx) {
    Layer layer = at(LayerKind::Flow);
    if (layer.flowScalePinned || !std::isfinite(percentilePx)) return false;
    const float step = roundUpToScaleStep(percentilePx);
    const bool first = !flowScaleKnown_;
    if (!first && step <= layer.flowScalePx) return false;
    flowScaleKnown_ = true;
    const bool rose = !first && step > layer.flowScalePx;
    layer.flowScalePx = step;
    set(layer);
    return rose;
}

void LayerStack::resetFlowScale() { flowScaleKnown_ = false; }

}  // namespace mcj
