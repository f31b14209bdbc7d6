#include "inference/analysis/query_region.h"

#include <limits>
#include <string>
#include <utility>

#include "media/base/error.h"
#include "media/base/label_runs.h"

namespace mcj {
namespace {

std::uint64_t hashOf(const Raster<std::uint8_t>& inside) {
    // The offset basis and the prime of the 64-bit FNV-1a hash.
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto take = [&hash](std::uint64_t byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
    for (const int side : {inside.width(), inside.height()}) {
        for (int shift = 0; shift < 32; shift += 8) {
            take((static_cast<std::uint32_t>(side) >> static_cast<unsigned>(shift)) & 255U);
        }
    }
    for (const std::uint8_t byte : encodeLabelRuns(inside.values())) take(byte);
    return hash;
}

PointF centreOf(const Raster<std::uint8_t>& inside) {
    double sumX = 0.0;
    double sumY = 0.0;
    double count = 0.0;
    for (int y = 0; y < inside.height(); ++y) {
        for (int x = 0; x < inside.width(); ++x) {
            if (inside.at(y, x) == 0) continue;
            sumX += x;
            sumY += y;
            count += 1.0;
        }
    }
    PointF nearest;
    double best = std::numeric_limits<double>::infinity();
    for (int y = 0; y < inside.height(); ++y) {
        for (int x = 0; x < inside.width(); ++x) {
            if (inside.at(y, x) == 0) continue;
            const double dx = x - sumX / count;
            const double dy = y - sumY / count;
            if (dx * dx + dy * dy >= best) continue;
            best = dx * dx + dy * dy;
            nearest = {static_cast<float>(x), static_cast<float>(y)};
        }
    }
    return nearest;
}

}  // namespace

QueryRegion::QueryRegion(Raster<std::uint8_t> inside, int object)
    : inside_(std::move(inside)), object_(object) {
    bool any = false;
    for (std::uint8_t& value : inside_.values()) {
        value = value == 0 ? 0 : 1;
        any = any || value != 0;
    }
    if (!any) {
        throw Error(ErrorCode::Usage, "the mask has no pixel of object " + std::to_string(object),
                    "Choose an object that the mask contains.");
    }
    hash_ = hashOf(inside_);
    centre_ = centreOf(inside_);
}

QueryRegionPtr objectRegion(const Raster<std::uint8_t>& labels, int object) {
    Raster<std::uint8_t> inside(labels.size(), 1);
    for (std::size_t i = 0; i < inside.values().size(); ++i) {
        inside.values()[i] = labels.values()[i] == object ? 1 : 0;
    }
    return std::make_shared<const QueryRegion>(std::move(inside), object);
}

}  // namespace mcj
