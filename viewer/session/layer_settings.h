#pragma once

#include <string>

#include "viewer/session/layer_stack.h"

namespace mcj {

/// The layers as JSON, bottom first, as project files keep them.
[[nodiscard]] std::string layersToJson(const LayerStack& layers);

/// Takes over what `layersToJson` has written, in this version or an earlier one. Rows of a kind
/// that is not known are passed over, values out of range replaced; layers that no row names stay.
void layersFromJson(const std::string& text, LayerStack& layers);

}  // namespace mcj
