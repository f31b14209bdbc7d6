#include "viewer/canvas/canvas_tiles.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mcj {
namespace {

constexpr int kGapPx = 2;  // between views, logical pixels

std::vector<CanvasTile> raster(const std::vector<std::size_t>& views, SizePx size, int columns) {
    const int count = static_cast<int>(views.size());
    const int rows = (count + columns - 1) / columns;
    const int width = std::max((size.width - (columns - 1) * kGapPx) / columns, 1);
    const int height = std::max((size.height - (rows - 1) * kGapPx) / rows, 1);
    std::vector<CanvasTile> tiles;
    for (int i = 0; i < count; ++i) {
        const int x = (i % columns) * (width + kGapPx);
        const int y = (i / columns) * (height + kGapPx);
        const BoxPx box{x, y, x + width, y + height};
        tiles.push_back({views[static_cast<std::size_t>(i)], box, box});
    }
    return tiles;
}

}  // namespace

std::optional<double> wipeLine(const ViewSet& views, SizePx size) {
    if (views.arrangement() != Arrangement::Wipe) return std::nullopt;
    return std::round(views.wipe() * size.width);
}

std::vector<CanvasTile> tilesOf(const ViewSet& views, SizePx size) {
    const std::vector<std::size_t> shown = views.shown();
    switch (views.arrangement()) {
    case Arrangement::Single:
    case Arrangement::Difference: break;
    case Arrangement::SideBySide:
        // Beside each other or one above the other: whichever leaves the larger pictures of 16:9.
        return raster(shown, size, size.width * 9 >= size.height * 16 ? 2 : 1);
    case Arrangement::Grid: return raster(shown, size, 2);
    case Arrangement::Wipe: {
        std::vector<CanvasTile> tiles = raster({shown[0]}, size, 1);
        tiles.push_back({shown[1], tiles[0].box, tiles[0].box});
        const int line = static_cast<int>(*wipeLine(views, size));
        tiles[0].clip.x1 = line;
        tiles[1].clip.x0 = line;
        return tiles;
    }
    }
    std::vector<CanvasTile> tiles;
    for (const std::size_t view : shown) tiles.push_back(raster({view}, size, 1).front());
    return tiles;
}

const CanvasTile& tileAt(const std::vector<CanvasTile>& tiles, ViewPos pos, std::size_t preferred) {
    const auto distance = [pos, preferred](const CanvasTile& tile) {
        const double x = std::max({tile.clip.x0 - pos.x, pos.x - tile.clip.x1, 0.0});
        const double y = std::max({tile.clip.y0 - pos.y, pos.y - tile.clip.y1, 0.0});
        return std::pair(x * x + y * y, tile.view != preferred);
    };
    return *std::min_element(
        tiles.begin(), tiles.end(),
        [&](const CanvasTile& a, const CanvasTile& b) { return distance(a) < distance(b); });
}

}  // namespace mcj
