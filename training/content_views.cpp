#include "training/content_views.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "media/base/error.h"

namespace mcj {
namespace {

using Matrix = std::array<double, 9>;  // row-major, of RGB columns

// Luma of ITU-R BT.601, which Pillow and torchvision use for grey.
constexpr std::array<double, 3> kLuma{0.299, 0.587, 0.114};

/// Rotates the hue and scales the saturation without changing the luma. The rotation is in the
/// plane of YUV's colour differences. It is linear, so one product is enough for a whole batch,
/// while HSV needs branches for every pixel.
Matrix colourMatrix(double saturation, double turns) {
    constexpr double kU = 0.492;  // U = 0.492 (B - Y), V = 0.877 (R - Y)
    constexpr double kV = 0.877;
    const double c = saturation * std::cos(2.0 * std::numbers::pi * turns);
    const double s = saturation * std::sin(2.0 * std::numbers::pi * turns);
    Matrix out{};
    for (std::size_t j = 0; j < 3; ++j) {  // the result for each channel of the input
        const double y = kLuma[j];
        const double u = kU * ((j == 2 ? 1.0 : 0.0) - y);
        const double v = kV * ((j == 0 ? 1.0 : 0.0) - y);
        const double blue = (c * u - s * v) / kU;  // turned, B - Y and R - Y
        const double red = (s * u + c * v) / kV;
        out[j] = y + red;
        out[3 + j] = y - (kLuma[0] * red + kLuma[2] * blue) / kLuma[1];
        out[6 + j] = y + blue;
    }
    return out;
}

/// One value per view, [N, 1, 1, 1] on the device of `like`.
template <typename Value>
at::Tensor perView(const std::vector<ViewLook>& looks, const at::Tensor& like, Value&& value) {
    std::vector<float> values;
    for (const ViewLook& look : looks) values.push_back(static_cast<float>(value(look)));
    const auto count = static_cast<std::int64_t>(values.size());
    return at::tensor(at::ArrayRef<float>(values), at::kFloat)
        .view({count, 1, 1, 1})
        .to(like.device());
}

at::Tensor greyOf(const at::Tensor& views) {
    return views.narrow(1, 0, 1) * kLuma[0] + views.narrow(1, 1, 1) * kLuma[1] +
           views.narrow(1, 2, 1) * kLuma[2];
}

/// The crop of torchvision's RandomResizedCrop: a share of the area, the sides' ratio log-uniform
/// between 3/4 and 4/3; the largest crop of a fitting ratio where ten draws do not fit.
void drawCrop(const ViewConfig& config, SizePx size, SampleRng& rng, ViewLook& look) {
    constexpr double kMinRatio = 3.0 / 4.0;
    constexpr double kMaxRatio = 4.0 / 3.0;
    constexpr int kTries = 10;
    look.width = 0;
    for (int i = 0; i < kTries && look.width == 0; ++i) {
        const double area =
            static_cast<double>(size.area()) * rng.uniform(config.minScale, config.maxScale);
        const double ratio = rng.logUniform(kMinRatio, kMaxRatio);
        const auto width = std::llround(std::sqrt(area * ratio));
        const auto height = std::llround(std::sqrt(area / ratio));
        if (width < 1 || height < 1 || width > size.width || height > size.height) continue;
        look.width = width;
        look.height = height;
    }
    if (look.width == 0) {
        const double ratio =
            std::clamp(static_cast<double>(size.width) / size.height, kMinRatio, kMaxRatio);
        look.width = std::min<std::int64_t>(size.width, std::llround(size.height * ratio));
        look.height = std::min<std::int64_t>(size.height, std::llround(size.width / ratio));
    }
    look.x = rng.integer(0, size.width - static_cast<int>(look.width));
    look.y = rng.integer(0, size.height - static_cast<int>(look.height));
}

/// [N, 5], as `viewFlow` takes them.
at::Tensor cropsOf(const std::vector<ViewLook>& looks, at::Device device) {
    std::vector<float> values;
    for (const ViewLook& look : looks) {
        for (const auto side : {look.x, look.y, look.width, look.height}) {
            values.push_back(static_cast<float>(side));
        }
        values.push_back(look.flipped ? 1.0F : 0.0F);
    }
    return at::tensor(at::ArrayRef<float>(values), at::kFloat).view({-1, 5}).to(device);
}

bool isShare(double value) { return value >= 0.0 && value <= 1.0; }

}  // namespace

ViewLook drawView(const ViewConfig& config, SizePx size, int view, SampleRng& rng) {
    const auto which = static_cast<std::size_t>(view);
    ViewLook look;
    drawCrop(config, size, rng, look);
    look.flipped = rng.happens(config.flipShare);
    // Everything is drawn whether it is used or not, so that a share does not change other draws.
    const bool jittered = rng.happens(config.jitterShare);
    const auto factor = [&](double strength) {
        const double drawn = rng.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength);
        return static_cast<float>(jittered ? drawn : 1.0);
    };
    look.brightness = factor(config.brightness);
    look.contrast = factor(config.contrast);
    look.saturation = factor(config.saturation);
    const double hue = rng.uniform(-config.hue, config.hue);
    look.hue = static_cast<float>(jittered ? hue : 0.0);
    look.grey = rng.happens(config.greyShare);
    const bool blurred = rng.happens(config.blurShare[which]);
    const double sigma = rng.uniform(config.blurSigmaPx[0], config.blurSigmaPx[1]);
    look.blurSigmaPx = static_cast<float>(blurred ? sigma : 0.0);
    look.solarized = rng.happens(config.solarizeShare[which]);
    return look;
}

ViewMaker::ViewMaker(const ViewConfig& config, int sidePx, at::Device device)
    : config_(config), side_(sidePx), device_(device) {
    bool good = sidePx >= 32 && config.minScale > 0.0 && config.minScale <= config.maxScale &&
                config.maxScale <= 1.0 && config.blurSigmaPx[0] > 0.0 &&
                config.blurSigmaPx[0] <= config.blurSigmaPx[1] && config.brightness >= 0.0 &&
                config.contrast >= 0.0 && config.saturation >= 0.0 && config.hue >= 0.0 &&
                config.hue <= 0.5;
    for (const double share :
         {config.flipShare, config.jitterShare, config.greyShare, config.blurShare[0],
          config.blurShare[1], config.solarizeShare[0], config.solarizeShare[1]}) {
        good = good && isShare(share);
    }
    if (!good) {
        throw Error(ErrorCode::Usage,
                    "views need sides of at least 32 px, 0 < min_scale <= max_scale <= 1, "
                    "shares from 0 to 1, factors of at least 0 and a hue of at most 0.5",
                    "Correct content.views in the recipe.");
    }
}

at::Tensor ViewMaker::resized(const at::Tensor& picture, const ViewLook& look) const {
    const at::Tensor view = picture.narrow(1, look.y, look.height)
                                .narrow(2, look.x, look.width)
                                .to(device_)
                                .to(at::kFloat);
    if (look.height == side_ && look.width == side_) return view;
    return at::_upsample_bicubic2d_aa(view.unsqueeze(0), {side_, side_}, /*align_corners=*/false)
        .squeeze(0);
}

void ViewMaker::finish(at::Tensor& views, const std::vector<ViewLook>& looks) {
    views.mul_(1.0 / 255.0).clamp_(0.0, 1.0);
    const auto flipped =
        perView(looks, views, [](const ViewLook& l) { return l.flipped ? 1.0 : 0.0; });
    views = at::where(flipped.gt(0.5), views.flip({3}), views);
}

at::Tensor ViewMaker::cut(const at::Tensor& picture, const ViewLook& look) const {
    const at::NoGradGuard noGrad;
    at::Tensor views = resized(picture, look).unsqueeze(0).clone();
    finish(views, {look});
    return views.squeeze(0);
}

void ViewMaker::recolour(at::Tensor& views, const std::vector<ViewLook>& looks) const {
    const at::NoGradGuard noGrad;
    const auto column = [&](const auto& value) { return perView(looks, views, value); };
    views.mul_(column([](const ViewLook& l) { return l.brightness; })).clamp_(0.0, 1.0);
    const at::Tensor contrast = column([](const ViewLook& l) { return l.contrast; });
    const at::Tensor middle = greyOf(views).mean({2, 3}, true);
    views.sub_(middle).mul_(contrast).add_(middle).clamp_(0.0, 1.0);

    std::vector<Matrix> matrices;
    for (const ViewLook& look : looks) {
        matrices.push_back(colourMatrix(look.saturation, look.hue));
    }
    std::vector<at::Tensor> channels;
    for (std::size_t i = 0; i < 3; ++i) {
        at::Tensor sum;
        for (std::size_t j = 0; j < 3; ++j) {
            std::size_t view = 0;
            // No matrix product, because its order of summation may depend on the batch.
            const at::Tensor part =
                views.narrow(1, static_cast<std::int64_t>(j), 1) *
                column([&](const ViewLook&) { return matrices[view++][3 * i + j]; });
            sum = sum.defined() ? sum.add_(part) : part;
        }
        channels.push_back(sum);
    }
    views.copy_(at::cat(channels, 1)).clamp_(0.0, 1.0);
    const at::Tensor grey = greyOf(views);
    views.lerp_(grey.expand_as(views),
                column([](const ViewLook& l) { return l.grey ? 1.0 : 0.0; }));

    std::vector<float> sigmas;
    for (const ViewLook& look : looks) sigmas.push_back(look.blurSigmaPx);
    blurEach(views, sigmas);
    // Rounds a blurred picture to 8 bits, like the pictures that the network will process.
    const at::Tensor blurred =
        column([](const ViewLook& l) { return l.blurSigmaPx > 0.0F ? 1.0 : 0.0; });
    views.copy_(at::where(blurred.gt(0.5), (views * 255.0).round_().mul_(1.0 / 255.0), views));
    const at::Tensor solarized = column([](const ViewLook& l) { return l.solarized ? 1.0 : 0.0; });
    views.copy_(at::where(solarized.gt(0.5).logical_and(views.ge(0.5)), 1.0 - views, views));
}

ContentViews ViewMaker::make(const PictureSource& pictures,
                             std::vector<SampleRng> generators) const {
    const at::NoGradGuard noGrad;
    std::array<std::vector<at::Tensor>, 2> cuts;
    std::array<std::vector<ViewLook>, 2> looks;
    for (SampleRng& rng : generators) {
        const at::Tensor picture = pictures(rng);
        const SizePx size{static_cast<int>(picture.size(2)), static_cast<int>(picture.size(1))};
        for (const int view : {0, 1}) {
            const auto which = static_cast<std::size_t>(view);
            looks[which].push_back(drawView(config_, size, view, rng));
            cuts[which].push_back(resized(picture, looks[which].back()));
        }
    }
    ContentViews views{at::stack(cuts[0]), at::stack(cuts[1]), cropsOf(looks[0], device_),
                       cropsOf(looks[1], device_)};
    finish(views.first, looks[0]);
    finish(views.second, looks[1]);
    recolour(views.first, looks[0]);
    recolour(views.second, looks[1]);
    return views;
}

}  // namespace mcj
