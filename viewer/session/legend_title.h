#pragma once

#include <string>

#include "viewer/session/view.h"

namespace mcj {

/// The title of a layer in legends, with what makes it differ from its usual form: "Similarity
/// (stretched)", "Occlusion (alpha 0.05, beta 0.5)".
[[nodiscard]] std::string legendTitle(const View& view, const Layer& layer);
/// The unit of a layer with a map; that of a difference is the unit of both maps.
[[nodiscard]] std::string legendUnit(const View& view, const Layer& layer);

}  // namespace mcj
