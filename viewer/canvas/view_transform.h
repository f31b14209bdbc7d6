#pragma once

#include <array>
#include <optional>

#include "media/base/raster.h"

namespace mcj {

/// A place in the picture, in its pixels; integers are pixel centres, so the picture covers
/// [-0.5, width - 0.5) x [-0.5, height - 0.5).
struct ImagePos {
    double x = 0.0;
    double y = 0.0;
};
/// A place in the widget, in logical pixels from its top left corner, as mouse events give it.
struct ViewPos {
    double x = 0.0;
    double y = 0.0;
};
/// A place in the framebuffer, in device pixels from its top left corner.
struct DevicePos {
    double x = 0.0;
    double y = 0.0;
};

/// How the picture lies in the widget: one uniform scale and one offset, both kept in device pixels
/// so that 100 % means one picture pixel on one screen pixel whatever the display's pixel ratio.
/// At whole scales the offset is whole device pixels, so that every picture pixel is drawn alike.
/// A plain value without GL; GUI thread.
class ViewTransform {
public:
    /// Device pixels per picture pixel.
    static constexpr double kMaxScale = 128.0;
    /// The longer side of the picture never gets shorter than this, in device pixels.
    static constexpr double kMinSidePx = 16.0;

    /// Fits where the size differs from the one before; else keeps the view.
    void setImageSize(SizePx size);
    /// Size of the widget in logical pixels and its device pixel ratio. A fitted picture stays
    /// fitted, else the place in the middle of the widget stays there.
    void setViewport(SizePx logical, double devicePixelRatio);

    /// The whole picture, centred, as large as it goes.
    void fit();
    /// One picture pixel on one device pixel, about the middle of the widget.
    void actual();
    /// The place under `anchor` stays under it (to half a device pixel at whole scales).
    void zoomAt(ViewPos anchor, double factor);
    /// About the middle of the widget.
    void zoomBy(double factor);
    /// Brings `where` under `target`; a strip of the picture always stays in sight.
    void moveTo(ImagePos where, ViewPos target);

    [[nodiscard]] SizePx imageSize() const noexcept { return image_; }
    [[nodiscard]] SizePx deviceSize() const noexcept { return device_; }
    [[nodiscard]] double devicePixelRatio() const noexcept { return ratio_; }
    /// Device pixels per picture pixel: 1 is "100 %".
    [[nodiscard]] double deviceScale() const noexcept { return scale_; }
    [[nodiscard]] bool fitted() const noexcept { return fitted_; }
    /// Nothing can be shown: no picture, or a widget without area.
    [[nodiscard]] bool empty() const noexcept { return image_.empty() || device_.empty(); }

    [[nodiscard]] ImagePos imageFromView(ViewPos pos) const noexcept;
    [[nodiscard]] ImagePos imageFromDevice(DevicePos pos) const noexcept;
    [[nodiscard]] ViewPos viewFromImage(ImagePos pos) const noexcept;
    [[nodiscard]] DevicePos deviceFromImage(ImagePos pos) const noexcept;
    [[nodiscard]] DevicePos deviceFromView(ViewPos pos) const noexcept;
    /// The pixel under `pos`; none beside the picture.
    [[nodiscard]] std::optional<PointPx> pixelAt(ViewPos pos) const noexcept;

    /// Column-major 3x3 matrix from picture corners (0..width, 0..height; pixel *edges* are
    /// integers) to GL clip space, y up.
    [[nodiscard]] std::array<float, 9> clipFromCorner() const;

private:
    [[nodiscard]] ViewPos middle() const noexcept;
    [[nodiscard]] double fitScale() const noexcept;
    [[nodiscard]] double clampScale(double scale) const noexcept;
    /// Rounds the offset at whole scales.
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
