#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "media/base/colormap.h"
#include "media/base/flow_color.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"

namespace mcj {

/// What a live view shows, as shared immutable pixels and copies of the settings: a value that any
/// thread may draw while the next frames come in.
struct LivePicture {
    enum class Part { Image, Motion, Similarity };
    struct Layer {
        Part part = Part::Image;
        float opacity = 1.0F;  ///< 0..1
        friend bool operator==(const Layer&, const Layer&) = default;
    };

    FramePtr frame;  ///< null: nothing is shown
    FlowPtr motion;  ///< see `liveMotion`; null where it is not shown
    /// Cosine with the point that is searched; null where it is not shown.
    ScalarMapPtr similarity;
    std::vector<Layer> layers;  ///< the lowest first; what has no pixels is not among them
    FlowWheel wheel = FlowWheel::Middlebury;
    float scalePx = 1.0F;  ///< motion at full saturation, > 0
    ScalarLook similarityLook{Colormap::Turbo, -1.0F, 1.0F};
    std::optional<PointF> point;  ///< a cross: the point in the frame in which it was chosen
    std::optional<PointF> match;  ///< a ring: the pixel of this frame that is most similar to it

    friend bool operator==(const LivePicture&, const LivePicture&) = default;
};

/// How far each pixel of the newest frame has moved since the frame before: the flow from the
/// newest frame back to the one before, with its sign changed. It lies on the newest frame, whose
/// successor is not there yet.
[[nodiscard]] FlowField liveMotion(FlowField backward);

/// H x W x 3 at the size of the frame: its layers by the rules of the canvas, then the marks. Empty
/// without a frame.
[[nodiscard]] Raster<std::uint8_t> drawLivePicture(const LivePicture& picture);

}  // namespace mcj
