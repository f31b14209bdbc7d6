#pragma once

#include <string_view>

namespace mcj {

/// Whether `left` comes before `right` when numbers are compared by value: "frame9" before
/// "frame10".
[[nodiscard]] bool naturalLess(std::string_view left, std::string_view right);

}  // namespace mcj
