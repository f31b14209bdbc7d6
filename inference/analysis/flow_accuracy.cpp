#include "inference/analysis/flow_accuracy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "inference/engine/flow_maps.h"

namespace mcj {
namespace {

// A zoom or a rotation changes the motion by less than this from pixel to pixel; objects that move
// against each other by less are not told apart.
constexpr double kDifferentPx = 1.0;
constexpr float kNearEdgePx = 5.0F;
constexpr double kMediumFromPx = 10.0;
constexpr double kFastFromPx = 40.0;

bool moveDifferently(PointF a, PointF b) {
    if (!FlowField::known(a) || !FlowField::known(b)) return false;
    return std::hypot(double{a.x} - b.x, double{a.y} - b.y) > kDifferentPx;
}

/// The pixel of the other frame that is nearest to the target; negative where it is outside.
PointPx targetOf(const FlowField& flow, int y, int x) {
    const PointF motion = flow.at(y, x);
    const double toX = std::round(x + double{motion.x});
    const double toY = std::round(y + double{motion.y});
    const bool inside =
        toX >= 0.0 && toY >= 0.0 && toX < flow.size().width && toY < flow.size().height;
    if (!inside) return {-1, -1};
    return {static_cast<int>(toX), static_cast<int>(toY)};
}

/// The distance of every pixel to the nearest edge; far away where there is none.
cv::Mat distanceToEdges(const Raster<std::uint8_t>& edges) {
    cv::Mat apart(edges.height(), edges.width(), CV_8UC1);
    for (int y = 0; y < edges.height(); ++y) {
        for (int x = 0; x < edges.width(); ++x) {
            apart.at<std::uint8_t>(y, x) = edges.at(y, x) != 0 ? 0 : 255;
        }
    }
    cv::Mat distance;
    cv::distanceTransform(apart, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    // OpenCV does not define the distance to no edge at all.
    if (cv::countNonZero(apart) == edges.height() * edges.width()) distance.setTo(1e9F);
    return distance;
}

FlowErrorSums& bandOf(FlowAccuracy& accuracy, PointF truth) {
    const double length = std::hypot(double{truth.x}, double{truth.y});
    if (length < kMediumFromPx) return accuracy.slow;
    return length < kFastFromPx ? accuracy.medium : accuracy.fast;
}

std::optional<double> angleOf(const FlowAccuracy& accuracy) {
    if (accuracy.all.pixels == 0) return std::nullopt;
    return accuracy.angleSumDeg / static_cast<double>(accuracy.all.pixels);
}

constexpr std::array<AccuracyColumn, 8> kColumns{{
    {"epe", "EPE", "px", "Mean end-point error: |estimate - ground truth|.",
     [](const FlowAccuracy& of) { return of.all.epe(); }},
    {"angular_deg", "Angular error", "degrees",
     "Mean angle between (u, v, 1) and the true (u, v, 1).", angleOf},
    {"fl_percent", "Fl", "%",
     "Share of pixels with an error above 3 px and above 5 % of the true length (KITTI 2015).",
     [](const FlowAccuracy& of) { return of.all.flPercent(); }},
    {"epe_occluded", "EPE occluded", "px",
     "EPE of pixels that are hidden in the next frame or leave the picture, estimated from the "
     "ground truth and the frames.",
     [](const FlowAccuracy& of) { return of.occluded.epe(); }},
    {"epe_edges", "EPE near edges", "px",
     "EPE of pixels within 5 px of an edge at which the true motion changes by more than 1 px.",
     [](const FlowAccuracy& of) { return of.edges.epe(); }},
    {"epe_0_10", "EPE 0-10 px", "px", "EPE of pixels whose true motion is less than 10 px.",
     [](const FlowAccuracy& of) { return of.slow.epe(); }},
    {"epe_10_40", "EPE 10-40 px", "px",
     "EPE of pixels whose true motion is 10 px or more and less than 40 px.",
     [](const FlowAccuracy& of) { return of.medium.epe(); }},
    {"epe_40", "EPE 40+ px", "px", "EPE of pixels whose true motion is 40 px or more.",
     [](const FlowAccuracy& of) { return of.fast.epe(); }},
}};

std::string csvRow(const std::string& name, const FlowAccuracy& accuracy) {
    std::string row = name + ',' + std::to_string(accuracy.all.pixels);
    for (const AccuracyColumn& column : kColumns) {
        row += ',';
        const std::optional<double> value = column.value(accuracy);
        if (!value) continue;
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.6g", *value);
        row += text.data();
    }
    return row + '\n';
}

}  // namespace

FlowAccuracy& FlowAccuracy::operator+=(const FlowAccuracy& other) {
    all += other.all;
    angleSumDeg += other.angleSumDeg;
    occluded += other.occluded;
    edges += other.edges;
    slow += other.slow;
    medium += other.medium;
    fast += other.fast;
    return *this;
}

Raster<std::uint8_t> motionEdges(const FlowField& truth) {
    const SizePx size = truth.size();
    Raster<std::uint8_t> edges(size, 1);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const PointF here = truth.at(y, x);
            if (x + 1 < size.width && moveDifferently(here, truth.at(y, x + 1))) {
                edges.at(y, x) = edges.at(y, x + 1) = 1;
            }
            if (y + 1 < size.height && moveDifferently(here, truth.at(y + 1, x))) {
                edges.at(y, x) = edges.at(y + 1, x) = 1;
            }
        }
    }
    return edges;
}

Raster<std::uint8_t> estimateOccluded(const FlowField& truth, const Frame& first,
                                      const Frame& second) {
    const SizePx size = truth.size();
    const ScalarMap difference = warpError(first, second, truth);
    // For each pixel of the second frame, the pixel of the first that explains it best.
    Raster<int> sources(size, 1, -1);
    const auto differenceAt = [&](int source) {
        return difference.values.at(source / size.width, source % size.width);
    };
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            if (!FlowField::known(truth.at(y, x))) continue;
            const PointPx to = targetOf(truth, y, x);
            if (to.x < 0 || std::isnan(difference.values.at(y, x))) continue;
            int& best = sources.at(to.y, to.x);
            const int source = y * size.width + x;
            if (best < 0 || differenceAt(source) < differenceAt(best)) best = source;
        }
    }
    Raster<std::uint8_t> occluded(size, 1);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const PointF motion = truth.at(y, x);
            if (!FlowField::known(motion)) continue;
            const PointPx to = targetOf(truth, y, x);
            if (to.x < 0) {
                occluded.at(y, x) = 1;
                continue;
            }
            const int best = sources.at(to.y, to.x);
            if (best < 0) continue;
            const bool hidden =
                moveDifferently(motion, truth.at(best / size.width, best % size.width));
            occluded.at(y, x) = hidden ? 1 : 0;
        }
    }
    return occluded;
}

FlowAccuracy measureAccuracy(const FlowField& estimate, const FlowField& truth, const Frame& first,
                             const Frame& second) {
    // Checks the sizes.
    const ScalarMap angles = angularErrorMap(estimate, truth);
    const Raster<std::uint8_t> occluded = estimateOccluded(truth, first, second);
    const cv::Mat toEdge = distanceToEdges(motionEdges(truth));
    FlowAccuracy accuracy;
    for (int y = 0; y < truth.size().height; ++y) {
        for (int x = 0; x < truth.size().width; ++x) {
            const PointF right = truth.at(y, x);
            if (!FlowField::known(right)) continue;
            const FlowErrorSums error = pixelError(estimate.at(y, x), right);
            accuracy.all += error;
            accuracy.angleSumDeg += double{angles.values.at(y, x)};
            if (occluded.at(y, x) != 0) accuracy.occluded += error;
            if (toEdge.at<float>(y, x) <= kNearEdgePx) accuracy.edges += error;
            bandOf(accuracy, right) += error;
        }
    }
    return accuracy;
}

std::span<const AccuracyColumn> accuracyColumns() { return kColumns; }

FlowAccuracy pooled(const AccuracyByFrame& rows) {
    FlowAccuracy all;
    for (const auto& [frame, accuracy] : rows) all += accuracy;
    return all;
}

std::string accuracyCsv(const AccuracyByFrame& rows) {
    std::string csv = "frame,pixels";
    for (const AccuracyColumn& column : kColumns) csv += std::string(",") + column.id;
    csv += '\n';
    for (const auto& [frame, accuracy] : rows) csv += csvRow(std::to_string(frame), accuracy);
    return csv + csvRow("all", pooled(rows));
}

LineChart accuracyChart(const AccuracyByFrame& rows, const std::string& title) {
    LineChart chart;
    chart.title = title;
    chart.xLabel = "frame";
    chart.yLabel = "end-point error, px";
    for (const AccuracyColumn& column : kColumns) {
        if (std::string(column.unit) != "px") continue;
        ChartLine line;
        line.name = column.title;
        for (const auto& [frame, accuracy] : rows) {
            line.points.push_back({static_cast<double>(frame), column.value(accuracy)});
        }
        const bool any = std::any_of(line.points.begin(), line.points.end(),
                                     [](const ChartPoint& point) { return point.y.has_value(); });
        if (any) chart.lines.push_back(std::move(line));
    }
    return chart;
}

}  // namespace mcj
