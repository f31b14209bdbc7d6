#include "inference/engine/flow_maps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <opencv2/core.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

// The upper ends of the fixed scales of the pictures: larger values are drawn like these.
constexpr float kWarpErrorShownUpTo = 64.0F;   // levels of 255
constexpr float kConsistencyShownUpTo = 4.0F;  // px

/// The four neighbours of a position in a raster and their weights (bilinear; integer coordinates
/// are pixel centres, which is align_corners=True).
struct BilinearSite {
    int x0 = 0;
    int y0 = 0;
    int x1 = 0;
    int y1 = 0;
    float weightX = 0.0F;  ///< of x1
    float weightY = 0.0F;  ///< of y1
};

/// None where (y, x) is outside the pixel centres of `size`, or NaN.
std::optional<BilinearSite> siteAt(PointF place, SizePx size) {
    const auto right = static_cast<float>(size.width - 1);
    const auto bottom = static_cast<float>(size.height - 1);
    if (!(place.x >= 0.0F && place.y >= 0.0F && place.x <= right && place.y <= bottom)) {
        return std::nullopt;
    }
    BilinearSite site;
    site.x0 = static_cast<int>(place.x);
    site.y0 = static_cast<int>(place.y);
    site.weightX = place.x - static_cast<float>(site.x0);
    site.weightY = place.y - static_cast<float>(site.y0);
    // A neighbour of weight 0 is not read: it may be outside, or unknown.
    site.x1 = site.weightX > 0.0F ? site.x0 + 1 : site.x0;
    site.y1 = site.weightY > 0.0F ? site.y0 + 1 : site.y0;
    return site;
}

template <typename T>
float sample(const Raster<T>& raster, const BilinearSite& site, int channel) {
    const auto v00 = static_cast<float>(raster.at(site.y0, site.x0, channel));
    const auto v01 = static_cast<float>(raster.at(site.y0, site.x1, channel));
    const auto v10 = static_cast<float>(raster.at(site.y1, site.x0, channel));
    const auto v11 = static_cast<float>(raster.at(site.y1, site.x1, channel));
    const float top = v00 + site.weightX * (v01 - v00);
    const float bottom = v10 + site.weightX * (v11 - v10);
    return top + site.weightY * (bottom - top);
}

PointF target(const FlowField& flow, int y, int x) {
    const PointF motion = flow.at(y, x);
    return {static_cast<float>(x) + motion.x, static_cast<float>(y) + motion.y};
}

void requireSameSize(SizePx first, SizePx second, const char* what) {
    if (first == second) return;
    throw Error(ErrorCode::Input,
                std::string(what) + " have different sizes: " + std::to_string(first.width) + "x" +
                    std::to_string(first.height) + " and " + std::to_string(second.width) + "x" +
                    std::to_string(second.height),
                "A pair of frames and its flow must have the same size.");
}

template <typename RowJob>
void forEachRow(int rows, RowJob&& job) {
    cv::parallel_for_(cv::Range(0, rows), [&](const cv::Range& range) {
        for (int y = range.start; y < range.end; ++y) job(y);
    });
}

/// f(p) and b(p + f(p)).
struct RoundTrip {
    PointF there;
    PointF back;
};

enum class Landing { Inside, Outside, Unknown };

Landing roundTrip(const FlowField& forward, const FlowField& backward, int y, int x,
                  RoundTrip& trip) {
    const PointF there = forward.at(y, x);
    if (!FlowField::known(there)) return Landing::Unknown;
    const auto site = siteAt(target(forward, y, x), backward.size());
    if (!site) return Landing::Outside;
    const PointF back{sample(backward.vectors, *site, 0), sample(backward.vectors, *site, 1)};
    if (!FlowField::known(back)) return Landing::Unknown;
    trip = {there, back};
    return Landing::Inside;
}

}  // namespace

ScalarMap warpError(const Frame& first, const Frame& second, const FlowField& flow) {
    requireSameSize(first.size(), second.size(), "the two frames");
    requireSameSize(first.size(), flow.size(), "the frame and its flow");
    ScalarMap map(first.size(), "warp error", "levels of 255", 0.0F, kWarpErrorShownUpTo);
    forEachRow(first.size().height, [&](int y) {
        float* out = map.values.row(y);
        for (int x = 0; x < first.size().width; ++x) {
            const auto site = siteAt(target(flow, y, x), second.size());
            if (!site) {
                out[x] = FlowField::kUnknown;
                continue;
            }
            float sum = 0.0F;
            for (int c = 0; c < 3; ++c) {
                sum += std::abs(static_cast<float>(first.rgb.at(y, x, c)) -
                                sample(second.rgb, *site, c));
            }
            out[x] = sum / 3.0F;
        }
    });
    return map;
}

Raster<std::uint8_t> warpFrame(const Frame& second, const FlowField& flow) {
    Raster<std::uint8_t> warped(flow.size(), 3, 0);
    forEachRow(flow.size().height, [&](int y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const auto site = siteAt(target(flow, y, x), second.size());
            if (!site) continue;
            for (int c = 0; c < 3; ++c) {
                warped.at(y, x, c) =
                    static_cast<std::uint8_t>(std::lround(sample(second.rgb, *site, c)));
            }
        }
    });
    return warped;
}

ScalarMap forwardBackwardError(const FlowField& forward, const FlowField& backward) {
    requireSameSize(forward.size(), backward.size(), "forward and backward flow");
    ScalarMap map(forward.size(), "consistency", "px", 0.0F, kConsistencyShownUpTo);
    forEachRow(forward.size().height, [&](int y) {
        float* out = map.values.row(y);
        for (int x = 0; x < forward.size().width; ++x) {
            RoundTrip trip;
            out[x] = roundTrip(forward, backward, y, x, trip) == Landing::Inside
                         ? std::hypot(trip.there.x + trip.back.x, trip.there.y + trip.back.y)
                         : FlowField::kUnknown;
        }
    });
    return map;
}

std::optional<PointF> flowAt(const FlowField& flow, PointF place) {
    const auto site = siteAt(place, flow.size());
    if (!site) return std::nullopt;
    const PointF motion{sample(flow.vectors, *site, 0), sample(flow.vectors, *site, 1)};
    return FlowField::known(motion) ? std::optional(motion) : std::nullopt;
}

OcclusionRule saneRule(OcclusionRule rule) noexcept {
    const OcclusionRule usual;
    if (!std::isfinite(rule.alpha)) rule.alpha = usual.alpha;
    if (!std::isfinite(rule.beta)) rule.beta = usual.beta;
    return {std::clamp(rule.alpha, 0.0F, kMostOcclusionAlpha),
            std::clamp(rule.beta, 0.0F, kMostOcclusionBeta)};
}

std::string occlusionFormula(const OcclusionRule& rule) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "|f + b'|^2 > %g (|f|^2 + |b'|^2) + %g",
                  static_cast<double>(rule.alpha), static_cast<double>(rule.beta));
    return text.data();
}

bool isOccluded(PointF there, PointF back, const OcclusionRule& rule) {
    const PointF residual{there.x + back.x, there.y + back.y};
    const float lengthsSquared =
        there.x * there.x + there.y * there.y + back.x * back.x + back.y * back.y;
    return residual.x * residual.x + residual.y * residual.y >
           rule.alpha * lengthsSquared + rule.beta;
}

ScalarMap occlusion(const FlowField& forward, const FlowField& backward,
                    const OcclusionRule& rule) {
    requireSameSize(forward.size(), backward.size(), "forward and backward flow");
    ScalarMap map(forward.size(), "occlusion", "1", 0.0F, 1.0F);
    forEachRow(forward.size().height, [&](int y) {
        float* out = map.values.row(y);
        for (int x = 0; x < forward.size().width; ++x) {
            RoundTrip trip;
            switch (roundTrip(forward, backward, y, x, trip)) {
            case Landing::Inside:
                out[x] = isOccluded(trip.there, trip.back, rule) ? 1.0F : 0.0F;
                break;
            case Landing::Outside: out[x] = 1.0F; break;
            case Landing::Unknown: out[x] = FlowField::kUnknown; break;
            }
        }
    });
    return map;
}

}  // namespace mcj
