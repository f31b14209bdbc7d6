#pragma once

#include <string>

#include "segmentation/object_table.h"
#include "viewer/session/view.h"

namespace mcj {

/// The title of a layer in legends, with what makes it differ from its usual form: "Similarity:
/// car, frame 7 (stretched)", "Occlusion (alpha 0.05, beta 0.5)". `objects` names the object that a
/// similarity is to.
[[nodiscard]] std::string legendTitle(const View& view, const Layer& layer,
                                      const ObjectTable& objects);
/// The unit of a layer with a map; that of a difference is the unit of both maps.
[[nodiscard]] std::string legendUnit(const View& view, const Layer& layer);

}  // namespace mcj
