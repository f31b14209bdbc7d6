#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "media/base/raster.h"
#include "segmentation/mask.h"
#include "segmentation/object_table.h"
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

/// The name of an object, as UTF-8; "object 2" if it has none or does not exist any more.
[[nodiscard]] std::string nameOfObject(const ObjectTable& objects, int object);

/// What the shown similarity is to, for legends: "Cat, frame 3", or empty for a point, which is
/// marked in the picture.
[[nodiscard]] std::string shownRegion(const View& view, const ObjectTable& objects);

}  // namespace mcj
