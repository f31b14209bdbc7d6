#include "segmentation/cut_out.h"

#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "segmentation/feature_region.h"

namespace mcj {
namespace {

constexpr int kLeastMarginPx = 48;
/// OpenCV's lines take coordinates of 16 bits and a fraction.
constexpr float kFarPx = 30'000.0F;

/// The part of the picture that is worked on, and its reduced copy.
struct Work {
    BoxPx box;     ///< in the picture
    double scale;  ///< pixels of the copy per pixel of the picture, at most 1
    cv::Mat rgb;   ///< the copy, CV_8UC3
};

bool finite(PointF point) { return std::isfinite(point.x) && std::isfinite(point.y); }

BoxPx boxAround(std::span<const Scribble> scribbles, SizePx size) {
    BoxPx bounds;
    for (const Scribble& scribble : scribbles) {
        for (const PointF& point : scribble.points) {
            if (!finite(point)) continue;
            const int x = static_cast<int>(
                std::lround(std::clamp(point.x, 0.0F, static_cast<float>(size.width - 1))));
            const int y = static_cast<int>(
                std::lround(std::clamp(point.y, 0.0F, static_cast<float>(size.height - 1))));
            bounds = unite(bounds, {x, y, x + 1, y + 1});
        }
    }
    if (bounds.empty()) return bounds;
    const int marginX = std::max(kLeastMarginPx, bounds.size().width / 2);
    const int marginY = std::max(kLeastMarginPx, bounds.size().height / 2);
    return {std::max(0, bounds.x0 - marginX), std::max(0, bounds.y0 - marginY),
            std::min(size.width, bounds.x1 + marginX), std::min(size.height, bounds.y1 + marginY)};
}

Work workOn(const Raster<std::uint8_t>& picture, const BoxPx& box, int sidePx) {
    const SizePx size = box.size();
    cv::Mat part(size.height, size.width, CV_8UC3);
    for (int y = box.y0; y < box.y1; ++y) {
        const std::uint8_t* from = &picture.at(y, box.x0);
        std::copy(from, from + 3 * size.width, part.ptr<std::uint8_t>(y - box.y0));
    }
    const int longer = std::max(size.width, size.height);
    if (longer <= sidePx) return {box, 1.0, part};
    const double scale = static_cast<double>(sidePx) / longer;
    const cv::Size reduced(std::max(1, static_cast<int>(std::lround(size.width * scale))),
                           std::max(1, static_cast<int>(std::lround(size.height * scale))));
    cv::Mat rgb;
    cv::resize(part, rgb, reduced, 0, 0, cv::INTER_AREA);
    return {box, scale, rgb};
}

/// Draws the scribbles of one kind into `onto` (CV_8UC1) with `value`; a point of the picture is at
/// `scale` times its distance from the corner of `box`.
void draw(cv::Mat& onto, std::span<const Scribble> scribbles, Scribble::Marks marks,
          const BoxPx& box, double scale, float widthPx, int value) {
    const int width = std::max(1, static_cast<int>(std::lround(widthPx * scale)));
    const auto placed = [&](PointF point) {
        // Integers are pixel centres in both pictures.
        const double x = (std::clamp(point.x, -kFarPx, kFarPx) - box.x0 + 0.5) * scale - 0.5;
        const double y = (std::clamp(point.y, -kFarPx, kFarPx) - box.y0 + 0.5) * scale - 0.5;
        return cv::Point(static_cast<int>(std::lround(x)), static_cast<int>(std::lround(y)));
    };
    for (const Scribble& scribble : scribbles) {
        if (scribble.marks != marks) continue;
        std::vector<cv::Point> path;
        for (const PointF& point : scribble.points) {
            if (finite(point)) path.push_back(placed(point));
        }
        if (path.empty()) continue;
        // A line of no length is a dot.
        if (path.size() == 1) path.push_back(path.front());
        cv::polylines(onto, path, false, cv::Scalar(value), width);
    }
}

/// The border of the box is background where the picture goes on, and the border of the picture
/// where nothing else is.
void closeBorder(cv::Mat& labels, const BoxPx& box, SizePx picture) {
    const bool whole = box == BoxPx{0, 0, picture.width, picture.height};
    const bool all = whole && cv::countNonZero(labels == cv::GC_BGD) == 0;
    const auto close = [&labels](const cv::Rect& side) {
        cv::Mat part = labels(side);
        part.setTo(cv::Scalar(cv::GC_BGD), part != cv::GC_FGD);
    };
    if (all || box.x0 > 0) close({0, 0, 1, labels.rows});
    if (all || box.y0 > 0) close({0, 0, labels.cols, 1});
    if (all || box.x1 < picture.width) close({labels.cols - 1, 0, 1, labels.rows});
    if (all || box.y1 < picture.height) close({0, labels.rows - 1, labels.cols, 1});
}

/// What is not marked belongs to what is marked nearest, for now.
void guessRest(cv::Mat& labels) {
    cv::Mat toObject;
    cv::Mat toBackground;
    cv::distanceTransform(labels != cv::GC_FGD, toObject, cv::DIST_L2, cv::DIST_MASK_5);
    cv::distanceTransform(labels != cv::GC_BGD, toBackground, cv::DIST_L2, cv::DIST_MASK_5);
    const cv::Mat unknown = labels == cv::GC_PR_BGD;
    labels.setTo(cv::Scalar(cv::GC_PR_FGD), unknown & (toObject < toBackground));
}

/// 255 where a pixel is cut out, in the work's copy. `labels` are of `cv::GrabCutClasses`.
cv::Mat grab(const Work& work, cv::Mat labels, const CutOutOptions& options,
             const StopToken& stop) {
    // Of this thread: OpenCV clusters colours from random seeds.
    cv::theRNG() = cv::RNG(1);
    cv::Mat background;
    cv::Mat object;
    for (int round = 0; round < options.rounds; ++round) {
        stop.throwIfStopped("cutting out an object");
        cv::grabCut(work.rgb, labels, cv::Rect(), background, object, 1,
                    round == 0 ? cv::GC_INIT_WITH_MASK : cv::GC_EVAL);
    }
    return (labels == cv::GC_FGD) | (labels == cv::GC_PR_FGD);
}

/// Leaves the parts that touch a marked pixel.
void keepMarkedParts(cv::Mat& cut, const cv::Mat& marked) {
    cv::Mat parts;
    const int count = cv::connectedComponents(cut, parts, 8, CV_32S);
    std::vector<bool> touched(static_cast<std::size_t>(count), false);
    for (int y = 0; y < cut.rows; ++y) {
        for (int x = 0; x < cut.cols; ++x) {
            if (marked.at<std::uint8_t>(y, x) == 0) continue;
            touched[static_cast<std::size_t>(parts.at<int>(y, x))] = true;
        }
    }
    for (int y = 0; y < cut.rows; ++y) {
        for (int x = 0; x < cut.cols; ++x) {
            const auto part = static_cast<std::size_t>(parts.at<int>(y, x));
            if (!touched[part]) cut.at<std::uint8_t>(y, x) = 0;
        }
    }
}

/// The cut of the work's copy as a region of the picture.
Region enlarged(const cv::Mat& cut, const BoxPx& box, SizePx picture) {
    cv::Mat whole;
    cv::resize(cut, whole, cv::Size(box.size().width, box.size().height), 0, 0, cv::INTER_LINEAR);
    Region region(picture, 1);
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) {
            const bool in = whole.at<std::uint8_t>(y - box.y0, x - box.x0) >= 128;
            region.at(y, x) = in ? std::uint8_t{1} : std::uint8_t{0};
        }
    }
    return region;
}

}  // namespace

Region cutOut(const Raster<std::uint8_t>& picture, std::span<const Scribble> scribbles,
              const CutOutOptions& options, const StopToken& stop) {
    using Marks = Scribble::Marks;
    const SizePx size = picture.size();
    const BoxPx box = size.empty() ? BoxPx{} : boxAround(scribbles, size);
    if (box.empty()) return Region(size, 1);
    const Work work = workOn(picture, box, std::max(16, options.workSidePx));
    cv::Mat labels(work.rgb.rows, work.rgb.cols, CV_8UC1, cv::Scalar(cv::GC_PR_BGD));
    const float width = options.lineWidthPx;
    draw(labels, scribbles, Marks::Object, box, work.scale, width, cv::GC_FGD);
    draw(labels, scribbles, Marks::Background, box, work.scale, width, cv::GC_BGD);
    closeBorder(labels, box, size);
    const cv::Mat marked = labels == cv::GC_FGD;
    if (cv::countNonZero(marked) == 0) return Region(size, 1);
    guessRest(labels);
    // GrabCut fits five colours to the pixels of each kind.
    const cv::Mat behind = (labels == cv::GC_BGD) | (labels == cv::GC_PR_BGD);
    const int behindPx = cv::countNonZero(behind);
    const bool both = behindPx > 5 && labels.rows * labels.cols - behindPx > 5;
    cv::Mat cut = both ? grab(work, labels, options, stop) : marked.clone();
    keepMarkedParts(cut, marked);
    GuidedFilterOptions edges;
    // An outline of the reduced picture is uncertain by one of its pixels.
    edges.radiusPx = std::clamp(static_cast<int>(std::ceil(2.0 / work.scale)), 2, 16);
    Region region = refineRegion(enlarged(cut, box, size), picture, edges, stop);
    cv::Mat all(size.height, size.width, CV_8UC1, region.data());
    const BoxPx whole{0, 0, size.width, size.height};
    draw(all, scribbles, Marks::Object, whole, 1.0, width, 1);
    draw(all, scribbles, Marks::Background, whole, 1.0, width, 0);
    return region;
}

}  // namespace mcj
