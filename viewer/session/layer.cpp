#include "viewer/session/layer.h"

namespace mcj {
namespace {

struct LayerWords {
    std::string_view id;
    std::string_view title;
    std::string_view unit;
    std::string_view explanation;
};

const LayerWords& words(LayerKind kind) {
    static constexpr std::array<LayerWords, kLayerCount> kWords{{
        {"image", "Image", "", "The decoded frame, upright, in its own pixels."},
        {"flow", "Flow", "px",
         "Motion to the next frame: hue is direction, saturation is length. The pixel at p is "
         "found at p + f(p)."},
        {"warp-error", "Warp error", "levels of 255",
         "mean over RGB of |I1(p) - I2(p + f(p))|: where motion does not explain the picture."},
        {"consistency", "Consistency", "px",
         "|f(p) + b(p + f(p))|: distance by which forward and backward flow miss each other."},
        {"occlusion", "Occlusion", "",
         "1 where |f + b'|^2 > 0.01 (|f|^2 + |b'|^2) + 0.5: hidden in the next frame."},
        {"feature-error", "Feature error", "1 - cosine",
         "1 - cos(F1(p), F2(p + f(p))): where motion leads to different content."},
        {"similarity", "Similarity", "cosine",
         "cos(F(query), F(p)) on a fixed scale: what looks like the clicked point. Press S and "
         "click."},
        {"mask", "Masks", "", "Painted and propagated objects; 0 is background."},
    }};
    return kWords[static_cast<std::size_t>(kind)];
}

}  // namespace

Layer defaultLayer(LayerKind kind) {
    Layer layer;
    layer.kind = kind;
    layer.visible = kind == LayerKind::Image || kind == LayerKind::Flow || kind == LayerKind::Mask;
    switch (kind) {
    case LayerKind::Image: break;
    case LayerKind::Flow: layer.opacity = 0.7F; break;
    case LayerKind::WarpError:
        layer.opacity = 0.85F;
        layer.rangeHigh = 64.0F;
        break;
    case LayerKind::Consistency:
        layer.opacity = 0.85F;
        layer.rangeHigh = 5.0F;
        layer.colormap = Colormap::Cividis;
        break;
    case LayerKind::Occlusion:
        layer.opacity = 0.6F;
        layer.colormap = Colormap::Cividis;
        break;
    case LayerKind::FeatureError: layer.opacity = 0.85F; break;
    case LayerKind::Similarity:
        layer.opacity = 0.7F;
        layer.rangeLow = -1.0F;
        layer.colormap = Colormap::Turbo;
        break;
    case LayerKind::Mask: layer.opacity = 0.55F; break;
    }
    return layer;
}

std::string_view layerId(LayerKind kind) { return words(kind).id; }

std::optional<LayerKind> parseLayerId(std::string_view id) {
    for (const LayerKind kind : kAllLayers) {
        if (layerId(kind) == id) return kind;
    }
    return std::nullopt;
}

std::string_view layerTitle(LayerKind kind) { return words(kind).title; }
std::string_view layerExplanation(LayerKind kind) { return words(kind).explanation; }
std::string_view layerUnit(LayerKind kind) { return words(kind).unit; }

}  // namespace mcj
