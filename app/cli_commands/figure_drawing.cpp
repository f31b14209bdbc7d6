#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "app/cli_commands/figure_output.h"

namespace mcj {
namespace {

// Strokes are drawn this much larger and then averaged, because OpenCV's smoothing of thin lines
// makes letters uneven.
constexpr int kOversampling = 4;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
// The font's capitals are 21 units tall at scale 1; those of common fonts have 0.72 of the em
// square.
constexpr double kCapitalUnits = 21.0;
constexpr double kCapitalShare = 0.72;
// The stroked letters are wider than those of common fonts.
constexpr double kSetWidth = 0.85;
constexpr double kRegularStroke = 0.08;  ///< of the em square
constexpr double kBoldStroke = 0.13;
constexpr int kInk = 25;

/// A view on the raster's pixels.
cv::Mat viewOf(Raster<std::uint8_t>& rgb) {
    return {rgb.height(), rgb.width(), CV_8UC3, rgb.data()};
}

/// One "?" for every character that is not ASCII, nothing for control characters.
std::string asciiOf(const std::string& text) {
    std::string ascii;
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (code >= 0x20 && code < 0x7F) ascii += byte;
        // Bytes from 0x80 to 0xBF continue a character that has been counted.
        if (code >= 0xC0) ascii += '?';
    }
    return ascii;
}

/// A line of text as coverage, 0 to 255, and the start of its baseline.
struct DrawnText {
    cv::Mat coverage;
    double originX = 0.0;
    double baselineY = 0.0;
    double width = 0.0;
};

DrawnText drawText(const SheetText& line) {
    const std::string text = asciiOf(line.text);
    const double size = line.sizePx * kOversampling;
    const double scale = size * kCapitalShare / kCapitalUnits;
    const double stroke = line.weight == TextWeight::Bold ? kBoldStroke : kRegularStroke;
    const int thickness = std::max(1, static_cast<int>(std::lround(size * stroke)));
    int below = 0;
    const cv::Size extent = cv::getTextSize(text, kFont, scale, thickness, &below);
    const int pad = thickness + kOversampling;
    const int descent = below + static_cast<int>(size * 0.3);
    cv::Mat large(extent.height + descent + 2 * pad, std::max(1, extent.width) + 2 * pad, CV_8UC1,
                  cv::Scalar(0));
    cv::putText(large, text, {pad, pad + extent.height}, kFont, scale, cv::Scalar(255), thickness,
                cv::LINE_AA);
    const double natural = kSetWidth * large.cols / kOversampling;
    const double width =
        line.maxWidthPx > 0.0 ? std::min(natural, std::floor(line.maxWidthPx)) : natural;
    DrawnText drawn;
    const int columns = std::max(1, static_cast<int>(std::lround(width)));
    const int rows = std::max(1, large.rows / kOversampling);
    cv::resize(large, drawn.coverage, {columns, rows}, 0, 0, cv::INTER_AREA);
    const double shrunk = static_cast<double>(columns) / large.cols;
    drawn.originX = pad * shrunk;
    drawn.baselineY = static_cast<double>(pad + extent.height) * rows / large.rows;
    drawn.width = extent.width * shrunk;
    return drawn;
}

void blendText(Raster<std::uint8_t>& sheet, const SheetText& line) {
    if (asciiOf(line.text).empty()) return;
    const DrawnText drawn = drawText(line);
    double left = line.x - drawn.originX;
    if (line.anchor == TextAnchor::Middle) left -= drawn.width / 2.0;
    if (line.anchor == TextAnchor::End) left -= drawn.width;
    const int x0 = static_cast<int>(std::lround(left));
    const int y0 = static_cast<int>(std::lround(line.baselineY - drawn.baselineY));
    for (int y = 0; y < drawn.coverage.rows; ++y) {
        if (y0 + y < 0 || y0 + y >= sheet.height()) continue;
        for (int x = 0; x < drawn.coverage.cols; ++x) {
            if (x0 + x < 0 || x0 + x >= sheet.width()) continue;
            const int ink = drawn.coverage.at<std::uint8_t>(y, x);
            for (int c = 0; c < 3; ++c) {
                std::uint8_t& value = sheet.at(y0 + y, x0 + x, c);
                value = static_cast<std::uint8_t>((value * (255 - ink) + kInk * ink + 127) / 255);
            }
        }
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
    Raster<std::uint8_t> drawn(sheet.size, 3, 255);
    for (const SheetPicture& picture : sheet.pictures) {
        const Raster<std::uint8_t> fitted = resizedPicture(picture.rgb, picture.box.size());
        for (int y = 0; y < fitted.height(); ++y) {
            std::copy_n(
                fitted.row(y), static_cast<std::size_t>(fitted.width()) * 3,
                drawn.row(picture.box.y0 + y) + static_cast<std::ptrdiff_t>(picture.box.x0) * 3);
        }
    }
    for (const SheetText& line : sheet.texts) blendText(drawn, line);
    return drawn;
}

}  // namespace mcj
