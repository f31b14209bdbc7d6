#include "segmentation/smart_edge.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

/// Shares of the radius: the part around the centre line whose colour counts, and the width of the
/// rim outside of the stroke.
constexpr float kCoreShare = 0.3F;
constexpr float kRimShare = 0.5F;
constexpr float kLeastRimPx = 2.0F;
constexpr float kWindowShare = 1.5F;
/// Levels of 255: less is no edge.
constexpr float kLeastContrast = 12.0F;
/// Long strokes are worked on piece by piece.
constexpr int kTilePx = 256;

// What a pixel is to a stroke. Later ones are drawn over earlier ones.
constexpr ObjectId kRim = 1;
constexpr ObjectId kBand = 2;
constexpr ObjectId kCore = 3;

/// `radiusOf`: the radius to draw with, given the stroke's. Returns the box of what was drawn.
template <typename RadiusOf>
BoxPx drawWide(Mask& parts, std::span<const StrokePoint> stroke, ObjectId part,
               const RadiusOf& radiusOf) {
    BoxPx box;
    Brush brush;
    brush.object = part;
    for (std::size_t i = 0; i < stroke.size(); ++i) {
        brush.radiusPx = radiusOf(stroke[i].radiusPx);
        box = unite(box, paintSegment(parts, stroke[i == 0 ? 0 : i - 1].at, stroke[i].at, brush));
    }
    return box;
}

BoxPx widened(const BoxPx& box, int marginPx, SizePx size) {
    return {std::max(0, box.x0 - marginPx), std::max(0, box.y0 - marginPx),
            std::min(size.width, box.x1 + marginPx), std::min(size.height, box.y1 + marginPx)};
}

/// A piece of the picture and of the stroke's parts, ready for OpenCV.
struct Piece {
    cv::Mat rgb;      ///< CV_32FC3, medians
    cv::Mat core;     ///< CV_32FC1, 0 or 1
    cv::Mat outside;  ///< the same
};

Piece pieceOf(const Raster<std::uint8_t>& picture, const Mask& parts, const Mask& before,
              ObjectId label, const BoxPx& box) {
    const SizePx size = box.size();
    cv::Mat bytes(size.height, size.width, CV_8UC3);
    Piece piece;
    piece.core = cv::Mat(size.height, size.width, CV_32FC1);
    piece.outside = cv::Mat(size.height, size.width, CV_32FC1);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* from = &picture.at(box.y0 + y, box.x0);
        std::copy(from, from + 3 * size.width, bytes.ptr<std::uint8_t>(y));
        auto* core = piece.core.ptr<float>(y);
        auto* outside = piece.outside.ptr<float>(y);
        for (int x = 0; x < size.width; ++x) {
            const ObjectId part = parts.labels.at(box.y0 + y, box.x0 + x);
            const bool done = before.labels.at(box.y0 + y, box.x0 + x) == label;
            core[x] = part == kCore ? 1.0F : 0.0F;
            outside[x] = part == kRim && !done ? 1.0F : 0.0F;
        }
    }
    cv::Mat medians;
    cv::medianBlur(bytes, medians, 3);
    medians.convertTo(piece.rgb, CV_32FC3);
    return piece;
}

/// Sums over the chosen pixels in a window around each pixel.
struct Sums {
    cv::Mat rgb;      ///< CV_32FC3, of colours
    cv::Mat squares;  ///< CV_32FC1, of their squared lengths
    cv::Mat count;    ///< CV_32FC1
};

Sums sumsOf(const cv::Mat& rgb, const cv::Mat& chosen, int windowPx) {
    cv::Mat squares(rgb.rows, rgb.cols, CV_32FC1);
    cv::Mat colors(rgb.rows, rgb.cols, CV_32FC3);
    for (int y = 0; y < rgb.rows; ++y) {
        for (int x = 0; x < rgb.cols; ++x) {
            const cv::Vec3f color = chosen.at<float>(y, x) * rgb.at<cv::Vec3f>(y, x);
            colors.at<cv::Vec3f>(y, x) = color;
            squares.at<float>(y, x) = color.dot(color);
        }
    }
    const auto sum = [windowPx](const cv::Mat& of) {
        cv::Mat made;
        cv::boxFilter(of, made, CV_32F, cv::Size(2 * windowPx + 1, 2 * windowPx + 1),
                      cv::Point(-1, -1), false, cv::BORDER_CONSTANT);
        return made;
    };
    return {sum(colors), sum(squares), sum(chosen)};
}

/// Whether a colour is nearer to the mean outside than to that of the core. Not where the two
/// differ no more than the colours of the core do among themselves: noise would decide.
bool nearerOutside(const Sums& core, const Sums& outside, const cv::Vec3f& color, int y, int x) {
    const float inCore = core.count.at<float>(y, x);
    const float inOutside = outside.count.at<float>(y, x);
    if (inCore < 0.5F || inOutside < 0.5F) return false;
    const cv::Vec3f coreMean = core.rgb.at<cv::Vec3f>(y, x) / inCore;
    const cv::Vec3f outsideMean = outside.rgb.at<cv::Vec3f>(y, x) / inOutside;
    const cv::Vec3f apart = outsideMean - coreMean;
    const float variance = core.squares.at<float>(y, x) / inCore - coreMean.dot(coreMean);
    if (apart.dot(apart) <= std::max(variance, kLeastContrast * kLeastContrast)) return false;
    const cv::Vec3f toCore = color - coreMean;
    const cv::Vec3f toOutside = color - outsideMean;
    return toOutside.dot(toOutside) < toCore.dot(toCore);
}

/// Leaves the parts of `kept` that touch the core (4 neighbours). `box`: around all of it.
void keepJoined(Region& kept, const Mask& parts, const BoxPx& box) {
    const SizePx size = box.size();
    cv::Mat pixels(size.height, size.width, CV_8UC1);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* from = &kept.at(box.y0 + y, box.x0);
        std::copy(from, from + size.width, pixels.ptr<std::uint8_t>(y));
    }
    cv::Mat pieces;
    const int count = cv::connectedComponents(pixels, pieces, 4, CV_32S);
    std::vector<bool> joined(static_cast<std::size_t>(count), false);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            if (parts.labels.at(box.y0 + y, box.x0 + x) != kCore) continue;
            joined[static_cast<std::size_t>(pieces.at<int>(y, x))] = true;
        }
    }
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            if (joined[static_cast<std::size_t>(pieces.at<int>(y, x))]) continue;
            kept.at(box.y0 + y, box.x0 + x) = 0;
        }
    }
}

bool anyOfStroke(const Mask& parts, const BoxPx& box) {
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) {
            if (parts.labels.at(y, x) >= kBand) return true;
        }
    }
    return false;
}

}  // namespace

Region snapStroke(const Raster<std::uint8_t>& picture, const Mask& before,
                  std::span<const StrokePoint> stroke, ObjectId label) {
    const SizePx size = picture.size();
    if (before.size() != size) {
        throw Error(ErrorCode::Input, "the mask and the picture have different sizes");
    }
    Region kept(size, 1);
    Mask parts(size);
    (void)drawWide(parts, stroke, kRim,
                   [](float radius) { return radius + std::max(kLeastRimPx, kRimShare * radius); });
    const BoxPx box = drawWide(parts, stroke, kBand, [](float radius) { return radius; });
    (void)drawWide(parts, stroke, kCore,
                   [](float radius) { return std::max(0.5F, kCoreShare * radius); });
    float widest = 0.0F;
    for (const StrokePoint& point : stroke) widest = std::max(widest, point.radiusPx);
    const int windowPx =
        static_cast<int>(std::ceil(kWindowShare * widest)) + static_cast<int>(kLeastRimPx);
    const auto snap = [&](const BoxPx& tile) {
        // The median needs one more.
        const BoxPx around = widened(tile, windowPx + 1, size);
        const Piece piece = pieceOf(picture, parts, before, label, around);
        const Sums core = sumsOf(piece.rgb, piece.core, windowPx);
        const Sums outside = sumsOf(piece.rgb, piece.outside, windowPx);
        for (int y = tile.y0; y < tile.y1; ++y) {
            for (int x = tile.x0; x < tile.x1; ++x) {
                const ObjectId part = parts.labels.at(y, x);
                if (part < kBand) continue;
                const int row = y - around.y0;
                const int column = x - around.x0;
                const cv::Vec3f color = piece.rgb.at<cv::Vec3f>(row, column);
                const bool leaves =
                    part != kCore && nearerOutside(core, outside, color, row, column);
                kept.at(y, x) = leaves ? std::uint8_t{0} : std::uint8_t{1};
            }
        }
    };
    for (int y = box.y0; y < box.y1; y += kTilePx) {
        for (int x = box.x0; x < box.x1; x += kTilePx) {
            const BoxPx tile{x, y, std::min(x + kTilePx, box.x1), std::min(y + kTilePx, box.y1)};
            if (anyOfStroke(parts, tile)) snap(tile);
        }
    }
    if (!box.empty()) keepJoined(kept, parts, box);
    return kept;
}

}  // namespace mcj
