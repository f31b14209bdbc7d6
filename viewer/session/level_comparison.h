#pragma once

#include <array>
#include <cstddef>

#include "viewer/session/view_set.h"

namespace mcj {

inline constexpr std::size_t kComparedLevels = 4;
static_assert(kComparedLevels == ViewSet::kMost);

/// Four of the feature levels 1..`levels`, evenly from the finest to the coarsest, rising; with
/// fewer than four levels the coarsest one is repeated.
[[nodiscard]] std::array<int, kComparedLevels> comparedLevels(int levels);

/// The same for the levels `finest`..`coarsest` at which a model estimates flow.
[[nodiscard]] std::array<int, kComparedLevels> comparedLevels(int finest, int coarsest);

/// Shows four views with the features of four levels as colours, all of the active view's engine
/// and frame. What the views were set to otherwise stays. Without a loaded engine the levels are
/// those of one with six.
void showFeatureLevels(ViewSet& views);

/// The same with the flow that the network estimates at four of its levels.
void showFlowLevels(ViewSet& views);

}  // namespace mcj
