#include "viewer/session/level_comparison.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mcj {

std::array<int, kComparedLevels> comparedLevels(int levels) {
    std::array<int, kComparedLevels> compared{};
    constexpr int kSteps = static_cast<int>(kComparedLevels) - 1;
    for (int i = 0; i <= kSteps; ++i) {
        const int even = 1 + static_cast<int>(std::lround(i * (levels - 1) / double{kSteps}));
        // Few levels are shown one after the other instead of twice each.
        compared.at(static_cast<std::size_t>(i)) =
            levels > kSteps ? even : std::clamp(i + 1, 1, std::max(levels, 1));
    }
    return compared;
}

void showFeatureLevels(ViewSet& views) {
    const std::string engine = views.active().engine().id;
    const FrameIndex offset = views.active().offset();
    const auto& info = views.active().engine().info;
    const auto levels = comparedLevels(info ? info->levels : EngineInfo{}.levels);
    views.ensure(kComparedLevels);
    for (std::size_t i = 0; i < kComparedLevels; ++i) {
        View& view = views.at(i);
        view.setEngine(engine);
        view.setOffset(offset);
        view.setLevel(levels.at(i));
        view.layers().showOnly(kFeaturesLayer);
    }
    views.arrange(Arrangement::Grid);
}

}  // namespace mcj
