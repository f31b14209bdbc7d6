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

/// The connected parts of a binary picture; 0 is what does not belong to it.
struct Parts {
    cv::Mat labels;  ///< CV_32S
    std::vector<int> areasPx;
};

Parts partsOf(const cv::Mat& pixels, int neighbours) {
    Parts parts;
    cv::Mat stats;
    cv::Mat centers;
    const int count =
        cv::connectedComponentsWithStats(pixels, parts.labels, stats, centers, neighbours, CV_32S);
    for (int i = 0; i < count; ++i) parts.areasPx.push_back(stats.at<int>(i, cv::CC_STAT_AREA));
    return parts;
}

/// Sets the pixels inside `box` whose part is `chosen` to `label`. Returns whether there are any.
bool setParts(Mask& mask, const BoxPx& box, const cv::Mat& labels, const std::vector<bool>& chosen,
              ObjectId label) {
    bool any = false;
    for (int y = box.y0; y < box.y1; ++y) {
        const int* row = labels.ptr<int>(y - box.y0);
        for (int x = box.x0; x < box.x1; ++x) {
            if (!chosen[static_cast<std::size_t>(row[x - box.x0])]) continue;
            mask.labels.at(y, x) = label;
            any = true;
        }
    }
    return any;
}

/// `small`: whether a component of an area goes, given the largest one's, which always stays.
template <typename Small>
bool removeParts(Mask& mask, ObjectId object, const BoxPx& box, const Small& small) {
    const Parts parts = partsOf(pixelsOf(mask, object, box), 8);
    const auto& areas = parts.areasPx;
    int largest = 0;
    for (std::size_t i = 1; i < areas.size(); ++i) largest = std::max(largest, areas[i]);
    std::vector<bool> goes(areas.size(), false);
    for (std::size_t i = 1; i < areas.size(); ++i) {
        goes[i] = areas[i] < largest && small(areas[i], largest);
    }
    return setParts(mask, box, parts.labels, goes, kBackground);
}

/// `box`: around all pixels of the object. What touches its border is not enclosed.
bool fillHoles(Mask& mask, ObjectId object, const BoxPx& box, int leastPx) {
    const cv::Mat rest = 255 - pixelsOf(mask, object, box);
    const Parts parts = partsOf(rest, 4);
    std::vector<bool> isHole(parts.areasPx.size(), false);
    for (std::size_t i = 1; i < isHole.size(); ++i) isHole[i] = parts.areasPx[i] < leastPx;
    for (int y = box.y0; y < box.y1; ++y) {
        const int* row = parts.labels.ptr<int>(y - box.y0);
        for (int x = box.x0; x < box.x1; ++x) {
            const bool edge = y == box.y0 || y == box.y1 - 1 || x == box.x0 || x == box.x1 - 1;
            const bool open = edge || mask.labels.at(y, x) != kBackground;
            if (open) isHole[static_cast<std::size_t>(row[x - box.x0])] = false;
        }
    }
    return setParts(mask, box, parts.labels, isHole, object);
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
        const auto isSpeck = [&options](int area, int largest) {
            return area < options.areaPx &&
                   static_cast<float>(area) < options.share * static_cast<float>(largest);
        };
        const auto object = static_cast<ObjectId>(id);
        removed = removeParts(mask, object, boundsOf(mask, object), isSpeck) || removed;
    }
    return removed;
}

bool cleanUp(Mask& mask, ObjectId object, int leastPx) {
    const BoxPx bounds = boundsOf(mask, object);
    if (bounds.empty()) return false;
    const bool filled = fillHoles(mask, object, bounds, leastPx);
    const bool removed =
        removeParts(mask, object, bounds, [leastPx](int area, int) { return area < leastPx; });
    return filled || removed;
}

}  // namespace mcj
