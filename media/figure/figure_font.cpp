#include "media/figure/figure_font.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <stb/stb_truetype.h>

// The font files become part of the object: no path has to be found at run time.
#define MCJ_EMBED(symbol, path)                                                     \
    asm(".section .rodata\n"                                                        \
        ".balign 16\n" #symbol                                                      \
        ":\n"                                                                       \
        ".incbin \"" path "\"\n" #symbol                                            \
        "_end:\n"                                                                   \
        ".previous\n");                                                             \
    extern "C" {                                                                    \
    extern const std::uint8_t symbol[] __attribute__((visibility("hidden")));       \
    extern const std::uint8_t symbol##_end[] __attribute__((visibility("hidden"))); \
    }

MCJ_EMBED(mcj_font_regular, MCJ_FONT_REGULAR)
MCJ_EMBED(mcj_font_bold, MCJ_FONT_BOLD)

namespace mcj {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

class Font {
public:
    explicit Font(TextWeight weight) {
        const auto file = fontFile(weight);
        stbtt_InitFont(&info_, file.data(), stbtt_GetFontOffsetForIndex(file.data(), 0));
    }
    [[nodiscard]] const stbtt_fontinfo& info() const { return info_; }

private:
    stbtt_fontinfo info_{};
};

const stbtt_fontinfo& font(TextWeight weight) {
    static const Font regular(TextWeight::Regular);
    static const Font bold(TextWeight::Bold);
    return (weight == TextWeight::Bold ? bold : regular).info();
}

bool continues(unsigned char byte) { return (byte & 0xC0U) == 0x80U; }

std::vector<std::uint32_t> codePoints(const std::string& utf8) {
    std::vector<std::uint32_t> points;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xC2 ? 0
                                   : lead < 0xE0 ? 2
                                   : lead < 0xF0 ? 3
                                   : lead < 0xF5 ? 4
                                                 : 0;
        bool whole = length > 0 && i + length <= utf8.size();
        std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
        for (std::size_t k = 1; whole && k < length; ++k) {
            const auto next = static_cast<unsigned char>(utf8[i + k]);
            whole = continues(next);
            point = point << 6U | (next & 0x3FU);
        }
        i += whole ? length : 1;
        if (!whole) point = kReplacement;
        if (point >= 0x20 && point != 0x7F) points.push_back(point);
    }
    return points;
}

/// Calls `place(glyph, x)` for each glyph, x from the start of the line; returns the line's width.
double layOutLine(const std::string& utf8, const stbtt_fontinfo& info, float scale,
                  const std::function<void(int, double)>& place) {
    double x = 0.0;
    int before = -1;
    for (const std::uint32_t point : codePoints(utf8)) {
        int glyph = stbtt_FindGlyphIndex(&info, static_cast<int>(point));
        if (glyph == 0) glyph = stbtt_FindGlyphIndex(&info, static_cast<int>(kReplacement));
        if (before >= 0)
            x += scale * static_cast<float>(stbtt_GetGlyphKernAdvance(&info, before, glyph));
        place(glyph, x);
        int advance = 0;
        int bearing = 0;
        stbtt_GetGlyphHMetrics(&info, glyph, &advance, &bearing);
        x += scale * static_cast<float>(advance);
        before = glyph;
    }
    return x;
}

}  // namespace

std::span<const std::uint8_t> fontFile(TextWeight weight) {
    if (weight == TextWeight::Bold) {
        return {mcj_font_bold, static_cast<std::size_t>(mcj_font_bold_end - mcj_font_bold)};
    }
    return {mcj_font_regular, static_cast<std::size_t>(mcj_font_regular_end - mcj_font_regular)};
}

std::vector<OutlineStep> textOutline(const std::string& utf8, TextWeight weight, double sizePx) {
    const stbtt_fontinfo& info = font(weight);
    const float scale = stbtt_ScaleForMappingEmToPixels(&info, static_cast<float>(sizePx));
    std::vector<OutlineStep> steps;
    layOutLine(utf8, info, scale, [&](int glyph, double x) {
        stbtt_vertex* vertices = nullptr;
        const int count = stbtt_GetGlyphShape(&info, glyph, &vertices);
        const auto placed = [&](int vx, int vy) {
            return PointF{static_cast<float>(x) + scale * static_cast<float>(vx),
                          scale * static_cast<float>(vy)};
        };
        PointF at;
        for (int i = 0; i < count; ++i) {
            const stbtt_vertex& vertex = vertices[i];
            const PointF to = placed(vertex.x, vertex.y);
            const PointF control = placed(vertex.cx, vertex.cy);
            if (vertex.type == STBTT_vmove) {
                steps.push_back({OutlineStep::Kind::Move, to, {}, {}});
            } else if (vertex.type == STBTT_vline) {
                steps.push_back({OutlineStep::Kind::Line, to, {}, {}});
            } else if (vertex.type == STBTT_vcurve) {
                // A quadratic curve as a cubic one.
                const auto between = [](PointF end, PointF middle) {
                    return PointF{end.x + (middle.x - end.x) * 2.0F / 3.0F,
                                  end.y + (middle.y - end.y) * 2.0F / 3.0F};
                };
                steps.push_back(
                    {OutlineStep::Kind::Curve, to, between(at, control), between(to, control)});
            } else {
                steps.push_back(
                    {OutlineStep::Kind::Curve, to, control, placed(vertex.cx1, vertex.cy1)});
            }
            at = to;
        }
        stbtt_FreeShape(&info, vertices);
    });
    return steps;
}

double textWidth(const std::string& utf8, TextWeight weight, double sizePx) {
    const stbtt_fontinfo& info = font(weight);
    const float scale = stbtt_ScaleForMappingEmToPixels(&info, static_cast<float>(sizePx));
    return layOutLine(utf8, info, scale, [](int, double) {});
}

DrawnText drawText(const std::string& utf8, TextWeight weight, double sizePx) {
    const stbtt_fontinfo& info = font(weight);
    const float scale = stbtt_ScaleForMappingEmToPixels(&info, static_cast<float>(sizePx));
    // Glyphs may reach beyond their advance by a part of the em square.
    const int pad = static_cast<int>(std::ceil(sizePx / 2.0));
    DrawnText drawn;
    drawn.originX = pad;
    drawn.baselineY = static_cast<int>(std::ceil(1.2 * sizePx));
    const int width = static_cast<int>(std::ceil(textWidth(utf8, weight, sizePx))) + 2 * pad;
    drawn.coverage = Raster<std::uint8_t>({width, drawn.baselineY + pad}, 1);
    layOutLine(utf8, info, scale, [&](int glyph, double x) {
        const double whole = std::floor(x);
        const auto shift = static_cast<float>(x - whole);
        int x0 = 0;
        int y0 = 0;
        int x1 = 0;
        int y1 = 0;
        stbtt_GetGlyphBitmapBoxSubpixel(&info, glyph, scale, scale, shift, 0.0F, &x0, &y0, &x1,
                                        &y1);
        if (x1 <= x0 || y1 <= y0) return;
        Raster<std::uint8_t> bitmap({x1 - x0, y1 - y0}, 1);
        stbtt_MakeGlyphBitmapSubpixel(&info, bitmap.data(), x1 - x0, y1 - y0, x1 - x0, scale, scale,
                                      shift, 0.0F, glyph);
        for (int y = 0; y < bitmap.height(); ++y) {
            const int row = drawn.baselineY + y0 + y;
            for (int px = 0; px < bitmap.width(); ++px) {
                const int column = pad + static_cast<int>(whole) + x0 + px;
                if (row < 0 || column < 0 || row >= drawn.coverage.height() ||
                    column >= drawn.coverage.width()) {
                    continue;
                }
                std::uint8_t& value = drawn.coverage.at(row, column);
                value = std::max(value, bitmap.at(y, px));
            }
        }
    });
    return drawn;
}

}  // namespace mcj
