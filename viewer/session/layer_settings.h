#pragma once

#include <string>

#include "viewer/session/layer_stack.h"

namespace mcj {

/// The layers as JSON, bottom first, as stored in project files.
[[nodiscard]] std::string layersToJson(const LayerStack& layers);

/// Restores layers from the output of `layersToJson` of this or an earlier version. Rows of an
/// unknown kind are skipped and values out of range are clamped; layers without a row are
/// unchanged.
void layersFromJson(const std::string& text, LayerStack& layers);

}  // namespace mcj
