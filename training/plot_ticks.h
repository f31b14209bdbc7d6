#pragma once

#include <string>
#include <vector>

namespace mcj {

enum class AxisScale { Linear, Log };

/// Round numbers (1, 2 or 5 times a power of ten apart) inside [low, high], rising; `about` says
/// how many are wanted. Exact multiples of their step, so that zero is zero. Empty unless low <
/// high and both are finite.
[[nodiscard]] std::vector<double> roundTicks(double low, double high, int about);

/// Ticks of a logarithmic axis inside [low, high], 0 < low < high: powers of ten, every second or
/// third where there are many; 1, 2 and 5 times a power where there are few; and round numbers
/// where even those are fewer than two.
[[nodiscard]] std::vector<double> logTicks(double low, double high, int about);

/// As few digits as tell a tick from its neighbours: "0", "0.25", "1500", "2e-05".
[[nodiscard]] std::string tickLabel(double value);

}  // namespace mcj
