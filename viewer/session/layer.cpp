#include "viewer/session/layer.h"

#include <algorithm>
#include <array>

#include "media/base/error.h"

namespace mcj {
namespace {

const std::array<LayerTraits, 16>& table() {
    static const std::array<LayerTraits, 16> kTraits{{
        {kImageLayer, "Image", "", "The decoded frame, upright, at its own resolution.", nullptr, 0,
         true, 1.0F, ImageLook{}},
        {kFeaturesLayer, "Features", "",
         "The first three principal components of the features as red, green and blue. One basis, "
         "from 8 frames of the video, is used for all frames: equal colours mean similar content "
         "in every frame.",
         "feature-colors", 6, false, 0.85F, ColorsLook{}},
        {kFlowLayer, "Flow", "px",
         "Motion to the next frame: hue is direction, saturation is length. The pixel at p is "
         "found at p + f(p).",
         "flow", 1, true, 0.7F, FlowLook{}},
        {kTruthLayer, "Ground truth", "px",
         "Ground-truth flow from files, with which the flow is compared. Black where it is "
         "unknown.",
         "truth", 6, false, 0.7F, FlowLook{}},
        {kWarpErrorLayer, "Warp error", "levels of 255",
         "mean over RGB of |I1(p) - I2(p + f(p))|: high where the flow does not explain the image.",
         "warp-error", 2, false, 0.85F, ScalarLook{Colormap::Viridis, 0.0F, 64.0F}},
        {kConsistencyLayer, "Consistency", "px",
         "|f(p) + b(p + f(p))|: distance between forward and backward flow.", "consistency", 4,
         false, 0.85F, ScalarLook{Colormap::Cividis, 0.0F, 5.0F}},
        {kOcclusionLayer, "Occlusion", "",
         "1 where |f + b'|^2 > alpha (|f|^2 + |b'|^2) + beta: hidden in the next frame.",
         "occlusion", 5, false, 0.6F, ScalarLook{Colormap::Cividis, 0.0F, 1.0F}},
        {kFeatureErrorLayer, "Feature error", "1 - cosine",
         "1 - cos(F1(p), F2(p + f(p))): high where the flow leads to different content.",
         "feature-error", 3, false, 0.85F, ScalarLook{Colormap::Viridis, 0.0F, 1.0F}},
        {kFlowErrorLayer, "Flow error", "px",
         "|f(p) - t(p)|: end-point error of the flow f against the ground truth t.", "flow-error",
         7, false, 0.85F, ScalarLook{Colormap::Viridis, 0.0F, 5.0F}},
        {kAngleErrorLayer, "Angular error", "degrees",
         "Angle between (u, v, 1) of the flow and of the ground truth.", "flow-angle-error", 8,
         false, 0.85F, ScalarLook{Colormap::Viridis, 0.0F, 30.0F}},
        {kDifferenceLayer, "Difference", "",
         "One map minus another, from one view or from two: blue below zero, red above, white "
         "where the maps are equal.",
         "difference", 9, false, 0.85F, ScalarLook{Colormap::Signed, -64.0F, 64.0F}},
        // Most urgent: the user has clicked a point and waits for the result.
        {kSimilarityLayer, "Similarity", "cosine",
         "cos(F(query), F(p)) on a fixed scale: similarity to the selected pin. Press S and click; "
         "Shift+click adds a pin.",
         "similarity", 0, false, 0.7F, ScalarLook{Colormap::Turbo, -1.0F, 1.0F}},
        {kMaskLayer, "Masks", "", "Painted and propagated objects; 0 is background.", nullptr, 0,
         true, 0.55F, MaskLook{}},
        {kComparedMasksLayer, "Compared masks", "",
         "The masks that those of the project are compared with: of another project or in files. "
         "Objects have the colours of the project's objects of the same number.",
         nullptr, 0, false, 0.55F, MaskLook{}},
        {kArrowsLayer, "Arrows", "px",
         "Motion to the next frame as arrows, each of the pixel at its tail. At length 1 the tip "
         "is "
         "where the pixel is in the next frame. The grid gets denser while you zoom in. Always "
         "drawn above the maps.",
         "flow", 1, false, 1.0F, ArrowLook{}},
        {kStreamlinesLayer, "Streamlines", "px",
         "Where points of the shown frame move over the following frames, by the flow from each "
         "frame to the next: opaque where they are now, fading towards the last frame. A line ends "
         "at the edge of the picture and where flow is unknown. Always drawn above the maps.",
         "streamlines", 6, false, 1.0F, StreamLook{}},
    }};
    return kTraits;
}

}  // namespace

std::span<const LayerTraits> layerTraits() { return table(); }

const LayerTraits* findLayerTraits(const std::string& kind) {
    const auto& all = table();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const LayerTraits& row) { return kind == row.kind; });
    return found == all.end() ? nullptr : &*found;
}

const LayerTraits& layerTraits(const std::string& kind) {
    const LayerTraits* found = findLayerTraits(kind);
    if (found == nullptr) {
        throw Error(ErrorCode::Internal, "unknown kind of layer \"" + kind + "\"");
    }
    return *found;
}

Layer defaultLayer(const std::string& kind) {
    const LayerTraits& traits = layerTraits(kind);
    return {kind, kind, traits.visible, traits.opacity, traits.look};
}

}  // namespace mcj
