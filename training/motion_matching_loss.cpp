#include "training/motion_matching_loss.h"

#include <string>

#include <ATen/ATen.h>

#include "inference/ops/standardize.h"
#include "training/collective.h"

namespace mcj {
namespace {

/// Unit vectors [B, cells, C] of maps [B, C, h, w].
at::Tensor unitRows(const at::Tensor& maps) {
    const auto rows = standardizedChannels(maps).flatten(2).transpose(1, 2);
    return rows / (rows.square().sum(2, true) + 1e-12).sqrt();
}

/// Where each cell's middle pixel moves to, and which cells count.
struct CellMotion {
    at::Tensor endX;  ///< [B, cells] in cells of the other picture
    at::Tensor endY;
    at::Tensor counted;  ///< [B, cells] 0 or 1
};

CellMotion cellMotion(const at::Tensor& flow, const at::Tensor& visible, std::int64_t stride) {
    const auto middle = [&](const at::Tensor& maps) {
        return maps.slice(2, stride / 2, maps.size(2), stride)
            .slice(3, stride / 2, maps.size(3), stride);
    };
    const auto cells = middle(flow) / static_cast<double>(stride);
    const std::int64_t height = cells.size(2);
    const std::int64_t width = cells.size(3);
    // The middle pixel of an even cell is half a pixel beyond the cell's centre.
    const double beyond = 0.5 / static_cast<double>(stride);
    const auto axis = [&](std::int64_t extent) {
        return at::arange(extent, flow.options()) + beyond;
    };
    const auto x = cells.select(1, 0) + axis(width);
    const auto y = cells.select(1, 1) + axis(height).unsqueeze(1);
    const auto inside =
        x.ge(0).logical_and(x.le(width - 1)).logical_and(y.ge(0).logical_and(y.le(height - 1)));
    const auto counted = middle(visible).squeeze(1) * inside;
    return {x.flatten(1), y.flatten(1), counted.flatten(1)};
}

/// Shares [B, cells, extent] of the two lattice points beside each end.
at::Tensor shares(const at::Tensor& ends, std::int64_t extent) {
    const auto lattice = at::arange(extent, ends.options());
    return (1 - (ends.unsqueeze(2) - lattice).abs()).clamp_min(0);
}

}  // namespace

LossTerms motionMatchingLoss(const FeaturePyramid& first, const FeaturePyramid& second,
                             const at::Tensor& flow, const at::Tensor& visible,
                             const MatchingSettings& settings, Collective& processes) {
    LossTerms terms;
    for (const int level : settings.levels) {
        const auto& maps = first.level(level);
        const std::int64_t height = maps.size(2);
        const std::int64_t width = maps.size(3);
        const auto motion = cellMotion(flow, visible, std::int64_t{1} << level);
        const auto share =
            (shares(motion.endY, height).unsqueeze(3) * shares(motion.endX, width).unsqueeze(2))
                .flatten(2);
        const auto similar =
            at::bmm(unitRows(maps), unitRows(second.level(level)).transpose(1, 2)) /
            settings.temperature;
        const auto surprise =
            -0.5 * (share * (similar.log_softmax(2) + similar.log_softmax(1))).sum(2);
        const auto mean = maskedMean(surprise.view({-1, 1, height, width}),
                                     motion.counted.view({-1, 1, height, width}), processes);
        terms.add("match." + std::to_string(level),
                  mean * (settings.weight / static_cast<double>(settings.levels.size())));
    }
    return terms;
}

}  // namespace mcj
