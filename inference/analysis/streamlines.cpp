#include "inference/analysis/streamlines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "inference/engine/flow_maps.h"

namespace mcj {
namespace {

constexpr float kEnded = std::numeric_limits<float>::quiet_NaN();

PointF placeAt(const Raster<float>& places, int row, int column) {
    return {places.at(row, column, 0), places.at(row, column, 1)};
}

bool inside(PointF place, SizePx picture) {
    return place.x >= 0.0F && place.y >= 0.0F && place.x <= static_cast<float>(picture.width - 1) &&
           place.y <= static_cast<float>(picture.height - 1);
}

/// Where a line goes on; NaN where it ends.
PointF moved(PointF place, const FlowField& flow) {
    // An ended line is outside of every picture.
    const std::optional<PointF> motion = flowAt(flow, place);
    if (!motion) return {kEnded, kEnded};
    const PointF next{place.x + motion->x, place.y + motion->y};
    return inside(next, flow.size()) ? next : PointF{kEnded, kEnded};
}

std::vector<PointF> pointsOf(const Streamlines& streamlines, int row, int column) {
    std::vector<PointF> points;
    for (const Streamlines::Places& places : streamlines.places) {
        const PointF place = placeAt(*places, row, column);
        if (std::isnan(place.x)) break;
        points.push_back(place);
    }
    return points;
}

}  // namespace

std::size_t Streamlines::bytes() const noexcept {
    std::size_t sum = 0;
    for (const Places& each : places) sum += each->bytes();
    return sum;
}

Streamlines streamGrid(SizePx picture) {
    constexpr int kHalf = kStreamGridPx / 2;
    const auto count = [](int length) {
        return length > kHalf ? (length - kHalf + kStreamGridPx - 1) / kStreamGridPx : 0;
    };
    Raster<float> grid({count(picture.width), count(picture.height)}, 2);
    for (int row = 0; row < grid.height(); ++row) {
        for (int column = 0; column < grid.width(); ++column) {
            grid.at(row, column, 0) = static_cast<float>(kHalf + column * kStreamGridPx);
            grid.at(row, column, 1) = static_cast<float>(kHalf + row * kStreamGridPx);
        }
    }
    return {{std::make_shared<const Raster<float>>(std::move(grid))}};
}

Streamlines extended(const Streamlines& lines, const FlowField& flow) {
    const Raster<float>& last = *lines.places.back();
    Raster<float> next(last.size(), 2);
    for (int row = 0; row < last.height(); ++row) {
        for (int column = 0; column < last.width(); ++column) {
            const PointF place = moved(placeAt(last, row, column), flow);
            next.at(row, column, 0) = place.x;
            next.at(row, column, 1) = place.y;
        }
    }
    Streamlines longer = lines;
    longer.places.push_back(std::make_shared<const Raster<float>>(std::move(next)));
    return longer;
}

std::vector<MotionLine> streamLines(const Streamlines& streamlines, const StreamLook& look,
                                    double scale, BoxPx within) {
    std::vector<MotionLine> lines;
    if (streamlines.places.empty()) return lines;
    const Raster<float>& grid = *streamlines.places.front();
    // Every so many points of the grid: their lines stay the same while the user zooms.
    const int every =
        std::max(1, (lineGridStep(look.spacingPx, scale) + kStreamGridPx / 2) / kStreamGridPx);
    for (int row = every / 2; row < grid.height(); row += every) {
        for (int column = every / 2; column < grid.width(); column += every) {
            const PointF start = placeAt(grid, row, column);
            if (start.x < static_cast<float>(within.x0) ||
                start.y < static_cast<float>(within.y0) ||
                start.x >= static_cast<float>(within.x1) ||
                start.y >= static_cast<float>(within.y1)) {
                continue;
            }
            std::vector<PointF> points = pointsOf(streamlines, row, column);
            if (points.size() < 2) continue;
            const PointF whole{points.back().x - start.x, points.back().y - start.y};
            lines.push_back({std::move(points), lineColor(whole, look.colors), false, true});
        }
    }
    return lines;
}

std::vector<MotionLine> streamLines(const Streamlines& streamlines, const StreamLook& look) {
    constexpr int kAll = std::numeric_limits<int>::max();
    return streamLines(streamlines, look, 1.0, {0, 0, kAll, kAll});
}

}  // namespace mcj
