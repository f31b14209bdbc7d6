#include "segmentation/pass_blending.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr int kCellPx = 4;
constexpr float kTopLevel = 15.0F;

void requireSameSize(SizePx size, SizePx other) {
    if (size == other) return;
    throw Error(ErrorCode::Input, "masks or confidences that are joined differ in size");
}

ScalarMap confidenceMap(SizePx size) { return {size, "confidence", "1", 0.0F, 1.0F}; }

float known(float value) { return std::isnan(value) ? 0.0F : std::clamp(value, 0.0F, 1.0F); }

int cellsAlong(int pixels) { return (pixels + kCellPx - 1) / kCellPx; }

Mask levelsOf(const ScalarMap& confidence) {
    const SizePx size = confidence.size();
    Mask levels({cellsAlong(size.width), cellsAlong(size.height)});
    for (int cellY = 0; cellY < levels.size().height; ++cellY) {
        for (int cellX = 0; cellX < levels.size().width; ++cellX) {
            float sum = 0.0F;
            int count = 0;
            for (int y = cellY * kCellPx; y < std::min((cellY + 1) * kCellPx, size.height); ++y) {
                for (int x = cellX * kCellPx; x < std::min((cellX + 1) * kCellPx, size.width);
                     ++x) {
                    sum += known(confidence.values.at(y, x));
                    ++count;
                }
            }
            levels.labels.at(cellY, cellX) = static_cast<std::uint8_t>(
                std::lround(kTopLevel * sum / static_cast<float>(std::max(count, 1))));
        }
    }
    return levels;
}

}  // namespace

PassWeights weightsBetween(FrameIndex firstAnchor, FrameIndex frame, FrameIndex secondAnchor) {
    const auto [low, high] = std::minmax(firstAnchor, secondAnchor);
    if (frame <= low || frame >= high) {
        throw Error(ErrorCode::Internal, "frame " + std::to_string(frame) +
                                             " does not lie between frames " + std::to_string(low) +
                                             " and " + std::to_string(high));
    }
    // Both are quotients, so that exchanging the anchors exchanges exactly the same weights.
    const auto gap = static_cast<float>(high - low);
    return {static_cast<float>(std::abs(secondAnchor - frame)) / gap,
            static_cast<float>(std::abs(frame - firstAnchor)) / gap};
}

LabeledPass blendPasses(const LabeledPass& first, const LabeledPass& second,
                        const PassWeights& weights) {
    const SizePx size = first.mask->size();
    requireSameSize(size, second.mask->size());
    requireSameSize(size, first.confidence.size());
    requireSameSize(size, second.confidence.size());
    const auto labels1 = first.mask->labels.values();
    const auto labels2 = second.mask->labels.values();
    const auto trust1 = first.confidence.values.values();
    const auto trust2 = second.confidence.values.values();
    const bool secondAtEqual = weights.second > weights.first;
    Mask joined(size);
    ScalarMap confidence = confidenceMap(size);
    const auto labels = joined.labels.values();
    const auto trust = confidence.values.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const float score1 = labels1[i] == kVoid ? 0.0F : weights.first * known(trust1[i]);
        const float score2 = labels2[i] == kVoid ? 0.0F : weights.second * known(trust2[i]);
        if (labels1[i] == labels2[i]) {
            labels[i] = labels1[i];
            trust[i] = std::min(1.0F, score1 + score2);
            continue;
        }
        bool takesSecond = score2 > score1 || (score2 == score1 && secondAtEqual);
        // A label without any confidence still says more than void.
        if (labels1[i] == kVoid) takesSecond = true;
        if (labels2[i] == kVoid) takesSecond = false;
        labels[i] = takesSecond ? labels2[i] : labels1[i];
        trust[i] = std::abs(score1 - score2);
    }
    return {std::make_shared<const Mask>(std::move(joined)), std::move(confidence)};
}

PackedPass::PackedPass(const Mask& mask, const ScalarMap& confidence) {
    requireSameSize(mask.size(), confidence.size());
    labels_ = PackedMask::pack(mask);
    levels_ = PackedMask::pack(levelsOf(confidence));
}

LabeledPass PackedPass::unpack() const {
    const MaskPtr levels = levels_->unpack();
    const SizePx size = labels_->size();
    LabeledPass pass{labels_->unpack(), confidenceMap(size)};
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            pass.confidence.values.at(y, x) =
                static_cast<float>(levels->labels.at(y / kCellPx, x / kCellPx)) / kTopLevel;
        }
    }
    return pass;
}

std::size_t PackedPass::bytes() const noexcept {
    return labels_->bytes().size() + levels_->bytes().size();
}

}  // namespace mcj
