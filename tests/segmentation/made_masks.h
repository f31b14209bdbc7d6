#pragma once

#include <cstdint>
#include <random>

#include "segmentation/mask.h"

namespace mcj {

// Masks for the tests of this folder.

/// A disk of `object` on background.
inline Mask diskMask(SizePx size, PointF center, float radius, ObjectId object = 1) {
    Mask mask(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const float dx = static_cast<float>(x) - center.x;
            const float dy = static_cast<float>(y) - center.y;
            if (dx * dx + dy * dy <= radius * radius) mask.labels.at(y, x) = object;
        }
    }
    return mask;
}

/// Rectangles of random labels below `labels`, so that there are runs of all lengths.
inline Mask randomMask(SizePx size, int labels, std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto below = [&random](int end) {
        return std::uniform_int_distribution<int>(0, end - 1)(random);
    };
    Mask mask(size);
    for (int piece = 0; piece < 12; ++piece) {
        const int x0 = below(size.width);
        const int y0 = below(size.height);
        const int x1 = x0 + 1 + below(size.width - x0);
        const int y1 = y0 + 1 + below(size.height - y0);
        const auto label = static_cast<ObjectId>(below(labels));
        for (int y = y0; y < y1; ++y) {
            for (int x = x0; x < x1; ++x) mask.labels.at(y, x) = label;
        }
    }
    for (int speck = 0; speck < 20; ++speck) {
        mask.labels.at(below(size.height), below(size.width)) =
            static_cast<ObjectId>(below(labels));
    }
    return mask;
}

}  // namespace mcj
