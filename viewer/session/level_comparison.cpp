#include "viewer/session/level_comparison.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "inference/engine/flow_provider.h"

namespace mcj {
namespace {

/// Four views of the active view's engine and frame, each prepared by `set`.
template <typename Set>
void showInFourViews(ViewSet& views, const Set& set) {
    const std::string engine = views.active().engine().id;
    const FrameIndex offset = views.active().offset();
    views.ensure(kComparedLevels);
    for (std::size_t i = 0; i < kComparedLevels; ++i) {
        View& view = views.at(i);
        view.setEngine(engine);
        view.setOffset(offset);
        set(view, i);
    }
    views.arrange(Arrangement::Grid);
}

}  // namespace

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

std::array<int, kComparedLevels> comparedLevels(int finest, int coarsest) {
    std::array<int, kComparedLevels> compared = comparedLevels(coarsest - finest + 1);
    for (int& level : compared) level += finest - 1;
    return compared;
}

void showFeatureLevels(ViewSet& views) {
    const auto& info = views.active().engine().info;
    const auto levels = comparedLevels(info ? info->levels : EngineInfo{}.levels);
    showInFourViews(views, [&levels](View& view, std::size_t place) {
        view.setLevel(levels.at(place));
        view.layers().showOnly(kFeaturesLayer);
    });
}

void showFlowLevels(ViewSet& views) {
    const auto& info = views.active().engine().info;
    const EngineInfo known = info ? *info : EngineInfo{};
    const auto levels = comparedLevels(known.finestFlowLevel, known.coarsestFlowLevel);
    showInFourViews(views, [&levels](View& view, std::size_t place) {
        view.setFlowProvider(levelFlowId(levels.at(place)));
        view.layers().showOnly(kFlowLayer);
    });
}

}  // namespace mcj
