#include "training/mixed_precision.h"

#include <ATen/autocast_mode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace mcj {

MixedPrecision::MixedPrecision(Precision precision) : on_(precision == Precision::Mixed) {
    if (!on_) return;
    at::autocast::increment_nesting();
    at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCUDA, true);
}

MixedPrecision::~MixedPrecision() {
    if (!on_) return;
    at::autocast::set_autocast_enabled(at::kCUDA, false);
    // The cache holds the step's bfloat16 copies of weights, which the optimiser is about to
    // change.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

LossTerms inFullPrecision(const std::function<LossTerms()>& loss) {
    const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
    return loss();
}

}  // namespace mcj
