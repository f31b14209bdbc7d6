#include "inference/analysis/live_picture.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "media/figure/motion_lines.h"
#include "media/figure/picture_blend.h"

namespace mcj {
namespace {

/// Half the size of a mark in pixels: visible in a small picture, and in a large one that is looked
/// at as a whole.
float markRadius(SizePx size) {
    constexpr float kLeast = 7.0F;
    constexpr float kShare = 1.0F / 60.0F;
    return std::max(kLeast, kShare * static_cast<float>(std::min(size.width, size.height)));
}

MotionLine line(PointF from, PointF to) {
    MotionLine made;
    made.points = {from, to};
    return made;
}

void addCross(std::vector<MotionLine>& marks, PointF at, float radius) {
    marks.push_back(line({at.x - radius, at.y}, {at.x + radius, at.y}));
    marks.push_back(line({at.x, at.y - radius}, {at.x, at.y + radius}));
}

void addRing(std::vector<MotionLine>& marks, PointF at, float radius) {
    constexpr int kCorners = 24;
    MotionLine ring;
    for (int i = 0; i <= kCorners; ++i) {
        const float angle = 2.0F * std::numbers::pi_v<float> * static_cast<float>(i) / kCorners;
        ring.points.push_back({at.x + radius * std::cos(angle), at.y + radius * std::sin(angle)});
    }
    marks.push_back(std::move(ring));
}

}  // namespace

FlowField liveMotion(FlowField backward) {
    // Not -value: the colour of (1, -0) lies at the other end of the wheel than that of (1, 0).
    for (float& value : backward.vectors.values()) value = 0.0F - value;
    return backward;
}

Raster<std::uint8_t> drawLivePicture(const LivePicture& picture) {
    if (!picture.frame) return {};
    Raster<std::uint8_t> drawn(picture.frame->size(), 3);
    for (const auto& [part, opacity] : picture.layers) {
        if (part == LivePicture::Part::Image) {
            blendPicture(drawn, picture.frame->rgb, opacity);
        } else if (part == LivePicture::Part::Motion && picture.motion) {
            blendPicture(drawn, colorizeFlow(*picture.motion, picture.scalePx, picture.wheel),
                         opacity);
        } else if (part == LivePicture::Part::Similarity && picture.similarity) {
            blendScalar(drawn, *picture.similarity, picture.similarityLook, opacity);
        }
    }
    std::vector<MotionLine> marks;
    const float radius = markRadius(drawn.size());
    if (picture.point) addCross(marks, *picture.point, radius);
    if (picture.match) addRing(marks, *picture.match, radius);
    if (!marks.empty()) drawMotionLines(drawn, marks);
    return drawn;
}

}  // namespace mcj
