#include "viewer/canvas/view_transform.h"

#include <algorithm>
#include <cmath>
#include <glm/mat3x3.hpp>
#include <glm/vec2.hpp>

namespace mcj {

namespace {

/// Width of the part of the picture that stays visible when it is moved, logical pixels.
constexpr double kInSightPx = 48.0;
/// Distance from the centre of a pixel to its edge.
constexpr double kHalf = 0.5;

glm::dvec2 vec(DevicePos pos) { return {pos.x, pos.y}; }

}  // namespace

void ViewTransform::setImageSize(SizePx size) {
    if (size == image_) return;
    image_ = size;
    fit();
}

void ViewTransform::setViewport(SizePx logical, double devicePixelRatio) {
    const double ratio = devicePixelRatio > 0.0 ? devicePixelRatio : 1.0;
    if (logical == logical_ && ratio == ratio_) return;
    const bool hadArea = !device_.empty();
    const ImagePos centre = imageFromView(middle());
    const double scaleByRatio = ratio / ratio_;
    logical_ = logical;
    ratio_ = ratio;
    device_ = {static_cast<int>(std::lround(logical.width * ratio)),
               static_cast<int>(std::lround(logical.height * ratio))};
    if (fitted_ || !hadArea) {
        fit();
        return;
    }
    // On a screen of another density the picture keeps its size in logical pixels.
    scale_ = clampScale(scale_ * scaleByRatio);
    moveTo(centre, middle());
}

void ViewTransform::fit() {
    fitted_ = true;
    if (empty()) return;
    scale_ = fitScale();
    origin_ = {std::round((device_.width - image_.width * scale_) * kHalf),
               std::round((device_.height - image_.height * scale_) * kHalf)};
    settle();
}

void ViewTransform::actual() {
    if (empty()) return;
    zoomBy(1.0 / scale_);
}

void ViewTransform::zoomBy(double factor) { zoomAt(middle(), factor); }

void ViewTransform::zoomAt(ViewPos anchor, double factor) {
    if (empty() || !(factor > 0.0)) return;
    const bool overPicture = pixelAt(anchor).has_value();
    const double before = scale_;
    double after = clampScale(before * factor);
    // Remove rounding errors from integer scales.
    if (std::abs(after - std::round(after)) < 1e-9 * after) after = std::round(after);
    const glm::dvec2 at = vec(deviceFromView(anchor));
    const glm::dvec2 origin = at + (vec(origin_) - at) * (after / before);
    scale_ = after;
    origin_ = {origin.x, origin.y};
    fitted_ = false;
    settle();
    if (!overPicture) keepInSight();
}

void ViewTransform::moveTo(ImagePos where, ViewPos target) {
    if (empty()) return;
    const DevicePos now = deviceFromImage(where);
    const DevicePos wanted = deviceFromView(target);
    origin_.x += wanted.x - now.x;
    origin_.y += wanted.y - now.y;
    fitted_ = false;
    settle();
    keepInSight();
}

ImagePos ViewTransform::imageFromView(ViewPos pos) const noexcept {
    return imageFromDevice(deviceFromView(pos));
}

ImagePos ViewTransform::imageFromDevice(DevicePos pos) const noexcept {
    return {(pos.x - origin_.x) / scale_ - kHalf, (pos.y - origin_.y) / scale_ - kHalf};
}

ViewPos ViewTransform::viewFromImage(ImagePos pos) const noexcept {
    const DevicePos device = deviceFromImage(pos);
    return {device.x / ratio_, device.y / ratio_};
}

DevicePos ViewTransform::deviceFromImage(ImagePos pos) const noexcept {
    return {origin_.x + (pos.x + kHalf) * scale_, origin_.y + (pos.y + kHalf) * scale_};
}

DevicePos ViewTransform::deviceFromView(ViewPos pos) const noexcept {
    return {pos.x * ratio_, pos.y * ratio_};
}

std::optional<PointPx> ViewTransform::pixelAt(ViewPos pos) const noexcept {
    if (empty()) return std::nullopt;
    const ImagePos at = imageFromView(pos);
    const double x = std::floor(at.x + kHalf);
    const double y = std::floor(at.y + kHalf);
    if (!(x >= 0.0 && y >= 0.0 && x < image_.width && y < image_.height)) return std::nullopt;
    return PointPx{static_cast<int>(x), static_cast<int>(y)};
}

std::array<float, 9> ViewTransform::clipFromCorner() const {
    if (empty()) return {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const glm::dmat3 deviceFromCorner(scale_, 0.0, 0.0,  //
                                      0.0, scale_, 0.0,  //
                                      origin_.x, origin_.y, 1.0);
    const glm::dmat3 clipFromDevice(2.0 / device_.width, 0.0, 0.0,    //
                                    0.0, -2.0 / device_.height, 0.0,  //
                                    -1.0, 1.0, 1.0);
    const glm::dmat3 clip = clipFromDevice * deviceFromCorner;
    std::array<float, 9> columns{};
    for (int column = 0; column < 3; ++column) {
        for (int row = 0; row < 3; ++row) {
            columns[static_cast<std::size_t>(column * 3 + row)] =
                static_cast<float>(clip[column][row]);
        }
    }
    return columns;
}

ViewPos ViewTransform::middle() const noexcept {
    return {logical_.width * kHalf, logical_.height * kHalf};
}

double ViewTransform::fitScale() const noexcept {
    const double across = static_cast<double>(device_.width) / image_.width;
    const double down = static_cast<double>(device_.height) / image_.height;
    return clampScale(std::min(across, down));
}

double ViewTransform::clampScale(double scale) const noexcept {
    const double longer = std::max(image_.width, image_.height);
    return std::clamp(scale, std::min(kMinSidePx / longer, 1.0), kMaxScale);
}

void ViewTransform::settle() noexcept {
    if (scale_ < 1.0 || scale_ != std::floor(scale_)) return;
    origin_ = {std::round(origin_.x), std::round(origin_.y)};
}

void ViewTransform::keepInSight() noexcept {
    const auto clampAxis = [this](double origin, double length, double room) {
        const double strip = std::min({kInSightPx * ratio_, length, room});
        return std::clamp(origin, strip - length, room - strip);
    };
    origin_.x = clampAxis(origin_.x, image_.width * scale_, device_.width);
    origin_.y = clampAxis(origin_.y, image_.height * scale_, device_.height);
    settle();
}

}  // namespace mcj
