#include "training/augmentation_regularization.h"

#include <array>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/warp.h"
#include "training/collective.h"

namespace mcj {
namespace {

using kernels::Border;

/// Rotation, zoom about (x, y) and a shift: from px of the augmented picture to px of the plain
/// one.
struct Change {
    double rotation = 0.0;
    double zoomX = 1.0;
    double zoomY = 1.0;
    double shiftX = 0.0;
    double shiftY = 0.0;

    [[nodiscard]] PlaneMap about(double x, double y) const {
        return PlaneMap::shift(x + shiftX, y + shiftY) * PlaneMap::rotation(rotation) *
               PlaneMap::scale(1.0 / zoomX, 1.0 / zoomY) * PlaneMap::shift(-x, -y);
    }
};

bool liesWithin(const PlaneMap& map, double right, double bottom) {
    for (const auto& [x, y] :
         std::array<std::array<double, 2>, 4>{{{0, 0}, {right, 0}, {0, bottom}, {right, bottom}}}) {
        const auto [sourceX, sourceY] = map.apply(x, y);
        if (sourceX < 0 || sourceY < 0 || sourceX > right || sourceY > bottom) return false;
    }
    return true;
}

/// Entry `index` of every map as [B, 1, 1].
at::Tensor entries(std::span<const PlaneMap> maps, std::size_t index, const at::Tensor& like) {
    std::vector<double> values;
    values.reserve(maps.size());
    for (const auto& map : maps) values.push_back(map.m[index]);
    return at::tensor(at::ArrayRef<double>(values), at::kDouble)
        .to(like.options())
        .view({-1, 1, 1});
}

/// map(x, y) with x and y of [B, H, W] or what broadcasts to it, as [B, 2, H, W].
at::Tensor applied(std::span<const PlaneMap> maps, const at::Tensor& x, const at::Tensor& y) {
    const auto e = [&](std::size_t index) { return entries(maps, index, x); };
    return at::stack({e(0) * x + e(1) * y + e(2), e(3) * x + e(4) * y + e(5)}, 1);
}

/// The position of every pixel, [1, 2, H, W].
at::Tensor places(const at::Tensor& like) {
    const std::int64_t height = like.size(2);
    const std::int64_t width = like.size(3);
    const auto x = at::arange(width, like.options()).view({1, width}).expand({height, width});
    const auto y = at::arange(height, like.options()).view({height, 1}).expand({height, width});
    return at::stack({x, y}).unsqueeze(0);
}

/// Where every pixel comes from, as a flow from its position.
at::Tensor sourceFlow(std::span<const PlaneMap> maps, const at::Tensor& like) {
    const auto p = places(like);
    return applied(maps, p.select(1, 0), p.select(1, 1)) - p;
}

}  // namespace

AugmentedView drawView(std::int64_t height, std::int64_t width,
                       const AugmentationRegularization& settings, SampleRng& rng) {
    constexpr int kTries = 50;
    const auto right = static_cast<double>(width - 1);
    const auto bottom = static_cast<double>(height - 1);
    const auto within = [&](double bound) { return rng.uniform(-bound, bound); };
    for (int i = 0; i < kTries; ++i) {
        const double zoom = rng.uniform(1.0, settings.zoomMax);
        const double squeeze = rng.uniform(settings.squeezeMin, settings.squeezeMax);
        Change common{within(settings.rotationMax), zoom * squeeze, zoom / squeeze};
        common.shiftX = within(settings.shiftMax) * static_cast<double>(width);
        common.shiftY = within(settings.shiftMax) * static_cast<double>(height);
        const double ownZoom = 1.0 + within(settings.ownZoomMax);
        Change own{within(settings.ownRotationMax), ownZoom, ownZoom};
        own.shiftX = within(settings.ownShiftMax) * static_cast<double>(width);
        own.shiftY = within(settings.ownShiftMax) * static_cast<double>(height);
        AugmentedView view;
        view.first = common.about(0.5 * right, 0.5 * bottom);
        view.second = view.first * own.about(0.5 * right, 0.5 * bottom);
        if (liesWithin(view.first, right, bottom) && liesWithin(view.second, right, bottom)) {
            return view;
        }
    }
    return {};
}

AugmentedFlow augmentedFlow(const at::Tensor& flow, const at::Tensor& visible,
                            std::span<const AugmentedView> views) {
    const at::NoGradGuard noGrad;
    std::vector<PlaneMap> firsts;
    std::vector<PlaneMap> back;
    for (const auto& view : views) {
        firsts.push_back(view.first);
        back.push_back(view.second.inverse());
    }
    const auto p = places(flow);
    const auto from = sourceFlow(firsts, flow);
    const auto end = p + from + warp(flow, from, Border::Clamp);
    const auto q = applied(back, end.select(1, 0), end.select(1, 1));
    return {q - p, warp(visible, from, Border::Zeros)};
}

at::Tensor augmentedPictures(const at::Tensor& pictures, std::span<const PlaneMap> maps) {
    const at::NoGradGuard noGrad;
    return warp(pictures, sourceFlow(maps, pictures), Border::Clamp);
}

LossTerms augmentationLoss(McJepa model, const FlowPass& teacher, const at::Tensor& visible,
                           const AugmentationRegularization& settings, SampleRng rng,
                           Collective& processes) {
    const std::int64_t batch = teacher.first.size(0);
    const std::uint64_t key = rng.bits();
    std::vector<AugmentedView> views;
    std::vector<PlaneMap> maps;
    std::vector<Photometric> looks(static_cast<std::size_t>(2 * batch));
    for (std::int64_t i = 0; i < batch; ++i) {
        SampleRng own(key, 0, static_cast<std::uint64_t>(processes.rank() * batch + i));
        views.push_back(drawView(teacher.first.size(2), teacher.first.size(3), settings, own));
        const auto drawn = drawPhotometric(settings.looks, own);
        looks[static_cast<std::size_t>(i)] = drawn[0];
        looks[static_cast<std::size_t>(batch + i)] = drawn[1];
    }
    for (const auto& view : views) maps.push_back(view.first);
    for (const auto& view : views) maps.push_back(view.second);
    // Contiguous: looks are applied picture by picture in place.
    auto pictures =
        augmentedPictures(at::cat({teacher.first, teacher.second}, 0), maps).contiguous();
    const PhotometricAugmenter augmenter(teacher.first.size(2), teacher.first.size(3),
                                         pictures.device());
    augmenter.apply(pictures, looks);
    const auto target = augmentedFlow(teacher.forward.full, visible, views);
    const auto pass = estimateForward(model, pictures.narrow(0, 0, batch),
                                      pictures.narrow(0, batch, batch), LevelGradients::Joined);
    LossTerms terms;
    terms.add("augmentation",
              maskedMean((pass.forward.full - target.flow).abs(), target.visible, processes));
    return terms;
}

}  // namespace mcj
