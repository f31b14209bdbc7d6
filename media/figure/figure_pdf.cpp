#include "media/figure/figure_pdf.h"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <sstream>
#include <vector>

#include "media/base/error.h"
#include "media/figure/figure_file.h"
#include "media/figure/figure_font.h"

namespace mcj {
namespace {

/// A point is 1/72 inch, a pixel of the sheet 1/96.
constexpr double kPointsPerPixel = 0.75;
/// As in SVG: sharp on dense screens and in print, without the pixels of a whole 4K frame.
constexpr int kEmbeddedDensity = 2;

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", value);
    std::string words = text.data();
    words.erase(words.find_last_not_of('0') + 1);
    if (words.back() == '.') words.pop_back();
    return words == "-0" ? "0" : words;
}

std::string deflated(std::span<const std::uint8_t> bytes) {
    uLongf size = compressBound(static_cast<uLong>(bytes.size()));
    std::string packed(size, '\0');
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, bytes.data(),
                  static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION) != Z_OK) {
        throw Error(ErrorCode::Internal, "a figure could not be compressed");
    }
    packed.resize(size);
    return packed;
}

std::string colorOf(const SheetColor& color) {
    std::string words;
    for (const std::uint8_t part : color) words += number(part / 255.0) + ' ';
    return words + "rg\n";
}

/// The objects of a file, numbered from 1, and where each begins.
class Objects {
public:
    /// Binary bytes in the second line tell transfer programs that the file is not text.
    Objects() : file_("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n") {}

    void add(const std::string& body) {
        places_.push_back(file_.size());
        file_ += std::to_string(places_.size()) + " 0 obj\n" + body + "\nendobj\n";
    }
    void addStream(const std::string& entries, const std::string& packed) {
        add("<< " + entries + " /Filter /FlateDecode /Length " + std::to_string(packed.size()) +
            " >>\nstream\n" + packed + "\nendstream");
    }
    /// With the table of places; `root` is the number of the catalog.
    [[nodiscard]] std::string finish(int root) && {
        const std::size_t table = file_.size();
        file_ += "xref\n0 " + std::to_string(places_.size() + 1) + "\n0000000000 65535 f \n";
        for (const std::size_t place : places_) {
            std::array<char, 24> line{};
            std::snprintf(line.data(), line.size(), "%010zu 00000 n \n", place);
            file_ += line.data();
        }
        file_ += "trailer\n<< /Size " + std::to_string(places_.size() + 1) + " /Root " +
                 std::to_string(root) + " 0 R >>\nstartxref\n" + std::to_string(table) +
                 "\n%%EOF\n";
        return std::move(file_);
    }

private:
    std::string file_;
    std::vector<std::size_t> places_;
};

void addOutline(std::ostream& page, const SheetText& line, double sheetHeight) {
    const double natural = textWidth(line.text, line.weight, line.sizePx);
    if (natural <= 0.0) return;
    const bool tooLong = line.maxWidthPx > 0.0 && natural > line.maxWidthPx;
    const double size = tooLong ? line.sizePx * line.maxWidthPx / natural : line.sizePx;
    const double width = natural * size / line.sizePx;
    double left = line.x;
    if (line.anchor == TextAnchor::Middle) left -= width / 2.0;
    if (line.anchor == TextAnchor::End) left -= width;
    const double baseline = sheetHeight - line.baselineY;
    const auto point = [&](PointF at) {
        return number(left + static_cast<double>(at.x)) + ' ' +
               number(baseline + static_cast<double>(at.y)) + ' ';
    };
    page << colorOf(line.ink);
    for (const OutlineStep& step : textOutline(line.text, line.weight, size)) {
        switch (step.kind) {
        case OutlineStep::Kind::Move: page << point(step.to) << "m\n"; break;
        case OutlineStep::Kind::Line: page << point(step.to) << "l\n"; break;
        case OutlineStep::Kind::Curve:
            page << point(step.first) << point(step.second) << point(step.to) << "c\n";
            break;
        }
    }
    page << "f\n";
}

}  // namespace

std::string pdfOf(const FigureSheet& sheet) {
    constexpr int kCatalog = 1;
    constexpr int kFirstPicture = 5;
    std::ostringstream page;
    page << number(kPointsPerPixel) << " 0 0 " << number(kPointsPerPixel) << " 0 0 cm\n"
         << colorOf(sheet.paper) << "0 0 " << sheet.size.width << ' ' << sheet.size.height
         << " re f\n";
    std::string names;
    for (std::size_t i = 0; i < sheet.pictures.size(); ++i) {
        const BoxPx& box = sheet.pictures[i].box;
        page << "q " << box.size().width << " 0 0 " << box.size().height << ' ' << box.x0 << ' '
             << sheet.size.height - box.y1 << " cm /P" << i << " Do Q\n";
        names += "/P" + std::to_string(i) + ' ' +
                 std::to_string(static_cast<std::size_t>(kFirstPicture) + i) + " 0 R ";
    }
    for (const SheetText& line : sheet.texts) addOutline(page, line, sheet.size.height);

    Objects objects;
    objects.add("<< /Type /Catalog /Pages 2 0 R >>");
    objects.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    objects.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 " +
                number(sheet.size.width * kPointsPerPixel) + ' ' +
                number(sheet.size.height * kPointsPerPixel) +
                "] /Contents 4 0 R /Resources << /XObject << " + names + ">> >> >>");
    const std::string content = page.str();
    objects.addStream(
        "", deflated({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()}));
    for (const SheetPicture& picture : sheet.pictures) {
        const SizePx box = picture.box.size();
        const SizePx most{box.width * kEmbeddedDensity, box.height * kEmbeddedDensity};
        const bool large = picture.rgb.width() > most.width || picture.rgb.height() > most.height;
        const Raster<std::uint8_t> rgb = large ? resizedPicture(picture.rgb, most) : picture.rgb;
        objects.addStream("/Type /XObject /Subtype /Image /Width " + std::to_string(rgb.width()) +
                              " /Height " + std::to_string(rgb.height()) +
                              " /ColorSpace /DeviceRGB /BitsPerComponent 8",
                          deflated(rgb.values()));
    }
    return std::move(objects).finish(kCatalog);
}

}  // namespace mcj
