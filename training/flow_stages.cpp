#include "training/flow_stages.h"

#include <algorithm>

namespace mcj {

FlowLossSettings settingsOfStage(FlowLossSettings last, const std::vector<FlowStage>& stages,
                                 double done) {
    const auto stage = std::find_if(stages.begin(), stages.end(),
                                    [&](const FlowStage& one) { return done < one.until; });
    if (stage == stages.end()) return last;
    last.l1 = stage->l1.value_or(last.l1);
    last.l2 = stage->l2.value_or(last.l2);
    last.ssim = stage->ssim.value_or(last.ssim);
    last.census = stage->census.value_or(last.census);
    last.smooth = stage->smooth.value_or(last.smooth);
    last.occlusion = stage->occlusion.value_or(last.occlusion);
    last.selfSupervision = stage->selfSupervision.value_or(last.selfSupervision);
    last.augmentation = stage->augmentation.value_or(last.augmentation);
    return last;
}

}  // namespace mcj
