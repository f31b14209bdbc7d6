#include "segmentation/mask_shape.h"

#include <algorithm>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace mcj {
namespace {

/// 255 for the pixels of `object` inside `box`, else 0.
cv::Mat pixelsOf(const Mask& mask, ObjectId object, const BoxPx& box) {
    cv::Mat pixels(box.y1 - box.y0, box.x1 - box.x0, CV_8UC1);
    for (int y = box.y0; y < box.y1; ++y) {
        const std::uint8_t* in = mask.labels.row(y);
        auto* out = pixels.ptr<std::uint8_t>(y - box.y0);
        for (int x = box.x0; x < box.x1; ++x) {
            out[x - box.x0] = static_cast<std::uint8_t>(in[x] == object ? 255 : 0);
        }
    }
    return pixels;
}

/// The box with one more pixel on each side, as far as the picture reaches.
BoxPx widened(const BoxPx& box, SizePx size) {
    return {std::max(0, box.x0 - 1), std::max(0, box.y0 - 1), std::min(size.width, box.x1 + 1),
            std::min(size.height, box.y1 + 1)};
}

}  // namespace

float thicknessPx(const Mask& mask, ObjectId object) {
    const BoxPx bounds = boundsOf(mask, object);
    if (bounds.empty()) return 0.0F;
    const cv::Mat pixels = pixelsOf(mask, object, widened(bounds, mask.size()));
    cv::Mat distances;
    cv::distanceTransform(pixels, distances, cv::DIST_L2, cv::DIST_MASK_5);
    std::vector<float> inside;
    for (int y = 0; y < pixels.rows; ++y) {
        const auto* set = pixels.ptr<std::uint8_t>(y);
        const auto* distance = distances.ptr<float>(y);
        for (int x = 0; x < pixels.cols; ++x) {
            if (set[x] != 0) inside.push_back(distance[x]);
        }
    }
    const auto middle = inside.begin() + static_cast<std::ptrdiff_t>(inside.size() / 2);
    std::nth_element(inside.begin(), middle, inside.end());
    // A picture that is all object has no outside: OpenCV's distance is then a huge number.
    const auto side = static_cast<float>(std::min(mask.size().width, mask.size().height));
    // The distance is to the centre of a pixel, half a pixel behind the outline.
    return std::min(4.0F * (*middle - 0.5F), side);
}

Raster<float> outlineDistancePx(const Mask& mask) {
    const SizePx size = mask.size();
    const auto& labels = mask.labels;
    cv::Mat away(size.height, size.width, CV_8UC1, cv::Scalar(255));
    bool any = false;
    const auto mark = [&](int y, int x, int otherY, int otherX) {
        if (otherY >= size.height || otherX >= size.width) return;
        if (labels.at(y, x) == labels.at(otherY, otherX)) return;
        away.at<std::uint8_t>(y, x) = 0;
        away.at<std::uint8_t>(otherY, otherX) = 0;
        any = true;
    };
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            mark(y, x, y, x + 1);
            mark(y, x, y + 1, x);
        }
    }
    Raster<float> distance(size, 1, static_cast<float>(size.width + size.height));
    if (!any) return distance;
    cv::Mat measured;
    cv::distanceTransform(away, measured, cv::DIST_L2, cv::DIST_MASK_5);
    cv::Mat out(size.height, size.width, CV_32FC1, distance.data());
    measured.copyTo(out);
    return distance;
}

bool removeSpecks(Mask& mask, const SpeckOptions& options) {
    const ObjectSet objects = objectsIn(mask);
    bool removed = false;
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (!objects.test(id)) continue;
        const auto object = static_cast<ObjectId>(id);
        const BoxPx box = boundsOf(mask, object);
        cv::Mat components;
        cv::Mat stats;
        cv::Mat centers;
        const int count = cv::connectedComponentsWithStats(pixelsOf(mask, object, box), components,
                                                           stats, centers, 8, CV_32S);
        // Component 0 is what does not belong to the object.
        int largest = 0;
        for (int i = 1; i < count; ++i) {
            largest = std::max(largest, stats.at<int>(i, cv::CC_STAT_AREA));
        }
        const auto isSpeck = [&](int component) {
            const int area = stats.at<int>(component, cv::CC_STAT_AREA);
            return component > 0 && area < largest && area < options.areaPx &&
                   static_cast<float>(area) < options.share * static_cast<float>(largest);
        };
        for (int y = box.y0; y < box.y1; ++y) {
            const int* row = components.ptr<int>(y - box.y0);
            for (int x = box.x0; x < box.x1; ++x) {
                if (!isSpeck(row[x - box.x0])) continue;
                mask.labels.at(y, x) = kBackground;
                removed = true;
            }
        }
    }
    return removed;
}

}  // namespace mcj
