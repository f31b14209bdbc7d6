#pragma once

#include <string>

#include "viewer/session/view.h"

namespace mcj {

/// The title of a layer in legends, with what makes it differ from its usual form: "Similarity
/// (stretched)", "Occlusion (alpha 0.05, beta 0.5)".
[[nodiscard]] std::string legendTitle(const View& view, const Layer& layer);

}  // namespace mcj
