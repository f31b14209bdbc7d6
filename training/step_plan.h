#pragma once

#include <cstdint>

#include "training/recipe.h"

namespace mcj {

/// The tasks of one step.
struct StepPlan {
    bool synthetic = false;
    bool real = false;
    bool content = false;
};

[[nodiscard]] StepPlan planStep(const Recipe& recipe, std::int64_t step);

/// Batches of each kind that the steps before `step` used, where a resumed run's loaders begin.
struct BatchCounts {
    std::int64_t synthetic = 0;
    std::int64_t real = 0;
    std::int64_t content = 0;
};
[[nodiscard]] BatchCounts batchesBefore(const Recipe& recipe, std::int64_t step);

/// 0 before `start`, rising to 1 at its `ramp`-th step; 1 from `start` on without a ramp.
[[nodiscard]] double risenShare(std::int64_t step, std::int64_t start, std::int64_t ramp);

}  // namespace mcj
