#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mcj {

/// Width and height in pixels.
struct SizePx {
    int width = 0;
    int height = 0;

    [[nodiscard]] std::size_t area() const noexcept {
        return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    }
    [[nodiscard]] bool empty() const noexcept { return width <= 0 || height <= 0; }
    friend bool operator==(const SizePx&, const SizePx&) = default;
};

/// A pixel: x right, y down, (0, 0) is the top left one.
struct PointPx {
    int x = 0;
    int y = 0;
    friend bool operator==(const PointPx&, const PointPx&) = default;
};

/// A place between pixels; integer coordinates are pixel centres.
struct PointF {
    float x = 0.0F;
    float y = 0.0F;
    friend bool operator==(const PointF&, const PointF&) = default;
};

/// Half-open box [x0, x1) x [y0, y1) in pixels.
struct BoxPx {
    int x0 = 0;
    int y0 = 0;
    int x1 = 0;
    int y1 = 0;
    [[nodiscard]] bool empty() const noexcept { return x1 <= x0 || y1 <= y0; }
    [[nodiscard]] SizePx size() const noexcept { return {x1 - x0, y1 - y0}; }
    friend bool operator==(const BoxPx&, const BoxPx&) = default;
};

/// Rows of interleaved channels without padding: value (y, x, c) is at (y * width + x) * channels +
/// c. A plain value type; share it as `shared_ptr<const ...>` once it is filled.
template <typename T>
class Raster {
public:
    Raster() = default;
    Raster(SizePx size, int channels, T fill = T{})
        : size_(size), channels_(channels),
          values_(size.area() * static_cast<std::size_t>(channels), fill) {}

    [[nodiscard]] SizePx size() const noexcept { return size_; }
    [[nodiscard]] int width() const noexcept { return size_.width; }
    [[nodiscard]] int height() const noexcept { return size_.height; }
    [[nodiscard]] int channels() const noexcept { return channels_; }
    [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return values_.size() * sizeof(T); }

    [[nodiscard]] T& at(int y, int x, int c = 0) noexcept { return values_[offset(y, x, c)]; }
    [[nodiscard]] const T& at(int y, int x, int c = 0) const noexcept {
        return values_[offset(y, x, c)];
    }
    [[nodiscard]] T* row(int y) noexcept { return values_.data() + offset(y, 0, 0); }
    [[nodiscard]] const T* row(int y) const noexcept { return values_.data() + offset(y, 0, 0); }
    [[nodiscard]] T* data() noexcept { return values_.data(); }
    [[nodiscard]] const T* data() const noexcept { return values_.data(); }
    [[nodiscard]] std::span<T> values() noexcept { return values_; }
    [[nodiscard]] std::span<const T> values() const noexcept { return values_; }

    friend bool operator==(const Raster&, const Raster&) = default;

private:
    [[nodiscard]] std::size_t offset(int y, int x, int c) const noexcept {
        assert(y >= 0 && y <= size_.height && x >= 0 && x <= size_.width && c < channels_);
        return (static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) +
                static_cast<std::size_t>(x)) *
                   static_cast<std::size_t>(channels_) +
               static_cast<std::size_t>(c);
    }

    SizePx size_;
    int channels_ = 1;
    std::vector<T> values_;
};

}  // namespace mcj
