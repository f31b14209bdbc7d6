#pragma once

#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "media/base/frame.h"

namespace mcj::test {

/// Waves of many directions and lengths, moved by `shift` pixels to the right and half of it down.
inline FramePtr wavesMovedBy(float shift, SizePx size, FrameIndex index) {
    Frame frame;
    frame.source = 1;
    frame.index = index;
    frame.rgb = Raster<std::uint8_t>(size, 3);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const float px = static_cast<float>(x) - shift;
            const float py = static_cast<float>(y) - 0.5F * shift;
            for (int c = 0; c < 3; ++c) {
                float value = 0.5F;
                for (int wave = 1; wave <= 6; ++wave) {
                    const float turn = 1.3F * static_cast<float>(wave + 2 * c);
                    const float along = px * std::cos(turn) + py * std::sin(turn);
                    value += 0.08F * std::sin(along * 2.0F * std::numbers::pi_v<float> /
                                              (5.0F + 9.0F * static_cast<float>(wave)));
                }
                frame.rgb.at(y, x, c) = static_cast<std::uint8_t>(255.0F * value);
            }
        }
    }
    return std::make_shared<const Frame>(std::move(frame));
}

}  // namespace mcj::test
