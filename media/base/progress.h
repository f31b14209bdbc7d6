#pragma once

#include <cstdint>
#include <functional>

namespace mcj {

/// Called between steps of long work with the amount done and the total (0: not known yet).
/// Returning false stops the work: it throws `Error{Interrupted}` and leaves finished results
/// intact.
using Progress = std::function<bool(std::int64_t done, std::int64_t total)>;

}  // namespace mcj
