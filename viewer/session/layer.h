#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media/base/colormap.h"
#include "media/base/flow_color.h"

namespace mcj {

/// What can lie on the canvas. All stand on the pixel grid of the frame that is shown.
enum class LayerKind {
    Image,         ///< the frame itself
    Flow,          ///< motion to the next frame, as colours of the wheel
    WarpError,     ///< |frame - next frame warped to it|, levels of 255
    Consistency,   ///< |f(p) + b(p + f(p))|, px
    Occlusion,     ///< 1 where forward and backward flow disagree
    FeatureError,  ///< 1 - cosine of features along the flow
    Similarity,    ///< cosine with the feature at the query point
    Mask,          ///< objects
};
inline constexpr std::array kAllLayers{
    LayerKind::Image,     LayerKind::Flow,         LayerKind::WarpError,  LayerKind::Consistency,
    LayerKind::Occlusion, LayerKind::FeatureError, LayerKind::Similarity, LayerKind::Mask};
inline constexpr std::size_t kLayerCount = kAllLayers.size();

/// How one layer is drawn. A value; `LayerStack` owns the ones in use.
struct Layer {
    LayerKind kind = LayerKind::Image;
    bool visible = true;
    float opacity = 1.0F;                     ///< 0..1
    Colormap colormap = Colormap::Viridis;    ///< scalar layers
    float rangeLow = 0.0F;                    ///< scalar layers: see `scalarSpan`
    float rangeHigh = 1.0F;                   ///< scalar layers: > rangeLow
    FlowWheel wheel = FlowWheel::Middlebury;  ///< flow: circle of hues
    float flowScalePx = 1.0F;                 ///< flow: motion of full saturation, > 0
    bool flowScalePinned = false;             ///< flow: the user chose the scale, it stays
    friend bool operator==(const Layer&, const Layer&) = default;
};

[[nodiscard]] Layer defaultLayer(LayerKind kind);

/// "image", "flow", "warp-error", ...: names of options, object names and files.
[[nodiscard]] std::string_view layerId(LayerKind kind);
[[nodiscard]] std::optional<LayerKind> parseLayerId(std::string_view id);

/// "Warp error": for people.
[[nodiscard]] std::string_view layerTitle(LayerKind kind);
/// One sentence: what it shows and how it is computed.
[[nodiscard]] std::string_view layerExplanation(LayerKind kind);
/// "px", "levels of 255", "" ...
[[nodiscard]] std::string_view layerUnit(LayerKind kind);

/// One float a pixel: drawn by a colormap and a range.
[[nodiscard]] constexpr bool isScalarLayer(LayerKind kind) noexcept {
    return kind != LayerKind::Image && kind != LayerKind::Flow && kind != LayerKind::Mask;
}

}  // namespace mcj
