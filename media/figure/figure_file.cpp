#include "media/figure/figure_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "media/base/file_extension.h"
#include "media/base/xml_text.h"
#include "media/figure/figure_pdf.h"
#include "media/io/atomic_file.h"
#include "media/io/image_file.h"
#include "media/io/scratch_folder.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// Embedded pictures have at most this many pixels per pixel of the sheet: sharp on high-density
/// screens, while a figure of twenty pictures has only some megabytes.
constexpr int kEmbeddedDensity = 2;
/// The largest average width of a character over a line, in em squares. The viewer's font is not
/// known, so text that might exceed its space is made smaller.
constexpr double kWideCharacter = 0.62;
constexpr const char* kFonts = "DejaVu Sans, Verdana, Arial, Helvetica, sans-serif";

std::string base64Of(const std::vector<std::uint8_t>& bytes) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = std::uint32_t{bytes[i]} << 16;
        if (left > 1) group |= std::uint32_t{bytes[i + 1]} << 8;
        if (left > 2) group |= bytes[i + 2];
        for (std::size_t digit = 0; digit < 4; ++digit) {
            text += digit <= left ? kDigits[(group >> (18 - 6 * digit)) & 63] : '=';
        }
    }
    return text;
}

std::string hexOf(const SheetColor& color) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "#%02x%02x%02x", color[0], color[1], color[2]);
    return text.data();
}

std::size_t charactersIn(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

void addPicture(std::ostream& svg, const SheetPicture& picture, const fs::path& scratchFile) {
    const SizePx box = picture.box.size();
    const SizePx most{box.width * kEmbeddedDensity, box.height * kEmbeddedDensity};
    const bool large = picture.rgb.width() > most.width || picture.rgb.height() > most.height;
    // The encoder can only write files, and these are small.
    writeRgbPng(scratchFile, large ? resizedPicture(picture.rgb, most) : picture.rgb);
    svg << "<image x=\"" << picture.box.x0 << "\" y=\"" << picture.box.y0 << "\" width=\""
        << box.width << "\" height=\"" << box.height
        << "\" preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,"
        << base64Of(readFileBytes(scratchFile)) << "\"/>\n";
}

void addText(std::ostream& svg, const SheetText& line) {
    constexpr const char* kAnchors[] = {"start", "middle", "end"};
    const double widest =
        static_cast<double>(charactersIn(line.text)) * kWideCharacter * line.sizePx;
    const bool tight = line.maxWidthPx > 0.0 && widest > line.maxWidthPx;
    svg << "<text x=\"" << line.x << "\" y=\"" << line.baselineY << "\" font-size=\""
        << (tight ? line.sizePx * line.maxWidthPx / widest : line.sizePx) << "\" text-anchor=\""
        << kAnchors[static_cast<int>(line.anchor)] << "\" fill=\"" << hexOf(line.ink) << '"';
    if (line.weight == TextWeight::Bold) svg << " font-weight=\"bold\"";
    svg << '>' << escapeXml(line.text) << "</text>\n";
}

}  // namespace

std::string svgOf(const FigureSheet& sheet) {
    const ScratchFolder scratch(temporaryScratchPath());
    std::ostringstream svg;
    svg << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        << "<svg xmlns=\"http://www.w3.org/2000/svg\" "
           "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" width=\""
        << sheet.size.width << "\" height=\"" << sheet.size.height << "\" viewBox=\"0 0 "
        << sheet.size.width << ' ' << sheet.size.height << "\" font-family=\"" << kFonts << "\">\n"
        << "<rect width=\"" << sheet.size.width << "\" height=\"" << sheet.size.height
        << "\" fill=\"" << hexOf(sheet.paper) << "\"/>\n";
    for (const SheetPicture& picture : sheet.pictures) {
        addPicture(svg, picture, scratch.path() / "embedded.png");
    }
    for (const SheetText& line : sheet.texts) addText(svg, line);
    svg << "</svg>\n";
    return svg.str();
}

bool isFigurePath(const fs::path& path) {
    const std::string extension = lowerExtension(path);
    return extension == ".png" || extension == ".svg" || extension == ".pdf";
}

void writeFigure(const fs::path& path, const FigureSheet& sheet) {
    if (lowerExtension(path) == ".svg") {
        writeTextAtomically(path, svgOf(sheet));
    } else if (lowerExtension(path) == ".pdf") {
        writeTextAtomically(path, pdfOf(sheet));
    } else {
        writeRgbPng(path, drawSheet(sheet));
    }
}

}  // namespace mcj
