#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "inference/analysis/product_key.h"
#include "viewer/session/layer.h"

namespace mcj {

/// A map of a view: a side of a difference.
struct DifferenceTerm {
    std::size_t view = 0;                 ///< its place among the views: 0 is A
    std::string layer = kWarpErrorLayer;  ///< id of a layer with a map, not of a difference
    friend bool operator==(const DifferenceTerm&, const DifferenceTerm&) = default;
};

/// What the layer "difference" of a view shows.
struct MapDifference {
    DifferenceTerm first{0, kWarpErrorLayer};
    DifferenceTerm second{1, kWarpErrorLayer};
    friend bool operator==(const MapDifference&, const MapDifference&) = default;
};

/// The key of a map of any view; none where there is no such view or it has no such map.
using DifferenceLookup = std::function<std::optional<ProductKey>(const DifferenceTerm&)>;

/// Whether a difference can be of maps of this layer.
[[nodiscard]] bool isDifferenceTerm(const LayerTraits& traits);

/// "Warp error, A \u2212 B", "Warp error \u2212 Consistency, A", "Warp error of A \u2212
/// Consistency of B".
[[nodiscard]] std::string differenceTitle(const MapDifference& difference);
/// The unit of both maps; empty if they have different ones.
[[nodiscard]] std::string differenceUnit(const MapDifference& difference);
/// Zero in the middle, and the ends of the usual scale of the first map.
[[nodiscard]] ScalarLook differenceLook(const MapDifference& difference);

}  // namespace mcj
