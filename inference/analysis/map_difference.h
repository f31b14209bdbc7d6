#pragma once

#include "media/base/scalar_map.h"

namespace mcj {

/// The values of `first` minus those of `second`; NaN where either has none. Its range has zero in
/// the middle and is as wide as that of the maps. Has a unit where both have the same. Throws
/// `Error{Input}` for maps of different sizes.
[[nodiscard]] ScalarMap mapDifference(const ScalarMap& first, const ScalarMap& second);

}  // namespace mcj
