#pragma once

#include <functional>

#include "training/loss_terms.h"
#include "training/recipe.h"

namespace mcj {

/// While this object lives and if the recipe's precision is mixed, convolutions and matrix products
/// of this thread on CUDA run in bfloat16, which has float32's range and needs no loss scaling.
/// Weights and norms stay in float32. Not needed around `backward`, which uses the types of
/// forward.
class MixedPrecision {
public:
    explicit MixedPrecision(Precision precision);
    ~MixedPrecision();
    MixedPrecision(const MixedPrecision&) = delete;
    MixedPrecision& operator=(const MixedPrecision&) = delete;

private:
    bool on_;
};

/// Runs `loss` with autocast off. Losses are small differences of similar numbers and sums over a
/// whole batch, which half precision cannot represent.
[[nodiscard]] LossTerms inFullPrecision(const std::function<LossTerms()>& loss);

}  // namespace mcj
