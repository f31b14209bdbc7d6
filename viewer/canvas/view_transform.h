#pragma once

#include <array>
#include <optional>

#include "media/base/raster.h"

namespace mcj {

/// A position in the picture, in pixels; integers are pixel centres, so the picture covers [-0.5,
/// width - 0.5) x [-0.5, height - 0.5).
struct ImagePos {
    double x = 0.0;
    double y = 0.0;
};
/// A position in the widget, in logical pixels from its top left corner, as in mouse events.
struct ViewPos {
    double x = 0.0;
    double y = 0.0;
};
/// A position in the framebuffer, in device pixels from its top left corner.
struct DevicePos {
    double x = 0.0;
    double y = 0.0;
};

/// Position of the picture in the widget: one uniform scale and one offset, both in device pixels,
/// so that 100 % maps one picture pixel to one screen pixel for any pixel ratio. At integer scales
/// the offset is in whole device pixels, so that all picture pixels are drawn with the same size. A
/// plain value without GL; GUI thread.
class ViewTransform {
public:
    /// Device pixels per picture pixel.
    static constexpr double kMaxScale = 128.0;
    /// Minimum length of the picture's longer side, in device pixels.
    static constexpr double kMinSidePx = 16.0;

    /// Fits the picture if its size has changed; otherwise keeps the view.
    void setImageSize(SizePx size);
    /// Size of the widget in logical pixels and its device pixel ratio. A fitted picture stays
    /// fitted; otherwise the position at the centre of the widget is kept.
    void setViewport(SizePx logical, double devicePixelRatio);

    /// Shows the whole picture, centred, as large as possible.
    void fit();
    /// Maps one picture pixel to one device pixel, about the centre of the widget.
    void actual();
    /// The position under `anchor` is kept (to half a device pixel at integer scales).
    void zoomAt(ViewPos anchor, double factor);
    /// About the centre of the widget.
    void zoomBy(double factor);
    /// Moves `where` to `target`; a strip of the picture always stays visible.
    void moveTo(ImagePos where, ViewPos target);

    [[nodiscard]] SizePx imageSize() const noexcept { return image_; }
    [[nodiscard]] SizePx deviceSize() const noexcept { return device_; }
    [[nodiscard]] double devicePixelRatio() const noexcept { return ratio_; }
    /// Device pixels per picture pixel: 1 is "100 %".
    [[nodiscard]] double deviceScale() const noexcept { return scale_; }
    [[nodiscard]] bool fitted() const noexcept { return fitted_; }
    /// Nothing can be drawn: no picture, or an empty widget.
    [[nodiscard]] bool empty() const noexcept { return image_.empty() || device_.empty(); }

    [[nodiscard]] ImagePos imageFromView(ViewPos pos) const noexcept;
    [[nodiscard]] ImagePos imageFromDevice(DevicePos pos) const noexcept;
    [[nodiscard]] ViewPos viewFromImage(ImagePos pos) const noexcept;
    [[nodiscard]] DevicePos deviceFromImage(ImagePos pos) const noexcept;
    [[nodiscard]] DevicePos deviceFromView(ViewPos pos) const noexcept;
    /// The pixel at `pos`; `nullopt` outside the picture.
    [[nodiscard]] std::optional<PointPx> pixelAt(ViewPos pos) const noexcept;

    /// Column-major 3x3 matrix from picture corners (0..width, 0..height; pixel *edges* are
    /// integers) to GL clip space, y up.
    [[nodiscard]] std::array<float, 9> clipFromCorner() const;

private:
    [[nodiscard]] ViewPos middle() const noexcept;
    [[nodiscard]] double fitScale() const noexcept;
    [[nodiscard]] double clampScale(double scale) const noexcept;
    /// Rounds the offset at integer scales.
    void settle() noexcept;
    void keepInSight() noexcept;

    SizePx image_;
    SizePx logical_;
    SizePx device_;
    double ratio_ = 1.0;
    double scale_ = 1.0;
    DevicePos origin_;  ///< of the picture's top left corner (its edge, not its first centre)
    bool fitted_ = true;
};

}  // namespace mcj
