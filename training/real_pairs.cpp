#include "training/real_pairs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "media/base/error.h"

namespace mcj {

RealPairs::RealPairs(std::vector<ShardPtr> shards, const RealPairConfig& config, at::Device device,
                     const PictureDraw::Choice& chosen)
    : shards_(std::move(shards)), config_(config), device_(device),
      augmenter_(config.height, config.width, device) {
    if (config.height < 32 || config.width < 32 || config.maxGap < 1 || config.minZoom <= 0.0 ||
        config.minZoom > 1.0) {
        throw Error(ErrorCode::Usage,
                    "real pairs need frames of at least 32 px, a gap of at least 1 and a zoom in "
                    "(0, 1]",
                    "Correct real_pairs, height and width in the recipe.");
    }
    if (!config.repeats.empty() && config.repeats.size() != shards_.size()) {
        throw Error(ErrorCode::Usage, "real pairs need one repeat count per shard, or none");
    }
    double sum = 0.0;
    for (std::size_t s = 0; s < shards_.size(); ++s) {
        const double repeats = config.repeats.empty() ? 1.0 : config.repeats[s];
        if (repeats <= 0.0) continue;
        for (const ShardClip& clip : shards_[s]->clips()) {
            if (chosen && !chosen(*shards_[s], clip.first)) continue;
            clips_.push_back({s, clip});
            const auto frames = static_cast<double>(clip.count);
            sum += repeats * (config.weigh == ClipWeight::Pairs ? frames - 1.0 : std::sqrt(frames));
            cumulative_.push_back(sum);
        }
    }
    if (clips_.empty()) {
        throw Error(ErrorCode::Input, "no shard contains a shot of at least two frames",
                    "Make one with `mcjepa pack --videos`.");
    }
    for (double& value : cumulative_) value /= sum;
}

at::Tensor RealPairs::cropOf(SampleRng& rng) const {
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), rng.uniform()) -
                       cumulative_.begin();
    const Clip& clip =
        clips_[std::min<std::size_t>(static_cast<std::size_t>(found), clips_.size() - 1)];
    const int length = static_cast<int>(clip.frames.count);
    const int gap = rng.integer(1, std::min(config_.maxGap, length - 1));
    const auto start = static_cast<std::size_t>(rng.integer(0, length - 1 - gap));
    const std::size_t entry = clip.frames.first + start;
    const ShardReader& shard = *shards_[clip.shard];
    const at::Tensor frame1 = shard.decode(entry).to(device_);
    const at::Tensor frame2 = shard.decode(entry + static_cast<std::size_t>(gap)).to(device_);

    const std::int64_t sourceHeight = frame1.size(1);
    const std::int64_t sourceWidth = frame1.size(2);
    const double fit = std::min(static_cast<double>(sourceHeight) / config_.height,
                                static_cast<double>(sourceWidth) / config_.width);
    const double zoom = fit * rng.logUniform(config_.minZoom, 1.0);
    const auto side = [&](int wanted, std::int64_t available) {
        return std::clamp<std::int64_t>(std::llround(wanted * zoom), 1, available);
    };
    const std::int64_t height = side(config_.height, sourceHeight);
    const std::int64_t width = side(config_.width, sourceWidth);
    const std::int64_t y = rng.integer(0, static_cast<int>(sourceHeight - height));
    const std::int64_t x = rng.integer(0, static_cast<int>(sourceWidth - width));
    const auto crop = [&](const at::Tensor& frame) {
        return frame.narrow(1, y, height).narrow(2, x, width);
    };
    at::Tensor both = at::stack({crop(frame1), crop(frame2)}).to(at::kFloat);
    if (height != config_.height || width != config_.width) {
        both = zoom > 1.0 ? at::_upsample_bilinear2d_aa(both, {config_.height, config_.width},
                                                        /*align_corners=*/false)
                          : at::upsample_bilinear2d(both, {config_.height, config_.width},
                                                    /*align_corners=*/false);
    }
    both.mul_(1.0 / 255.0);
    if (rng.happens(config_.flipShare)) both = both.flip({3});
    if (rng.happens(config_.swapShare)) both = both.flip({0});
    return both;
}

FramePairs RealPairs::make(std::vector<SampleRng> generators) const {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> first;
    std::vector<at::Tensor> second;
    std::vector<Photometric> looks1;
    std::vector<Photometric> looks2;
    for (SampleRng& rng : generators) {
        const at::Tensor both = cropOf(rng);
        first.push_back(both[0]);
        second.push_back(both[1]);
        const auto looks = drawPhotometric(config_.looks, rng);
        looks1.push_back(looks[0]);
        looks2.push_back(looks[1]);
    }
    FramePairs pairs;
    pairs.frame1 = at::stack(first);
    pairs.frame2 = at::stack(second);
    pairs.plain1 = pairs.frame1.clone();
    pairs.plain2 = pairs.frame2.clone();
    augmenter_.apply(pairs.frame1, looks1);
    augmenter_.apply(pairs.frame2, looks2);
    return pairs;
}

}  // namespace mcj
