#include "training/augmentations.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

namespace mcj {
namespace {

/// Noise windows start at offsets below this.
constexpr int kNoiseRoll = 512;
constexpr std::uint64_t kNoiseSeed = 0x6E6F697365ULL;

/// [N, 1, 1, 1] or [N, 3, 1, 1] on the device of `like`.
at::Tensor column(const std::vector<float>& values, std::int64_t channels, const at::Tensor& like) {
    const auto samples = static_cast<std::int64_t>(values.size()) / channels;
    return at::tensor(at::ArrayRef<float>(values), at::kFloat)
        .view({samples, channels, 1, 1})
        .to(like.device());
}

}  // namespace

PhotometricConfig PhotometricConfig::off() {
    return {.gainSigma = 0.0,
            .brightnessSigma = 0.0,
            .contrastSigma = 0.0,
            .saturationMin = 1.0,
            .saturationMax = 1.0,
            .toneMax = 0.0,
            .asymmetry = 0.0,
            .noiseMax = 0.0,
            .blurShare = 0.0,
            .blurSigmaMax = 0.0};
}

bool Photometric::changesNothing() const noexcept {
    return scale == std::array<float, 3>{1.0F, 1.0F, 1.0F} && offset == 0.0F &&
           saturation == 1.0F && tone == 0.0F && noise == 0.0F && blurSigma == 0.0F;
}

std::array<Photometric, 2> drawPhotometric(const PhotometricConfig& config, SampleRng& rng) {
    struct Draw {
        std::array<double, 3> gain{};
        double brightness = 0.0;
        double contrast = 0.0;
        double saturation = 0.0;
        double tone = 0.0;
    };
    const auto draw = [&] {
        Draw d;
        for (double& gain : d.gain) gain = rng.normal(config.gainSigma);
        d.brightness = rng.normal(config.brightnessSigma);
        d.contrast = rng.normal(config.contrastSigma);
        d.saturation = rng.uniform(config.saturationMin, config.saturationMax);
        d.tone = rng.uniform(-config.toneMax, config.toneMax);
        return d;
    };
    const Draw common = draw();
    const Draw own = draw();
    const double noise = rng.uniform() * rng.uniform() * config.noiseMax;
    const bool blurs = rng.happens(config.blurShare);
    const double blurSigma = rng.uniform(0.3, std::max(0.3, config.blurSigmaMax));
    const int blurWhich = rng.integer(0, 3);  // 0, 1: both frames; 2: the first; 3: the second

    std::array<Photometric, 2> looks;
    for (int frame = 0; frame < 2; ++frame) {
        const double share = frame == 0 ? 0.0 : config.asymmetry;
        Photometric& look = looks[static_cast<std::size_t>(frame)];
        const double contrast = std::clamp(1.0 + common.contrast + share * own.contrast, 0.4, 1.8);
        for (std::size_t c = 0; c < 3; ++c) {
            look.scale[c] = static_cast<float>(
                contrast * std::clamp(1.0 + common.gain[c] + share * own.gain[c], 0.5, 1.6));
        }
        look.offset =
            static_cast<float>(0.5 - 0.5 * contrast + common.brightness + share * own.brightness);
        look.saturation =
            static_cast<float>(common.saturation + share * (own.saturation - common.saturation));
        look.tone = static_cast<float>(std::clamp(common.tone + share * own.tone, -0.9, 0.9));
        look.noise = static_cast<float>(noise);
        const bool isBlurred = blurs && (blurWhich < 2 || blurWhich == 2 + frame);
        look.blurSigma = isBlurred ? static_cast<float>(blurSigma) : 0.0F;
        look.noiseX = rng.integer(0, kNoiseRoll - 1);
        look.noiseY = rng.integer(0, kNoiseRoll - 1);
    }
    return looks;
}

PhotometricAugmenter::PhotometricAugmenter(std::int64_t maxHeight, std::int64_t maxWidth,
                                           at::Device device) {
    auto generator = at::detail::createCPUGenerator(kNoiseSeed);
    noise_ = at::randn({3, maxHeight + kNoiseRoll, maxWidth + kNoiseRoll}, generator,
                       at::TensorOptions(at::kFloat))
                 .to(device);
}

void blurEach(at::Tensor& frames, std::span<const float> sigmas) {
    const auto radiusOf = [](double sigma) {
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(2.5 * sigma)));
    };
    std::vector<std::int64_t> rows;
    std::int64_t radius = 0;
    for (std::size_t i = 0; i < sigmas.size(); ++i) {
        if (sigmas[i] <= 0.0F) continue;
        rows.push_back(static_cast<std::int64_t>(i));
        radius = std::max(radius, radiusOf(sigmas[i]));
    }
    if (rows.empty()) return;
    // A frame of a smaller radius has zero taps outside it, which do not change its sums.
    std::vector<std::vector<float>> taps(static_cast<std::size_t>(2 * radius + 1));
    for (const std::int64_t row : rows) {
        const double sigma = sigmas[static_cast<std::size_t>(row)];
        const std::int64_t own = radiusOf(sigma);
        const auto weight = [&](std::int64_t i) {
            return std::exp(-0.5 * static_cast<double>(i * i) / (sigma * sigma));
        };
        double sum = 0.0;
        for (std::int64_t i = -own; i <= own; ++i) sum += weight(i);
        for (std::int64_t i = -radius; i <= radius; ++i) {
            taps[static_cast<std::size_t>(i + radius)].push_back(
                std::abs(i) <= own ? static_cast<float>(weight(i) / sum) : 0.0F);
        }
    }
    const auto places = at::tensor(at::ArrayRef<std::int64_t>(rows), at::kLong).to(frames.device());
    at::Tensor result = frames.index_select(0, places);
    // Weighted sums of shifted views, because a convolution library may vary its algorithm.
    for (const std::int64_t axis : {std::int64_t{2}, std::int64_t{3}}) {
        const std::int64_t length = result.size(axis);
        const auto padding = axis == 2 ? std::vector<std::int64_t>{0, 0, radius, radius}
                                       : std::vector<std::int64_t>{radius, radius, 0, 0};
        const at::Tensor padded = at::replication_pad2d(result, padding);
        at::Tensor sums = padded.narrow(axis, 0, length) * column(taps[0], 1, frames);
        for (std::int64_t i = 1; i <= 2 * radius; ++i) {
            sums.addcmul_(padded.narrow(axis, i, length),
                          column(taps[static_cast<std::size_t>(i)], 1, frames));
        }
        result = sums;
    }
    frames.index_copy_(0, places, result);
}

void PhotometricAugmenter::apply(at::Tensor& frames, std::span<const Photometric> looks) const {
    if (std::all_of(looks.begin(), looks.end(),
                    [](const Photometric& look) { return look.changesNothing(); })) {
        return;
    }
    std::vector<float> scale;
    std::vector<float> offset;
    std::vector<float> saturation;
    std::vector<float> tone;
    for (const Photometric& look : looks) {
        scale.insert(scale.end(), look.scale.begin(), look.scale.end());
        offset.push_back(look.offset);
        saturation.push_back(look.saturation);
        tone.push_back(look.tone);
    }
    std::vector<float> sigmas;
    for (const Photometric& look : looks) sigmas.push_back(look.blurSigma);
    blurEach(frames, sigmas);
    const at::Tensor grey = frames.mean(1, true);
    frames.sub_(grey).mul_(column(saturation, 1, frames)).add_(grey);
    frames.mul_(column(scale, 3, frames)).add_(column(offset, 1, frames)).clamp_(0.0, 1.0);
    frames.add_((1.0 - frames).mul_(frames).mul_(column(tone, 1, frames)));
    for (std::size_t i = 0; i < looks.size(); ++i) {
        if (looks[i].noise <= 0.0F) continue;
        const at::Tensor window = noise_.narrow(1, looks[i].noiseY, frames.size(2))
                                      .narrow(2, looks[i].noiseX, frames.size(3));
        frames[static_cast<std::int64_t>(i)].add_(window, looks[i].noise);
    }
    // Cameras have 8 bits, as do the files that the network will process.
    frames.mul_(255.0).round_().clamp_(0.0, 255.0).mul_(1.0 / 255.0);
}

void flipLeftRight(FramePairs& pairs) {
    forEachTensor(pairs, [](at::Tensor& tensor) { tensor = tensor.flip({3}); });
    if (pairs.flow.defined()) pairs.flow.select(1, 0).neg_();
}

void flipUpDown(FramePairs& pairs) {
    forEachTensor(pairs, [](at::Tensor& tensor) { tensor = tensor.flip({2}); });
    if (pairs.flow.defined()) pairs.flow.select(1, 1).neg_();
}

void swapTime(FramePairs& pairs) {
    std::swap(pairs.frame1, pairs.frame2);
    std::swap(pairs.plain1, pairs.plain2);
    pairs.flow.reset();
    pairs.valid.reset();
}

void cropPairs(FramePairs& pairs, std::int64_t y, std::int64_t x, std::int64_t height,
               std::int64_t width) {
    forEachTensor(pairs, [&](at::Tensor& tensor) {
        tensor = tensor.narrow(2, y, height).narrow(3, x, width).contiguous();
    });
    if (!pairs.flow.defined()) return;
    const auto options = pairs.flow.options();
    const at::Tensor endX =
        pairs.flow.narrow(1, 0, 1) + at::arange(width, options).view({1, 1, 1, width});
    const at::Tensor endY =
        pairs.flow.narrow(1, 1, 1) + at::arange(height, options).view({1, 1, height, 1});
    const at::Tensor inside = endX.ge(0)
                                  .logical_and(endX.le(width - 1))
                                  .logical_and(endY.ge(0).logical_and(endY.le(height - 1)));
    pairs.valid.mul_(inside);
}

}  // namespace mcj
