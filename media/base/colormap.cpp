#include "media/base/colormap.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "media/base/colormap_tables.h"

namespace mcj {
namespace {

using Table = std::array<std::array<std::uint8_t, 3>, 256>;

Table unpack(const std::array<std::uint32_t, 256>& packed) {
    Table table{};
    for (std::size_t i = 0; i < packed.size(); ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
            table[i][c] = static_cast<std::uint8_t>(packed[i] >> (16 - 8 * c));
        }
    }
    return table;
}

/// Blue over white to red: ColorBrewer's RdBu in eleven classes, turned round and interpolated.
/// The middle falls between entries 127 and 128, so positive and negative get as many each.
Table makeSigned() {
    constexpr std::array<std::array<int, 3>, 11> kAnchors = {{{5, 48, 97},
                                                              {33, 102, 172},
                                                              {67, 147, 195},
                                                              {146, 197, 222},
                                                              {209, 229, 240},
                                                              {247, 247, 247},
                                                              {253, 219, 199},
                                                              {244, 165, 130},
                                                              {214, 96, 77},
                                                              {178, 24, 43},
                                                              {103, 0, 31}}};
    Table table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double place = static_cast<double>(i) / 255.0 * (kAnchors.size() - 1);
        const auto low = std::min(static_cast<std::size_t>(place), kAnchors.size() - 2);
        const double t = place - static_cast<double>(low);
        for (std::size_t c = 0; c < 3; ++c) {
            const double value = (1.0 - t) * kAnchors[low][c] + t * kAnchors[low + 1][c];
            table[i][c] = static_cast<std::uint8_t>(std::lround(value));
        }
    }
    return table;
}

}  // namespace

const Table& colormapTable(Colormap map) {
    static const Table kViridis = unpack(colormap_tables::kViridis);
    static const Table kCividis = unpack(colormap_tables::kCividis);
    static const Table kTurbo = unpack(colormap_tables::kTurbo);
    static const Table kSigned = makeSigned();
    switch (map) {
    case Colormap::Viridis: return kViridis;
    case Colormap::Cividis: return kCividis;
    case Colormap::Turbo: return kTurbo;
    case Colormap::Signed: return kSigned;
    }
    return kViridis;
}

std::string_view colormapName(Colormap map) {
    switch (map) {
    case Colormap::Viridis: return "viridis";
    case Colormap::Cividis: return "cividis";
    case Colormap::Turbo: return "turbo";
    case Colormap::Signed: return "signed";
    }
    return "viridis";
}

ScalarSpan scalarSpan(Colormap colors, float low, float high) {
    if (colors != Colormap::Signed) return {low, std::max(low, high)};
    const float bound = std::max(std::abs(low), std::abs(high));
    return {-bound, bound};
}

Raster<std::uint8_t> colorizeScalar(const ScalarMap& map, Colormap colors) {
    const Table& table = colormapTable(colors);
    const ScalarSpan span = scalarSpan(colors, map.rangeLow, map.rangeHigh);
    Raster<std::uint8_t> rgb(map.size(), 3);
    const std::span<const float> in = map.values.values();
    const std::span<std::uint8_t> out = rgb.values();
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (std::isnan(in[i])) continue;  // stays black
        const auto& color = table[span.indexOf(in[i])];
        for (std::size_t c = 0; c < 3; ++c) out[3 * i + c] = color[c];
    }
    return rgb;
}

}  // namespace mcj
