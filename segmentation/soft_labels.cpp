#include "segmentation/soft_labels.h"

#include <algorithm>
#include <utility>

#include "media/base/error.h"

namespace mcj {
namespace {

// Each move blurs a little. Sharpening the shares afterwards does not score better on DAVIS clips
// carried by DIS flow, and fixes outlines to the grid where motion is slow.

/// Shares below this are dropped, because they never become significant again.
constexpr float kLeastShare = 0.004F;

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
        // The largest few in descending order; equal ones in the order in which they were found.
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

SoftLabels::SoftLabels(const Mask& best, const Raster<std::uint8_t>& second,
                       const ScalarMap& margin)
    : SoftLabels(best) {
    if (margin.size() != size_ || !(second.empty() || second.size() == size_)) {
        throw Error(ErrorCode::Input, "a mask and its margin differ in size");
    }
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        Shares& pixel = pixels_[i];
        const ObjectId other = second.empty() ? kBackground : second.values()[i];
        const float rest = (1.0F - std::clamp(margin.values.values()[i], 0.0F, 1.0F)) / 2.0F;
        if (pixel.count == 0 || pixel.labels[0] == other || rest < kLeastShare) continue;
        pixel.shares[0] = 1.0F - rest;
        pixel.labels[1] = other;
        pixel.shares[1] = rest;
        pixel.count = 2;
    }
}

void SoftLabels::blend(const SoftLabels& other, const Raster<float>& weight) {
    if (other.size() != size_ || weight.size() != size_) {
        throw Error(ErrorCode::Input, "two soft masks, or the weight between them, differ in size");
    }
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        const float share = weight.values()[i];
        const Shares& theirs = other.pixels_[i];
        if (theirs.count == 0) continue;
        if (pixels_[i].count == 0 || share >= 1.0F) {
            pixels_[i] = theirs;
            continue;
        }
        Mixer mixer;
        mixer.add(pixels_[i], 1.0F - share);
        mixer.add(theirs, share);
        pixels_[i] = mixer.mixed();
    }
}

float SoftLabels::share(int y, int x, ObjectId label) const noexcept {
    const Shares& pixel = at(y, x);
    for (std::size_t i = 0; i < pixel.count; ++i) {
        if (pixel.labels[i] == label) return pixel.shares[i];
    }
    return 0.0F;
}

void SoftLabels::set(int y, int x, ObjectId label) noexcept {
    Shares pixel;
    pixel.labels[0] = label;
    pixel.shares[0] = 1.0F;
    pixel.count = 1;
    pixels_[static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) +
            static_cast<std::size_t>(x)] = pixel;
}

void SoftLabels::remove(ObjectId label) {
    for (Shares& pixel : pixels_) {
        Shares kept;
        float sum = 0.0F;
        for (std::size_t i = 0; i < pixel.count; ++i) {
            if (pixel.labels[i] == label) continue;
            kept.labels[kept.count] = pixel.labels[i];
            kept.shares[kept.count] = pixel.shares[i];
            sum += pixel.shares[i];
            ++kept.count;
        }
        if (kept.count == pixel.count) continue;
        if (kept.count == 0) {
            kept.labels[0] = kBackground;
            kept.shares[0] = sum = 1.0F;
            kept.count = 1;
        }
        for (std::size_t i = 0; i < kept.count; ++i) kept.shares[i] /= sum;
        pixel = kept;
    }
}

void SoftLabels::agreeWith(const Mask& mask) {
    if (mask.size() != size_) {
        throw Error(ErrorCode::Input, "a mask and its shares differ in size");
    }
    const auto labels = mask.labels.values();
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        Shares& pixel = pixels_[i];
        if (labels[i] == kVoid) {
            pixel = {};
            continue;
        }
        std::size_t at = 0;
        while (at < pixel.count && pixel.labels[at] != labels[i]) ++at;
        if (at == pixel.count) {
            pixel = {};
            pixel.labels[0] = labels[i];
            pixel.shares[0] = 1.0F;
            pixel.count = 1;
        } else {
            // The shares stay in descending order.
            std::swap(pixel.labels[0], pixel.labels[at]);
        }
    }
}

Raster<std::uint8_t> SoftLabels::secondLabels() const {
    Raster<std::uint8_t> second(size_, 1);
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        if (pixels_[i].count > 1) second.values()[i] = pixels_[i].labels[1];
    }
    return second;
}

Raster<float> SoftLabels::shares(ObjectId label) const {
    Raster<float> values(size_, 1);
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x) values.at(y, x) = share(y, x, label);
    }
    return values;
}

void SoftLabels::carry(const FlowField& flow) {
    if (flow.size() != size_) {
        throw Error(ErrorCode::Input, "a mask and the flow that carries it differ in size");
    }
    std::vector<Shares> moved(pixels_.size());
    const auto maxX = static_cast<float>(size_.width - 1);
    const auto maxY = static_cast<float>(size_.height - 1);
    auto out = moved.begin();
    for (int y = 0; y < size_.height; ++y) {
        for (int x = 0; x < size_.width; ++x, ++out) {
            PointF motion = flow.at(y, x);
            if (!FlowField::known(motion)) motion = {};
            const float fromX = std::clamp(static_cast<float>(x) + motion.x, 0.0F, maxX);
            const float fromY = std::clamp(static_cast<float>(y) + motion.y, 0.0F, maxY);
            const int x0 = static_cast<int>(fromX);
            const int y0 = static_cast<int>(fromY);
            const Shares& a = at(y0, x0);
            const Shares& b = at(y0, std::min(x0 + 1, size_.width - 1));
            const Shares& c = at(std::min(y0 + 1, size_.height - 1), x0);
            const Shares& d =
                at(std::min(y0 + 1, size_.height - 1), std::min(x0 + 1, size_.width - 1));
            // Fast path: nearly every pixel is inside one object.
            if (a.count == 1 && b.count == 1 && c.count == 1 && d.count == 1 &&
                a.labels[0] == b.labels[0] && a.labels[0] == c.labels[0] &&
                a.labels[0] == d.labels[0]) {
                *out = a;
                continue;
            }
            const float right = fromX - static_cast<float>(x0);
            const float down = fromY - static_cast<float>(y0);
            Mixer mixer;
            mixer.add(a, (1 - right) * (1 - down));
            mixer.add(b, right * (1 - down));
            mixer.add(c, (1 - right) * down);
            mixer.add(d, right * down);
            *out = mixer.mixed();
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
