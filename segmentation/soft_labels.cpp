#include "segmentation/soft_labels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "media/base/error.h"

namespace mcj {
namespace {

// Each move blurs a little. Sharpening the shares after it was tried: it scores no better on DAVIS
// clips carried by DIS flow, and pins outlines to the grid where motion is slow.

/// Shares below this are dropped: nothing that small comes back.
constexpr float kLeastShare = 0.004F;

/// How far away a seen pixel may lie that lends its place to an unseen one, in pixels. What comes
/// out in one frame is as wide as motion is long.
constexpr std::int16_t kReachPx = 96;

/// A lender's motion may differ by this much and by this share of the motion itself. Estimated flow
/// also fails the test of having been seen where it lost an object: that keeps its own place.
constexpr float kAlikePx = 1.0F;
constexpr float kAlikeShare = 0.1F;

/// With more unseen than this the picture was cut, or the flow is worth nothing.
constexpr float kMostUnseen = 0.5F;

PointF motionAt(const FlowField& flow, int y, int x) {
    const PointF motion = flow.at(y, x);
    return FlowField::known(motion) ? motion : PointF{};
}

/// Steps in one direction to the first seen pixel, row-major; 0 where there is none within reach.
std::vector<std::int16_t> stepsToSeen(const ScalarMap& unseen, PointPx direction) {
    const SizePx size = unseen.size();
    std::vector<std::int16_t> steps(size.area());
    for (int row = 0; row < size.height; ++row) {
        const int y = direction.y > 0 ? size.height - 1 - row : row;
        for (int column = 0; column < size.width; ++column) {
            const int x = direction.x > 0 ? size.width - 1 - column : column;
            const int nextX = x + direction.x;
            const int nextY = y + direction.y;
            if (nextX < 0 || nextY < 0 || nextX >= size.width || nextY >= size.height) continue;
            const auto next = static_cast<std::size_t>(nextY) * static_cast<std::size_t>(size.width) +
                              static_cast<std::size_t>(nextX);
            const auto here = static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) +
                              static_cast<std::size_t>(x);
            if (!(unseen.values.values()[next] > 0.0F)) {
                steps[here] = 1;
            } else if (steps[next] > 0 && steps[next] < kReachPx) {
                steps[here] = static_cast<std::int16_t>(steps[next] + 1);
            }
        }
    }
    return steps;
}

/// For every unseen pixel the way to a seen one: of the first ones met in eight directions the one
/// whose motion is most like its own. No way where none moves alike. Empty where too much is unseen.
std::vector<PointPx> waysToLenders(const FlowField& flow, const ScalarMap& unseen) {
    constexpr std::array<PointPx, 8> kDirections{
        {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}};
    const SizePx size = flow.size();
    const auto values = unseen.values.values();
    const auto hidden = std::ranges::count_if(values, [](float value) { return value > 0.0F; });
    if (static_cast<float>(hidden) > kMostUnseen * static_cast<float>(values.size())) return {};
    std::vector<PointPx> ways(size.area());
    std::vector<float> least(size.area(), std::numeric_limits<float>::infinity());
    for (const PointPx direction : kDirections) {
        const auto steps = stepsToSeen(unseen, direction);
        std::size_t i = 0;
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x, ++i) {
                if (!(values[i] > 0.0F) || steps[i] == 0) continue;
                const PointPx way{steps[i] * direction.x, steps[i] * direction.y};
                const PointF own = motionAt(flow, y, x);
                const PointF motion = motionAt(flow, y + way.y, x + way.x);
                const float difference = std::hypot(motion.x - own.x, motion.y - own.y);
                if (difference > kAlikePx + kAlikeShare * std::hypot(own.x, own.y)) continue;
                // A pixel of distance weighs little: it only settles between equals.
                const float cost = difference + 0.01F * static_cast<float>(steps[i]);
                if (cost >= least[i]) continue;
                least[i] = cost;
                ways[i] = way;
            }
        }
    }
    return ways;
}

}  // namespace

/// Adds up to four weighted pixels.
class SoftLabels::Mixer {
public:
    void add(const Shares& pixel, float weight) {
        if (weight <= 0.0F) return;
        for (int i = 0; i < pixel.count; ++i) add(pixel.labels[i], pixel.shares[i] * weight);
    }

    [[nodiscard]] Shares mixed() {
        Shares result;
        // The few best, best first; among equals the one that was met first.
        for (; result.count < kSlots; ++result.count) {
            int best = -1;
            for (int i = 0; i < count_; ++i) {
                if (shares_[i] > (best < 0 ? 0.0F : shares_[best])) best = i;
            }
            if (best < 0) break;
            result.labels[result.count] = labels_[best];
            result.shares[result.count] = shares_[best];
            shares_[best] = 0.0F;
        }
        finish(result);
        return result;
    }

private:
    void add(ObjectId label, float share) {
        for (int i = 0; i < count_; ++i) {
            if (labels_[i] == label) {
                shares_[i] += share;
                return;
            }
        }
        labels_[count_] = label;
        shares_[count_] = share;
        ++count_;
    }

    static void finish(Shares& pixel) {
        if (pixel.count == 0) return;
        normalize(pixel);
        while (pixel.count > 1 && pixel.shares[pixel.count - 1] < kLeastShare) --pixel.count;
        normalize(pixel);
    }

    static void normalize(Shares& pixel) {
        float sum = 0.0F;
        for (int i = 0; i < pixel.count; ++i) sum += pixel.shares[i];
        for (int i = 0; i < pixel.count; ++i) pixel.shares[i] /= sum;
    }

    std::array<float, 4 * kSlots> shares_{};
    std::array<ObjectId, 4 * kSlots> labels_{};
    int count_ = 0;
};

SoftLabels::SoftLabels(const Mask& mask) : size_(mask.size()), pixels_(mask.size().area()) {
    const auto labels = mask.labels.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == kVoid) continue;
        pixels_[i].labels[0] = labels[i];
        pixels_[i].shares[0] = 1.0F;
        pixels_[i].count = 1;
    }
}

SoftLabels::Shares SoftLabels::lookUp(PointF place) const {
    const float fromX = std::clamp(place.x, 0.0F, static_cast<float>(size_.width - 1));
    const float fromY = std::clamp(place.y, 0.0F, static_cast<float>(size_.height - 1));
    const int x0 = static_cast<int>(fromX);
    const int y0 = static_cast<int>(fromY);
    const int x1 = std::min(x0 + 1, size_.width - 1);
    const int y1 = std::min(y0 + 1, size_.height - 1);
    const Shares& a = at(y0, x0);
    const Shares& b = at(y0, x1);
    const Shares& c = at(y1, x0);
    const Shares& d = at(y1, x1);
    // Nearly every pixel lies inside one object.
    if (a.count == 1 && b.count == 1 && c.count == 1 && d.count == 1 &&
        a.labels[0] == b.labels[0] && a.labels[0] == c.labels[0] && a.labels[0] == d.labels[0]) {
        return a;
    }
    const float right = fromX - static_cast<float>(x0);
    const float down = fromY - static_cast<float>(y0);
    Mixer mixer;
    mixer.add(a, (1 - right) * (1 - down));
    mixer.add(b, right * (1 - down));
    mixer.add(c, (1 - right) * down);
    mixer.add(d, right * down);
    return mixer.mixed();
}

void SoftLabels::carry(const FlowField& flow, const ScalarMap* unseen) {
    if (flow.size() != size_ || (unseen != nullptr && unseen->size() != size_)) {
        throw Error(ErrorCode::Input, "a mask and the flow that carries it differ in size");
    }
    const auto ways = unseen != nullptr ? waysToLenders(flow, *unseen) : std::vector<PointPx>();
    std::vector<Shares> moved(pixels_.size());
    std::size_t i = 0;
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x, ++i) {
            const PointPx from = ways.empty() ? PointPx{x, y} : PointPx{x + ways[i].x, y + ways[i].y};
            const PointF motion = motionAt(flow, from.y, from.x);
            moved[i] = lookUp({static_cast<float>(from.x) + motion.x,
                               static_cast<float>(from.y) + motion.y});
        }
    }
    pixels_ = std::move(moved);
}

Mask SoftLabels::harden(ScalarMap* margin) const {
    Mask mask(size_);
    const auto labels = mask.labels.values();
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        const Shares& pixel = pixels_[i];
        if (pixel.count > 0) labels[i] = pixel.labels[0];
        if (margin == nullptr) continue;
        const float second = pixel.count > 1 ? pixel.shares[1] : 0.0F;
        margin->values.values()[i] = pixel.count > 0 ? pixel.shares[0] - second : 0.0F;
    }
    return mask;
}

}  // namespace mcj
