#pragma once

#include <QString>

namespace mcj {

/// "about 2 min left"; empty for negative (unknown) seconds.
[[nodiscard]] QString timeLeftText(double secs);

}  // namespace mcj
