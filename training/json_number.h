#pragma once

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

namespace mcj {

/// `value`, or null where there is none or it is not finite: JSON has no other numbers.
[[nodiscard]] inline nlohmann::json numberOrNull(std::optional<double> value) {
    return value && std::isfinite(*value) ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace mcj
