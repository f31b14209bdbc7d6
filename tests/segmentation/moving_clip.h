#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "media/base/error.h"
#include "media/base/frame.h"
#include "segmentation/mask_propagator.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {

/// A made clip: a textured disk moves by a constant step over a textured ground, which stands still
/// or moves with it. Frames and true masks by index.
class MovingClip {
public:
    enum class Moves { Object, Everything };

    MovingClip(SizePx size, FrameIndex frames, PointF step, Moves moves)
        : size_(size), step_(step), moves_(moves) {
        // Caches know frames by their source: clips that look alike may share it.
        const auto source =
            static_cast<SourceId>(1000.0F * (step.x + 100) + 10.0F * (step.y + 100)) +
            size.area() * (moves == Moves::Object ? 1 : 2);
        for (FrameIndex index = 0; index < frames; ++index) {
            auto frame = std::make_shared<Frame>();
            frame->source = source;
            frame->index = index;
            frame->rgb = draw(index);
            frames_.push_back(std::move(frame));
        }
    }

    [[nodiscard]] FramePtr frame(FrameIndex index) const {
        if (index < 0 || index >= static_cast<FrameIndex>(frames_.size())) return nullptr;
        return frames_[static_cast<std::size_t>(index)];
    }
    [[nodiscard]] ReadFrame reader() const {
        return [this](FrameIndex index) { return frame(index); };
    }
    [[nodiscard]] Mask truth(FrameIndex index, ObjectId object = 1) const {
        return diskMask(size_, center(index), radius(), object);
    }

private:
    [[nodiscard]] float radius() const { return static_cast<float>(size_.height) * 0.2F; }
    [[nodiscard]] PointF center(FrameIndex index) const {
        const auto t = static_cast<float>(index);
        return {static_cast<float>(size_.width) * 0.35F + t * step_.x,
                static_cast<float>(size_.height) * 0.45F + t * step_.y};
    }
    /// Smooth noise, the same for the same place.
    static float texture(float x, float y, float phase) {
        return std::sin(x * 0.155F + phase) * std::cos(y * 0.115F - phase) +
               0.6F * std::sin(x * 0.415F - y * 0.285F + 3 * phase) +
               0.4F * std::cos(x * 0.055F + y * 0.565F + phase);
    }
    [[nodiscard]] Raster<std::uint8_t> draw(FrameIndex index) const {
        Raster<std::uint8_t> rgb(size_, 3);
        const PointF middle = center(index);
        const float shift = moves_ == Moves::Everything ? static_cast<float>(index) : 0.0F;
        for (int y = 0; y < size_.height; ++y) {
            for (int x = 0; x < size_.width; ++x) {
                const float dx = static_cast<float>(x) - middle.x;
                const float dy = static_cast<float>(y) - middle.y;
                const bool inside = dx * dx + dy * dy <= radius() * radius();
                const float groundX = static_cast<float>(x) - shift * step_.x;
                const float groundY = static_cast<float>(y) - shift * step_.y;
                const float value =
                    inside ? texture(dx, dy, 1.7F) : texture(groundX, groundY, 0.0F);
                const float base[3] = {inside ? 190.0F : 70.0F, 100.0F, inside ? 60.0F : 140.0F};
                for (int c = 0; c < 3; ++c) {
                    rgb.at(y, x, c) = static_cast<std::uint8_t>(
                        std::clamp(base[c] + 25.0F * value, 0.0F, 255.0F));
                }
            }
        }
        return rgb;
    }

    SizePx size_;
    PointF step_;
    Moves moves_;
    std::vector<FramePtr> frames_;
};

}  // namespace mcj
