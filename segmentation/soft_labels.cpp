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

/// How far away a seen pixel may lie that lends its shares to an unseen one, in pixels. What comes
/// out in one frame is as wide as motion is long.
constexpr int kReachPx = 96;

PointF motionAt(const FlowField& flow, int y, int x) {
    const PointF motion = flow.at(y, x);
    return FlowField::known(motion) ? motion : PointF{};
}

/// Steps from an unseen pixel to a seen one: of the first ones met in eight directions the one whose
/// motion is most like its own. No steps where none is met.
PointPx seenNeighbour(const FlowField& flow, const ScalarMap& unseen, int y, int x) {
    constexpr std::array<PointPx, 8> kDirections{
        {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}};
    const SizePx size = flow.size();
    const PointF own = motionAt(flow, y, x);
    PointPx best{0, 0};
    float least = std::numeric_limits<float>::infinity();
    for (const PointPx direction : kDirections) {
        for (int steps = 1; steps <= kReachPx; ++steps) {
            const int seenX = x + steps * direction.x;
            const int seenY = y + steps * direction.y;
            if (seenX < 0 || seenY < 0 || seenX >= size.width || seenY >= size.height) break;
            if (unseen.values.at(seenY, seenX) > 0.0F) continue;
            const PointF motion = motionAt(flow, seenY, seenX);
            const float difference = std::hypot(motion.x - own.x, motion.y - own.y);
            // A pixel of distance weighs little: it only settles between equals.
            const float cost = difference + 0.01F * static_cast<float>(steps);
            if (cost < least) {
                least = cost;
                best = {steps * direction.x, steps * direction.y};
            }
            break;
        }
    }
    return best;
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
    std::vector<Shares> moved(pixels_.size());
    auto out = moved.begin();
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x, ++out) {
            int fromY = y;
            int fromX = x;
            if (unseen != nullptr && unseen->values.at(y, x) > 0.0F) {
                const auto alike = seenNeighbour(flow, *unseen, y, x);
                fromY += alike.y;
                fromX += alike.x;
            }
            const PointF motion = motionAt(flow, fromY, fromX);
            *out = lookUp({static_cast<float>(fromX) + motion.x,
                           static_cast<float>(fromY) + motion.y});
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
