#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "media/base/raster.h"
#include "segmentation/mask.h"
#include "viewer/session/view.h"

namespace mcj {

/// Values under one pixel of the shown frame; absent where a map is not computed or has no value.
struct Inspection {
    PointPx at;
    std::array<std::uint8_t, 3> rgb{};
    std::optional<PointF> flow;            ///< in pixels of the frame
    std::map<std::string, float> scalars;  ///< by id of the layer
    std::optional<ObjectId> object;
    [[nodiscard]] std::optional<float> scalar(const std::string& layer) const;
};

/// `mask`: of the shown frame; may be null. Outside the frame nothing but `at` is set.
[[nodiscard]] Inspection inspect(const View& view, const MaskPtr& mask, PointPx at);

}  // namespace mcj
