#include "inference/analysis/flow_metrics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

// KITTI 2015: an estimate is an outlier beyond both of these.
constexpr double kOutlierPx = 3.0;
constexpr double kOutlierShare = 0.05;

// The upper ends of the fixed scales of the maps: larger values are drawn like these.
constexpr float kEndPointShownUpToPx = 5.0F;
constexpr float kAngleShownUpToDeg = 30.0F;

/// Angle between (u, v, 1) of both vectors, degrees (Barron et al. 1994).
double angleDeg(PointF a, PointF b) {
    const double dot = double{a.x} * b.x + double{a.y} * b.y + 1.0;
    const double lengths = std::sqrt((double{a.x} * a.x + double{a.y} * a.y + 1.0) *
                                     (double{b.x} * b.x + double{b.y} * b.y + 1.0));
    return std::acos(std::clamp(dot / lengths, -1.0, 1.0)) * 180.0 / std::numbers::pi;
}

void requireTruthSize(const char* what, SizePx size, SizePx truth) {
    if (size == truth) return;
    throw Error(
        ErrorCode::Input,
        std::string(what) + " is " + sizeText(size) + ", but the true one is " + sizeText(truth),
        "Give flow of the size of its ground truth.");
}

/// Adds one pixel's error to every region that contains the pixel.
void addPixel(FlowSplits& splits, const FlowErrorSums& pixel, const FlowRegions& regions, int y,
              int x) {
    splits.all += pixel;
    const bool knowsOccluded = !regions.occluded.empty();
    const bool occluded = knowsOccluded && regions.occluded.at(y, x) != 0;
    if (knowsOccluded) (occluded ? splits.occ : splits.noc) += pixel;
    if (regions.foreground.empty()) return;
    const bool foreground = regions.foreground.at(y, x) != 0;
    (foreground ? splits.foreground : splits.background) += pixel;
    if (!knowsOccluded || occluded) return;
    (foreground ? splits.nocForeground : splits.nocBackground) += pixel;
}

PointF knownOrZero(PointF flow) { return FlowField::known(flow) ? flow : PointF{}; }

template <typename ErrorOf>
void fillErrors(ScalarMap& map, const FlowField& estimate, const FlowField& truth,
                ErrorOf&& errorOf) {
    requireTruthSize("the estimated flow", estimate.size(), truth.size());
    for (int y = 0; y < truth.size().height; ++y) {
        for (int x = 0; x < truth.size().width; ++x) {
            const PointF right = truth.at(y, x);
            map.values.at(y, x) = FlowField::known(right)
                                      ? static_cast<float>(errorOf(estimate.at(y, x), right))
                                      : FlowField::kUnknown;
        }
    }
}

}  // namespace

FlowErrorSums pixelError(PointF estimate, PointF truth) {
    const PointF guess = knownOrZero(estimate);
    const double error = std::hypot(double{guess.x} - truth.x, double{guess.y} - truth.y);
    const double length = std::hypot(double{truth.x}, double{truth.y});
    // Written without a division: a true length of 0 makes any error above 3 px an outlier.
    const bool outlier = error > kOutlierPx && error > kOutlierShare * length;
    return {1, error, outlier ? 1 : 0};
}

ScalarMap endPointErrorMap(const FlowField& estimate, const FlowField& truth) {
    ScalarMap map(truth.size(), "end-point error", "px", 0.0F, kEndPointShownUpToPx);
    fillErrors(map, estimate, truth,
               [](PointF guess, PointF right) { return pixelError(guess, right).errorSum; });
    return map;
}

ScalarMap angularErrorMap(const FlowField& estimate, const FlowField& truth) {
    ScalarMap map(truth.size(), "angular error", "degrees", 0.0F, kAngleShownUpToDeg);
    fillErrors(map, estimate, truth,
               [](PointF guess, PointF right) { return angleDeg(knownOrZero(guess), right); });
    return map;
}

std::optional<double> FlowErrorSums::epe() const {
    if (pixels == 0) return std::nullopt;
    return errorSum / static_cast<double>(pixels);
}

std::optional<double> FlowErrorSums::flPercent() const {
    if (pixels == 0) return std::nullopt;
    return 100.0 * static_cast<double>(outliers) / static_cast<double>(pixels);
}

FlowErrorSums& FlowErrorSums::operator+=(const FlowErrorSums& other) {
    pixels += other.pixels;
    errorSum += other.errorSum;
    outliers += other.outliers;
    return *this;
}

FlowSplits& FlowSplits::operator+=(const FlowSplits& other) {
    all += other.all;
    noc += other.noc;
    occ += other.occ;
    background += other.background;
    foreground += other.foreground;
    nocBackground += other.nocBackground;
    nocForeground += other.nocForeground;
    return *this;
}

FlowScore scoreFlow(const FlowField& estimate, const FlowField& truth, const FlowRegions& regions) {
    requireTruthSize("the estimated flow", estimate.size(), truth.size());
    for (const Raster<std::uint8_t>* region : {&regions.occluded, &regions.foreground}) {
        if (!region->empty()) requireTruthSize("a mask of regions", region->size(), truth.size());
    }
    double angleSum = 0.0;
    double lengthSum = 0.0;
    FlowScore score;
    for (int y = 0; y < truth.size().height; ++y) {
        for (int x = 0; x < truth.size().width; ++x) {
            const PointF right = truth.at(y, x);
            if (!FlowField::known(right)) continue;
            const PointF guess = knownOrZero(estimate.at(y, x));
            lengthSum += std::hypot(double{right.x}, double{right.y});
            angleSum += angleDeg(guess, right);
            addPixel(score.splits, pixelError(guess, right), regions, y, x);
        }
    }
    score.validPx = score.splits.all.pixels;
    if (score.validPx == 0) return score;
    const auto count = static_cast<double>(score.validPx);
    score.epe = score.splits.all.epe();
    score.flAll = score.splits.all.flPercent();
    score.angularDeg = angleSum / count;
    score.meanTruthPx = lengthSum / count;
    return score;
}

}  // namespace mcj
