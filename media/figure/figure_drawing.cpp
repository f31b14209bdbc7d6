#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "media/figure/figure_file.h"
#include "media/figure/figure_font.h"

namespace mcj {
namespace {

/// A view on the raster's pixels.
cv::Mat viewOf(Raster<std::uint8_t>& rgb) {
    return {rgb.height(), rgb.width(), CV_8UC3, rgb.data()};
}

/// What is longer than its room is set smaller.
double fittingSize(const SheetText& line, double width) {
    const bool tooLong = line.maxWidthPx > 0.0 && width > line.maxWidthPx;
    return tooLong ? line.sizePx * line.maxWidthPx / width : line.sizePx;
}

void setText(Raster<std::uint8_t>& sheet, const SheetText& line) {
    const double natural = textWidth(line.text, line.weight, line.sizePx);
    if (natural <= 0.0) return;
    const double size = fittingSize(line, natural);
    const double width = natural * size / line.sizePx;
    const DrawnText drawn = drawText(line.text, line.weight, size);
    double left = line.x;
    if (line.anchor == TextAnchor::Middle) left -= width / 2.0;
    if (line.anchor == TextAnchor::End) left -= width;
    const int x0 = static_cast<int>(std::lround(left)) - drawn.originX;
    const int y0 = static_cast<int>(std::lround(line.baselineY)) - drawn.baselineY;
    for (int y = 0; y < drawn.coverage.height(); ++y) {
        if (y0 + y < 0 || y0 + y >= sheet.height()) continue;
        for (int x = 0; x < drawn.coverage.width(); ++x) {
            if (x0 + x < 0 || x0 + x >= sheet.width()) continue;
            const int ink = drawn.coverage.at(y, x);
            for (int c = 0; c < 3; ++c) {
                std::uint8_t& value = sheet.at(y0 + y, x0 + x, c);
                const int color = line.ink[static_cast<std::size_t>(c)];
                value = static_cast<std::uint8_t>((value * (255 - ink) + color * ink + 127) / 255);
            }
        }
    }
}

/// What lies beside the sheet is cut off.
void put(Raster<std::uint8_t>& sheet, const SheetPicture& picture) {
    const BoxPx& box = picture.box;
    const Raster<std::uint8_t> fitted = resizedPicture(picture.rgb, box.size());
    const int left = std::max(box.x0, 0);
    const int right = std::min(box.x1, sheet.width());
    if (right <= left) return;
    for (int y = std::max(box.y0, 0); y < std::min(box.y1, sheet.height()); ++y) {
        std::copy_n(&fitted.at(y - box.y0, left - box.x0),
                    static_cast<std::size_t>(right - left) * 3, &sheet.at(y, left));
    }
}

}  // namespace

Raster<std::uint8_t> resizedPicture(const Raster<std::uint8_t>& rgb, SizePx size) {
    if (rgb.size() == size) return rgb;
    // OpenCV does not take const data; the matrix is only read.
    const cv::Mat from(rgb.height(), rgb.width(), CV_8UC3, const_cast<std::uint8_t*>(rgb.data()));
    Raster<std::uint8_t> resized(size, 3);
    cv::Mat to = viewOf(resized);
    const bool smaller = size.width < rgb.width() || size.height < rgb.height();
    cv::resize(from, to, to.size(), 0, 0, smaller ? cv::INTER_AREA : cv::INTER_LINEAR);
    return resized;
}

Raster<std::uint8_t> drawSheet(const FigureSheet& sheet) {
    Raster<std::uint8_t> drawn(sheet.size, 3);
    for (int y = 0; y < drawn.height(); ++y) {
        for (int x = 0; x < drawn.width(); ++x) {
            std::copy(sheet.paper.begin(), sheet.paper.end(), &drawn.at(y, x));
        }
    }
    for (const SheetPicture& picture : sheet.pictures) put(drawn, picture);
    for (const SheetText& line : sheet.texts) setText(drawn, line);
    return drawn;
}

}  // namespace mcj
