#pragma once

#include <string>
#include <vector>

namespace mcj {

enum class AxisScale { Linear, Log };

/// Round numbers (1, 2 or 5 times a power of ten apart) inside [low, high], ascending; `about` is
/// the desired number. Exact multiples of their step, so that zero is exact. Empty unless low <
/// high and both are finite.
[[nodiscard]] std::vector<double> roundTicks(double low, double high, int about);

/// Ticks of a logarithmic axis inside [low, high], 0 < low < high: powers of ten, every second or
/// third if there are many; 1, 2 and 5 times a power if there are few; and round numbers if even
/// those are fewer than two.
[[nodiscard]] std::vector<double> logTicks(double low, double high, int about);

/// The label of a tick, without unneeded digits: "0", "0.25", "1500", "2e-05".
[[nodiscard]] std::string tickLabel(double value);

}  // namespace mcj
