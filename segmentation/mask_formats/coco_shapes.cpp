#include "segmentation/mask_formats/coco_shapes.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "media/base/error.h"
#include "media/base/size_text.h"
#include "segmentation/mask_formats/json_fields.h"
#include "segmentation/mask_formats/mask_set.h"

namespace mcj {
namespace {

/// The resolution at which outlines are sampled (maskApi.c).
constexpr double kScale = 5.0;
/// Coordinates beyond it cannot belong to a picture and would take forever to sample.
constexpr double kFarthestPx = 1 << 20;

int upsampled(double value) {
    return static_cast<int>(kScale * std::clamp(value, -kFarthestPx, kFarthestPx) + 0.5);
}

/// The places on the line from `from` to `to`, one per step of the longer direction.
void appendLine(PointPx from, PointPx to, std::vector<PointPx>& outline) {
    const int dx = std::abs(to.x - from.x);
    const int dy = std::abs(from.y - to.y);
    const bool wide = dx >= dy;
    const bool flip = wide ? from.x > to.x : from.y > to.y;
    if (flip) std::swap(from, to);
    const int steps = wide ? dx : dy;
    const double rise =
        steps == 0 ? 0.0 : static_cast<double>(wide ? to.y - from.y : to.x - from.x) / steps;
    for (int d = 0; d <= steps; ++d) {
        const int t = flip ? steps - d : d;
        if (wide) {
            outline.push_back({from.x + t, static_cast<int>(from.y + rise * t + 0.5)});
        } else {
            outline.push_back({static_cast<int>(from.x + rise * t + 0.5), from.y + t});
        }
    }
}

/// The places in column order at which the outline crosses a column of pixel centres.
std::vector<std::uint32_t> crossings(const std::vector<PointPx>& outline, SizePx size) {
    std::vector<std::uint32_t> places;
    for (std::size_t j = 1; j < outline.size(); ++j) {
        const PointPx before = outline[j - 1];
        const PointPx here = outline[j];
        if (here.x == before.x) continue;
        double x = here.x < before.x ? here.x : here.x - 1;
        x = (x + 0.5) / kScale - 0.5;
        if (std::floor(x) != x || x < 0 || x > size.width - 1) continue;
        double y = here.y < before.y ? here.y : before.y;
        y = std::ceil(std::clamp((y + 0.5) / kScale - 0.5, 0.0, static_cast<double>(size.height)));
        places.push_back(
            static_cast<std::uint32_t>(static_cast<int>(x) * size.height + static_cast<int>(y)));
    }
    places.push_back(static_cast<std::uint32_t>(size.area()));
    std::ranges::sort(places);
    return places;
}

CocoRle polygonOf(const nlohmann::json& polygon, SizePx size, const std::string& where) {
    if (!polygon.is_array() || polygon.size() % 2 != 0 || polygon.size() < 6) {
        throw Error(ErrorCode::Input,
                    where + ": a polygon is not a list of at least three x, y pairs");
    }
    std::vector<PolygonCorner> corners;
    for (std::size_t i = 0; i < polygon.size(); i += 2) {
        corners.push_back({jsonNumber(polygon[i], where), jsonNumber(polygon[i + 1], where)});
    }
    return rleOfPolygon(corners, size);
}

std::vector<std::uint32_t> countsOf(const nlohmann::json& list, const std::string& where) {
    std::vector<std::uint32_t> counts;
    for (const nlohmann::json& count : list) {
        const bool fits = count.is_number_unsigned() &&
                          count.get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
        if (!fits) throw Error(ErrorCode::Input, where + ": a run length is not a whole number");
        counts.push_back(count.get<std::uint32_t>());
    }
    return counts;
}

}  // namespace

CocoRle rleOfPolygon(std::span<const PolygonCorner> corners, SizePx size) {
    std::vector<PointPx> places;
    for (const PolygonCorner& corner : corners) {
        places.push_back({upsampled(corner.x), upsampled(corner.y)});
    }
    std::vector<PointPx> outline;
    for (std::size_t j = 0; j < places.size(); ++j) {
        appendLine(places[j], places[(j + 1) % places.size()], outline);
    }
    std::vector<std::uint32_t> runs = crossings(outline, size);
    std::adjacent_difference(runs.begin(), runs.end(), runs.begin());
    // Two crossings at one place cancel each other: runs of no pixels join their neighbours.
    CocoRle rle{size, {runs.front()}};
    for (std::size_t j = 1; j < runs.size();) {
        if (runs[j] > 0) {
            rle.counts.push_back(runs[j++]);
        } else {
            ++j;
            if (j < runs.size()) rle.counts.back() += runs[j++];
        }
    }
    return rle;
}

CocoRle unionOf(const CocoRle& a, const CocoRle& b) {
    Raster<std::uint8_t> both = decodeCocoRle(a);
    const Raster<std::uint8_t> other = decodeCocoRle(b);
    const auto to = both.values();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] |= other.values()[i];
    return cocoRleOf(both);
}

CocoRle checkedRle(std::vector<std::uint32_t> counts, SizePx size, const std::string& where) {
    const std::uint64_t sum = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (sum != size.area()) {
        throw Error(ErrorCode::Input, where + ": its run lengths are " + std::to_string(sum) +
                                          " pixels, but the image has " + sizeText(size) + " = " +
                                          std::to_string(size.area()));
    }
    // One form for equal masks: no runs of no pixels except at the start.
    CocoRle rle{size, {}};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (i > 0 && counts[i] == 0 && i + 1 < counts.size()) {
            rle.counts.back() += counts[++i];
        } else if (i == 0 || counts[i] > 0) {
            rle.counts.push_back(counts[i]);
        }
    }
    return rle;
}

CocoRle checkedRle(std::string_view compressed, SizePx size, const std::string& where) {
    std::vector<std::uint32_t> counts;
    try {
        counts = cocoCountsFromString(compressed);
    } catch (const Error& error) {
        throw Error(ErrorCode::Input, where + ": " + error.what());
    }
    return checkedRle(std::move(counts), size, where);
}

CocoRle cocoSegmentation(const nlohmann::json& segmentation, SizePx size,
                         const std::string& where) {
    if (segmentation.is_array()) {
        CocoRle whole{size, {static_cast<std::uint32_t>(size.area())}};
        for (const nlohmann::json& polygon : segmentation) {
            CocoRle part = polygonOf(polygon, size, where);
            whole = hasPixels(whole) ? unionOf(whole, part) : std::move(part);
        }
        return whole;
    }
    const nlohmann::json& sides = jsonArray(segmentation, "size", where);
    const nlohmann::json expected{size.height, size.width};
    if (sides != expected) {
        throw Error(ErrorCode::Input, where + ": its size (height, width) is " + sides.dump() +
                                          ", but the image is " + sizeText(size));
    }
    const nlohmann::json& counts = jsonMember(segmentation, "counts", where);
    if (counts.is_string()) {
        return checkedRle(std::string_view(counts.get_ref<const std::string&>()), size, where);
    }
    if (counts.is_array()) return checkedRle(countsOf(counts, where), size, where);
    throw Error(ErrorCode::Input, where + ": \"counts\" is neither a text nor a list");
}

}  // namespace mcj
