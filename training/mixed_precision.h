#pragma once

#include <functional>

#include "training/loss_terms.h"
#include "training/recipe.h"

namespace mcj {

/// While it lives, and where the recipe's precision is mixed, convolutions and matrix products of
/// this thread on CUDA run in bfloat16, whose range is float32's: no loss scaling is needed.
/// Weights stay float32, and norms compute in it. Not around `backward`, which knows what forward
/// did.
class MixedPrecision {
public:
    explicit MixedPrecision(Precision precision);
    ~MixedPrecision();
    MixedPrecision(const MixedPrecision&) = delete;
    MixedPrecision& operator=(const MixedPrecision&) = delete;

private:
    bool on_;
};

/// What `loss` gives with autocast off. Losses are small differences of like numbers and sums over
/// a whole batch, which half precision cannot hold.
[[nodiscard]] LossTerms inFullPrecision(const std::function<LossTerms()>& loss);

}  // namespace mcj
