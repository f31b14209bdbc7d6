#include "inference/engine/flow_metrics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "media/base/error.h"

namespace mcj {
namespace {

// KITTI 2015: an estimate is an outlier beyond both of these.
constexpr double kOutlierPx = 3.0;
constexpr double kOutlierShare = 0.05;

/// Angle between (u, v, 1) of both vectors, degrees (Barron et al. 1994).
double angleDeg(PointF a, PointF b) {
    const double dot = double{a.x} * b.x + double{a.y} * b.y + 1.0;
    const double lengths = std::sqrt((double{a.x} * a.x + double{a.y} * a.y + 1.0) *
                                     (double{b.x} * b.x + double{b.y} * b.y + 1.0));
    return std::acos(std::clamp(dot / lengths, -1.0, 1.0)) * 180.0 / std::numbers::pi;
}

}  // namespace

FlowScore scoreFlow(const FlowField& estimate, const FlowField& truth) {
    if (estimate.size() != truth.size()) {
        throw Error(ErrorCode::Input,
                    "the estimated flow is " + std::to_string(estimate.size().width) + "x" +
                        std::to_string(estimate.size().height) + " and the true one " +
                        std::to_string(truth.size().width) + "x" +
                        std::to_string(truth.size().height),
                    "Score flow at the size of its truth.");
    }
    double errorSum = 0.0;
    double angleSum = 0.0;
    double lengthSum = 0.0;
    std::int64_t outliers = 0;
    FlowScore score;
    for (int y = 0; y < truth.size().height; ++y) {
        for (int x = 0; x < truth.size().width; ++x) {
            const PointF right = truth.at(y, x);
            if (!FlowField::known(right)) continue;
            PointF guess = estimate.at(y, x);
            if (!FlowField::known(guess)) guess = {};
            const double error = std::hypot(double{guess.x} - right.x, double{guess.y} - right.y);
            const double length = std::hypot(double{right.x}, double{right.y});
            errorSum += error;
            lengthSum += length;
            angleSum += angleDeg(guess, right);
            // Written without a division: a true length of 0 makes any error above 3 px an outlier.
            if (error > kOutlierPx && error > kOutlierShare * length) ++outliers;
            ++score.validPx;
        }
    }
    if (score.validPx == 0) return score;
    const auto count = static_cast<double>(score.validPx);
    score.epe = errorSum / count;
    score.flAll = 100.0 * static_cast<double>(outliers) / count;
    score.angularDeg = angleSum / count;
    score.meanTruthPx = lengthSum / count;
    return score;
}

}  // namespace mcj
