#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "media/base/raster.h"

namespace mcj {

// Pictures that people take for masks: grey with soft edges, by the ways in which they come about.
// Each shows a disc of radius 20 around (41, 30) in 80 x 60 pixels.

using Shades = Raster<std::uint8_t>;
inline constexpr SizePx kSoftSize{80, 60};

inline double discDistance(double y, double x) { return std::hypot(x - 41.0, y - 30.0) - 20.0; }

/// The share of each pixel that lies in the disc, by `samples` x `samples` points.
inline Shades antialiasedDisc(int samples) {
    Shades shades(kSoftSize, 1);
    for (int y = 0; y < kSoftSize.height; ++y) {
        for (int x = 0; x < kSoftSize.width; ++x) {
            int inside = 0;
            for (int i = 0; i < samples * samples; ++i) {
                const double dy = (i / samples + 0.5) / samples - 0.5;
                const double dx = (i % samples + 0.5) / samples - 0.5;
                inside += discDistance(y + dy, x + dx) < 0.0 ? 1 : 0;
            }
            shades.at(y, x) = static_cast<std::uint8_t>(255 * inside / (samples * samples));
        }
    }
    return shades;
}

/// An edge that takes about `widthPx` pixels to rise.
inline Shades blurredDisc(double widthPx) {
    Shades shades(kSoftSize, 1);
    for (int y = 0; y < kSoftSize.height; ++y) {
        for (int x = 0; x < kSoftSize.width; ++x) {
            const double value = 0.5 - 0.5 * std::tanh(discDistance(y, x) / widthPx);
            shades.at(y, x) = static_cast<std::uint8_t>(std::lround(255.0 * value));
        }
    }
    return shades;
}

/// A hard disc of a third of the size, enlarged by linear interpolation.
inline Shades enlargedDisc() {
    constexpr double kFactor = 3.0;
    const auto small = [](int y, int x) {
        return discDistance(kFactor * y + 1.0, kFactor * x + 1.0) < 0.0 ? 255.0 : 0.0;
    };
    Shades shades(kSoftSize, 1);
    for (int y = 0; y < kSoftSize.height; ++y) {
        for (int x = 0; x < kSoftSize.width; ++x) {
            const double fromY = (y + 0.5) / kFactor - 0.5;
            const double fromX = (x + 0.5) / kFactor - 0.5;
            const int y0 = static_cast<int>(std::floor(fromY));
            const int x0 = static_cast<int>(std::floor(fromX));
            const double shareY = fromY - y0;
            const double shareX = fromX - x0;
            const double above = (1 - shareX) * small(y0, x0) + shareX * small(y0, x0 + 1);
            const double below = (1 - shareX) * small(y0 + 1, x0) + shareX * small(y0 + 1, x0 + 1);
            shades.at(y, x) =
                static_cast<std::uint8_t>(std::lround((1 - shareY) * above + shareY * below));
        }
    }
    return shades;
}

/// What lossy coding leaves: a narrow edge and ripples of a few shades around it.
inline Shades lossyDisc() {
    Shades shades = blurredDisc(0.7);
    std::mt19937 random(7);
    std::uniform_int_distribution<int> ripple(-4, 4);
    for (int y = 0; y < kSoftSize.height; ++y) {
        for (int x = 0; x < kSoftSize.width; ++x) {
            if (std::abs(discDistance(y, x)) > 8.0) continue;
            shades.at(y, x) =
                static_cast<std::uint8_t>(std::clamp(shades.at(y, x) + ripple(random), 0, 255));
        }
    }
    return shades;
}

/// A photograph in grey: waves and noise.
inline Shades greyPhoto() {
    Shades shades(kSoftSize, 1);
    std::mt19937 random(3);
    std::uniform_int_distribution<int> noise(-3, 3);
    for (int y = 0; y < kSoftSize.height; ++y) {
        for (int x = 0; x < kSoftSize.width; ++x) {
            const double value =
                128.0 + 60.0 * std::sin(0.11 * x) + 50.0 * std::cos(0.07 * y + 1.0);
            shades.at(y, x) = static_cast<std::uint8_t>(
                std::clamp(static_cast<int>(value) + noise(random), 0, 255));
        }
    }
    return shades;
}

/// `count` cells around random places, labelled by `labelOf` their number: a label map in which
/// everything touches.
inline Shades cellMap(SizePx size, int count, const std::function<int(int)>& labelOf) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> place(0.0, 1.0);
    std::vector<PointF> seeds;
    for (int i = 0; i < count; ++i) {
        seeds.push_back({static_cast<float>(place(random) * size.width),
                         static_cast<float>(place(random) * size.height)});
    }
    Shades labels(size, 1);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            int nearest = 0;
            double least = 1e9;
            for (int i = 0; i < count; ++i) {
                const double distance = std::hypot(x - seeds[static_cast<std::size_t>(i)].x,
                                                   y - seeds[static_cast<std::size_t>(i)].y);
                if (distance >= least) continue;
                least = distance;
                nearest = i;
            }
            labels.at(y, x) = static_cast<std::uint8_t>(labelOf(nearest));
        }
    }
    return labels;
}

/// `columns` x `rows` blocks labelled from 1 on, with or without background between them.
inline Shades blockMap(SizePx size, int columns, int rows, int gapPx) {
    Shades labels(size, 1);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const int column = x * columns / size.width;
            const int row = y * rows / size.height;
            const bool inGap =
                x - column * size.width / columns < gapPx || y - row * size.height / rows < gapPx;
            if (!inGap) labels.at(y, x) = static_cast<std::uint8_t>(row * columns + column + 1);
        }
    }
    return labels;
}

}  // namespace mcj
