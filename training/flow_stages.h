#pragma once

#include <optional>
#include <vector>

#include "training/losses.h"

namespace mcj {

/// A part of a run in which some of the flow losses' settings are different. Settings that are not
/// set are those of the recipe's `flowLoss`.
struct FlowStage {
    double until = 1.0;  ///< the share of the run's steps at which the stage ends
    std::optional<double> l1;
    std::optional<double> l2;
    std::optional<double> ssim;
    std::optional<double> census;
    std::optional<double> smooth;
    std::optional<OcclusionUse> occlusion;
    std::optional<double> selfSupervision;
    std::optional<double> augmentation;
};

/// The settings after a share `done` of the run's steps: `last`, with the changes of the first of
/// `stages` that has not ended. Stages are in the order of their ends.
[[nodiscard]] FlowLossSettings settingsOfStage(FlowLossSettings last,
                                               const std::vector<FlowStage>& stages, double done);

}  // namespace mcj
