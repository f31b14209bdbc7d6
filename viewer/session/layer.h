#pragma once

#include <span>
#include <string>
#include <variant>

#include "inference/analysis/streamlines.h"
#include "media/base/colormap.h"
#include "media/base/flow_color.h"
#include "media/figure/motion_lines.h"

namespace mcj {

// How layers of each kind of content are drawn. Image and colours have no settings except opacity.

struct ImageLook {
    friend bool operator==(const ImageLook&, const ImageLook&) = default;
};
struct FlowLook {
    FlowWheel wheel = FlowWheel::Middlebury;  ///< circle of hues
    float scalePx = 1.0F;                     ///< motion at full saturation, > 0
    bool pinned = false;                      ///< chosen by the user, not adjusted
    friend bool operator==(const FlowLook&, const FlowLook&) = default;
};
// `ScalarLook`, of one float per pixel, is in media/base/colormap.h.
/// One label per pixel.
struct MaskLook {
    bool outline = true;   ///< a line along the edges of objects
    bool hatched = false;  ///< objects are filled with stripes, as void always is
    bool covered = true;   ///< stripes where another object lies below the one on top
    friend bool operator==(const MaskLook&, const MaskLook&) = default;
};
/// A computed RGB picture.
struct ColorsLook {
    friend bool operator==(const ColorsLook&, const ColorsLook&) = default;
};
// `ArrowLook` is in media/figure and `StreamLook` in inference/analysis: exports draw them, too.
using LayerLook =
    std::variant<ImageLook, FlowLook, ScalarLook, MaskLook, ColorsLook, ArrowLook, StreamLook>;

// The default layers of every view; their ids are the names of their kinds.
inline constexpr const char* kImageLayer = "image";
inline constexpr const char* kFlowLayer = "flow";
inline constexpr const char* kArrowsLayer = "arrows";
inline constexpr const char* kStreamlinesLayer = "streamlines";
inline constexpr const char* kTruthLayer = "truth";
inline constexpr const char* kWarpErrorLayer = "warp-error";
inline constexpr const char* kConsistencyLayer = "consistency";
inline constexpr const char* kOcclusionLayer = "occlusion";
inline constexpr const char* kFeatureErrorLayer = "feature-error";
inline constexpr const char* kFlowErrorLayer = "flow-error";
inline constexpr const char* kAngleErrorLayer = "flow-angle-error";
inline constexpr const char* kDifferenceLayer = "difference";
inline constexpr const char* kSimilarityLayer = "similarity";
inline constexpr const char* kFeaturesLayer = "features";
inline constexpr const char* kMaskLayer = "mask";
inline constexpr const char* kComparedMasksLayer = "compared-masks";

/// One layer of a view and how it is drawn, on the pixel grid of the shown frame. A value;
/// `LayerStack` owns the layers in use.
struct Layer {
    std::string id;    ///< unique in its view
    std::string kind;  ///< a row of `layerTraits`
    bool visible = true;
    float opacity = 1.0F;  ///< 0..1
    LayerLook look;

    template <typename Look>
    [[nodiscard]] bool is() const noexcept {
        return std::holds_alternative<Look>(look);
    }
    /// Only for a layer that `is<FlowLook>()`.
    [[nodiscard]] const FlowLook& flow() const { return std::get<FlowLook>(look); }
    [[nodiscard]] FlowLook& flow() { return std::get<FlowLook>(look); }
    /// Only for a layer that `is<ScalarLook>()`.
    [[nodiscard]] const ScalarLook& scalar() const { return std::get<ScalarLook>(look); }
    [[nodiscard]] ScalarLook& scalar() { return std::get<ScalarLook>(look); }
    /// Only for a layer that `is<ArrowLook>()`.
    [[nodiscard]] const ArrowLook& arrows() const { return std::get<ArrowLook>(look); }
    [[nodiscard]] ArrowLook& arrows() { return std::get<ArrowLook>(look); }
    /// Only for a layer that `is<StreamLook>()`.
    [[nodiscard]] const StreamLook& streams() const { return std::get<StreamLook>(look); }
    [[nodiscard]] StreamLook& streams() { return std::get<StreamLook>(look); }
    /// Only for a layer that `is<MaskLook>()`.
    [[nodiscard]] const MaskLook& masks() const { return std::get<MaskLook>(look); }
    [[nodiscard]] MaskLook& masks() { return std::get<MaskLook>(look); }
    /// Lines are drawn over all layers that fill the picture.
    [[nodiscard]] bool isLines() const noexcept { return is<ArrowLook>() || is<StreamLook>(); }
    /// Whether it is one of the pictures in the strip of all maps: lines and differences show what
    /// others show, and masks have no picture of their own.
    [[nodiscard]] bool isPicture() const {
        return !isLines() && !is<MaskLook>() && kind != kDifferenceLayer;
    }
    [[nodiscard]] bool drawn() const noexcept { return visible && opacity > 0.0F; }
    friend bool operator==(const Layer&, const Layer&) = default;
};

/// Everything that differs between kinds of layers.
struct LayerTraits {
    const char* kind;         ///< "image", "flow", ...: used in options, object names and files
    const char* title;        ///< "Warp error"
    const char* unit;         ///< "px", "levels of 255", "" ...
    const char* explanation;  ///< one sentence: what it shows and how it is computed
    const char* product;      ///< the kind of product it draws; null: not computed
    int urgency;              ///< order of computation, lowest first
    bool visible;             ///< this and the following: initial values
    float opacity;
    LayerLook look;
};

/// All kinds in their initial drawing order, lowest layer first.
[[nodiscard]] std::span<const LayerTraits> layerTraits();
/// Throws `Error{Internal}` for an unknown kind; `findLayerTraits` returns null.
[[nodiscard]] const LayerTraits& layerTraits(const std::string& kind);
[[nodiscard]] const LayerTraits* findLayerTraits(const std::string& kind);

/// A layer of this kind with initial settings and the kind as its id.
[[nodiscard]] Layer defaultLayer(const std::string& kind);

}  // namespace mcj
