#pragma once

#include <QString>

namespace mcj {

/// "about 2 min left"; empty for negative (not known) seconds.
[[nodiscard]] QString timeLeftText(double secs);

}  // namespace mcj
