#include "training/known_motion_loss.h"

#include <ATen/ATen.h>

#include "training/collective.h"

namespace mcj {

LossTerms knownMotionLoss(const FlowPyramid& estimate, const at::Tensor& flow,
                          const at::Tensor& weight, Collective& processes) {
    constexpr double kQ = 0.7;
    constexpr double kFloor = 0.01;
    LossTerms terms;
    const auto robust = [&](const at::Tensor& error, const at::Tensor& mask) {
        return maskedMean((error.abs().sum(1, true) + kFloor).pow(kQ), mask, processes);
    };
    // Errors are in cells of their level, so that all levels have equal weight in a shared decoder.
    const double finest = 1 << estimate.levels.begin()->first;
    terms.add("motion.full", robust((estimate.full - flow) / finest, weight));
    for (const auto& [level, guess] : estimate.levels) {
        if (level == estimate.levels.begin()->first) continue;  // already compared at full size
        // The middle pixel's motion, because the mean over a motion edge is not a motion that
        // occurs.
        const std::int64_t stride = 1 << level;
        const auto middle = [&](const at::Tensor& maps) {
            return maps.slice(2, stride / 2, maps.size(2), stride)
                .slice(3, stride / 2, maps.size(3), stride);
        };
        terms.add("motion." + std::to_string(level),
                  robust(guess - middle(flow) / static_cast<double>(stride), middle(weight)));
    }
    return terms;
}

at::Tensor endPointError(const at::Tensor& estimate, const at::Tensor& truth,
                         const at::Tensor& weight) {
    const auto error = (estimate - truth).square().sum(1, true).sqrt();
    SingleProcess alone;
    return maskedMean(error, weight.gt(0).to(error.scalar_type()), alone);
}

}  // namespace mcj
