#include "viewer/canvas/overlay_painter.h"
#include "media/figure/legends.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace mcj {

namespace {

// The colours of the window: dark and grey, so that only the picture is coloured.
constexpr ImU32 kPanelFill = IM_COL32(0x17, 0x19, 0x1d, 0xd8);
/// More opaque, because the probe may cover a legend.
constexpr ImU32 kProbeFill = IM_COL32(0x17, 0x19, 0x1d, 0xf2);
constexpr ImU32 kPanelLine = IM_COL32(0xff, 0xff, 0xff, 0x1c);
constexpr ImU32 kText = IM_COL32(0xdd, 0xe1, 0xe7, 0xff);
constexpr ImU32 kDim = IM_COL32(0x98, 0xa0, 0xac, 0xff);
constexpr ImU32 kBright = IM_COL32(0xff, 0xff, 0xff, 0xff);
constexpr ImU32 kAccent = IM_COL32(0x5e, 0xa8, 0xe0, 0xff);
constexpr ImU32 kShade = IM_COL32(0, 0, 0, 0xb0);

// Logical pixels.
constexpr float kMargin = 12.0F;
constexpr float kPadX = 10.0F;
constexpr float kPadY = 7.0F;
constexpr float kRounding = 6.0F;
constexpr float kGap = 8.0F;
/// Below this canvas size legends are not drawn, because they would cover the picture.
constexpr float kLegendsFrom = 360.0F;

ImU32 colorOf(const std::array<std::uint8_t, 3>& rgb) {
    return IM_COL32(rgb[0], rgb[1], rgb[2], 0xff);
}

ImU32 lightened(const std::array<std::uint8_t, 3>& rgb) {
    const auto lighter = [](std::uint8_t level) { return (level + 255) / 2; };
    return IM_COL32(lighter(rgb[0]), lighter(rgb[1]), lighter(rgb[2]), 0xff);
}

ImU32 withOpacity(const std::array<std::uint8_t, 3>& rgb, float opacity) {
    const auto alpha = static_cast<unsigned>(std::lround(255.0F * std::clamp(opacity, 0.0F, 1.0F)));
    return IM_COL32(rgb[0], rgb[1], rgb[2], alpha);
}

ImVec2 at(DevicePos pos) { return {static_cast<float>(pos.x), static_cast<float>(pos.y)}; }

}  // namespace

OverlayPainter::OverlayPainter(ImDrawList& list, ImFont& font, SizePx device, float ratio)
    : list_(list), font_(font), width_(static_cast<float>(device.width)),
      height_(static_cast<float>(device.height)), ratio_(ratio),
      line_(std::ceil(font.FontSize * 1.15F)) {}

void OverlayPainter::paint(const OverlayData& data, const LegendTextures& textures) {
    const bool roomy = std::min(width_, height_ * 1.4F) >= px(kLegendsFrom);
    lines(data);
    if (data.framed) frame();
    for (const PinMark& mark : data.pins) pin(mark);
    if (data.cross) cross(*data.cross);
    if (data.query) query(*data.query);
    if (data.match) match(*data.match);
    if (data.outline) outline(*data.outline);
    for (const ScribbleMark& mark : data.scribbles) scribble(mark);
    if (data.brush) brush(*data.brush);
    if (data.wipe) wipe(*data.wipe);
    status(data);
    if (data.flow && roomy) flowLegend(*data.flow, textures);
    if (data.colorBar && roomy) colorBar(*data.colorBar, textures);
    if (data.probe) probe(*data.probe);
    message(data);
    if (!data.caption.empty()) caption(data.caption);
}

ImVec2 OverlayPainter::textSize(const std::string& words) const {
    return font_.CalcTextSizeA(font_.FontSize, 1e9F, 0.0F, words.c_str());
}

void OverlayPainter::text(ImVec2 from, const std::string& words, Tone tone) {
    const ImU32 color = tone == Tone::Dim ? kDim : tone == Tone::Bright ? kBright : kText;
    // Glyphs are sharp only at whole device pixels.
    list_.AddText(&font_, font_.FontSize, {std::round(from.x), std::round(from.y)}, color,
                  words.c_str());
}

void OverlayPainter::panel(ImVec2 from, ImVec2 size, std::uint32_t fill) {
    const ImVec2 to(from.x + size.x, from.y + size.y);
    list_.AddRectFilled(from, to, fill, px(kRounding));
    list_.AddRect(from, to, kPanelLine, px(kRounding), 0, std::max(1.0F, std::floor(ratio_)));
}

void OverlayPainter::lines(const OverlayData& data) {
    if (data.lines.empty()) return;
    if (data.linesWithin) {
        const BoxPx& box = *data.linesWithin;
        list_.PushClipRect({static_cast<float>(box.x0), static_cast<float>(box.y0)},
                           {static_cast<float>(box.x1), static_cast<float>(box.y1)}, true);
    }
    const auto draw = [this](const LineStroke& stroke, ImU32 color, float halfWidth) {
        const ImVec2 from(stroke.from.x, stroke.from.y);
        if (stroke.from == stroke.to) {
            list_.AddCircleFilled(from, px(halfWidth), color, 12);
        } else {
            list_.AddLine(from, {stroke.to.x, stroke.to.y}, color, px(2.0F * halfWidth));
        }
    };
    for (const LineSet& set : data.lines) {
        for (const MotionLine& line : set.lines) {
            const std::vector<LineStroke> strokes = strokesOf(line, ratio_);
            for (const LineStroke& stroke : strokes) {
                const float opacity = kOutlineOpacity * stroke.opacity * set.opacity;
                draw(stroke, withOpacity({0, 0, 0}, opacity), kOutlineHalfWidth);
            }
            for (const LineStroke& stroke : strokes) {
                draw(stroke, withOpacity(line.color, stroke.opacity * set.opacity), kLineHalfWidth);
            }
        }
    }
    if (data.linesWithin) list_.PopClipRect();
}

void OverlayPainter::status(const OverlayData& data) {
    if (data.status.empty()) return;
    float width = 0.0F;
    for (const std::string& words : data.status) width = std::max(width, textSize(words).x);
    const float dot = px(14.0F);
    if (!data.working.empty()) width = std::max(width, dot + textSize(data.working).x);
    const auto lines = static_cast<float>(data.status.size() + (data.working.empty() ? 0 : 1));
    const ImVec2 from(px(kMargin), px(kMargin));
    panel(from, {width + 2 * px(kPadX), lines * line_ + 2 * px(kPadY)}, kPanelFill);
    ImVec2 pen(from.x + px(kPadX), from.y + px(kPadY));
    for (std::size_t i = 0; i < data.status.size(); ++i) {
        text(pen, data.status[i], i == 0 ? Tone::Bright : Tone::Dim);
        pen.y += line_;
    }
    if (data.working.empty()) return;
    list_.AddCircleFilled({pen.x + px(4.0F), pen.y + line_ * 0.5F}, px(3.5F), kAccent, 16);
    text({pen.x + dot, pen.y}, data.working);
}

void OverlayPainter::flowLegend(const FlowLegend& legend, const LegendTextures& textures) {
    if (textures.disc == nullptr) return;
    const std::string title = "Flow";
    const std::string scale = legendNumber(legend.scalePx) + " px";
    const float inner = std::max(textures.discPx, textSize(scale).x + textSize(title).x + px(kGap));
    const ImVec2 size(inner + 2 * px(kPadX), line_ + px(4.0F) + textures.discPx + 2 * px(kPadY));
    const ImVec2 from(px(kMargin), std::floor(height_ - px(kMargin) - size.y));
    panel(from, size, kPanelFill);
    text({from.x + px(kPadX), from.y + px(kPadY)}, title, Tone::Dim);
    text({from.x + size.x - px(kPadX) - textSize(scale).x, from.y + px(kPadY)}, scale,
         Tone::Bright);
    const ImVec2 disc(std::floor(from.x + (size.x - textures.discPx) / 2),
                      std::floor(from.y + px(kPadY) + line_ + px(4.0F)));
    list_.AddImage(textures.disc, disc, {disc.x + textures.discPx, disc.y + textures.discPx});
    if (!legend.probed || !FlowField::known(*legend.probed) || !(legend.scalePx > 0.0F)) return;
    // The motion at the pointer as an arrow; motion longer than the scale ends at the rim.
    PointF flow{legend.probed->x / legend.scalePx, legend.probed->y / legend.scalePx};
    const float length = std::hypot(flow.x, flow.y);
    if (length > 1.0F) flow = {flow.x / length, flow.y / length};
    const float radius = textures.discPx / 2;
    const ImVec2 centre(disc.x + radius, disc.y + radius);
    const ImVec2 tip(centre.x + flow.x * radius, centre.y + flow.y * radius);
    list_.AddLine(centre, tip, kShade, px(2.0F));
    list_.AddCircleFilled(tip, px(4.0F), kBright, 20);
    list_.AddCircle(tip, px(4.0F), IM_COL32_BLACK, 20, px(1.5F));
}

void OverlayPainter::colorBar(const ColorBar& bar, const LegendTextures& textures) {
    if (textures.strip == nullptr) return;
    const float length = px(200.0F);
    const float thick = px(10.0F);
    const std::string unit = bar.unit.empty() || bar.unit == "1" ? "" : bar.unit;
    const float words = textSize(bar.title).x + (unit.empty() ? 0.0F : textSize(unit).x + px(kGap));
    const float inner = std::max(length, words);
    const ImVec2 size(inner + 2 * px(kPadX), 2 * line_ + thick + px(10.0F) + 2 * px(kPadY));
    const ImVec2 from(std::floor(width_ - px(kMargin) - size.x),
                      std::floor(height_ - px(kMargin) - size.y));
    panel(from, size, kPanelFill);
    ImVec2 pen(from.x + px(kPadX), from.y + px(kPadY));
    text(pen, bar.title, Tone::Bright);
    text({from.x + size.x - px(kPadX) - textSize(unit).x, pen.y}, unit, Tone::Dim);
    pen.y = std::floor(pen.y + line_ + px(4.0F));
    list_.AddImage(textures.strip, pen, {pen.x + inner, pen.y + thick}, {0.5F / 256, 0},
                   {255.5F / 256, 1});
    const float numbers = pen.y + thick + px(5.0F);
    for (const float share : {0.0F, 0.5F, 1.0F}) {
        const float x = pen.x + share * inner;
        list_.AddLine({x, pen.y + thick}, {x, pen.y + thick + px(3.0F)}, kDim, px(1.0F));
        const std::string number = legendNumber(bar.low + share * (bar.high - bar.low));
        text({x - share * textSize(number).x, numbers}, number, Tone::Dim);
    }
    if (!bar.probed || std::isnan(*bar.probed) || !(bar.high > bar.low)) return;
    const float share = std::clamp((*bar.probed - bar.low) / (bar.high - bar.low), 0.0F, 1.0F);
    const float x = pen.x + share * inner;
    list_.AddRectFilled({x - px(2.0F), pen.y - px(2.0F)}, {x + px(2.0F), pen.y + thick + px(2.0F)},
                        IM_COL32_BLACK, px(1.0F));
    list_.AddRectFilled({x - px(1.0F), pen.y - px(1.0F)}, {x + px(1.0F), pen.y + thick + px(1.0F)},
                        kBright);
}

void OverlayPainter::probe(const Probe& probe) {
    if (probe.rows.empty()) return;
    float names = 0.0F, values = 0.0F, units = 0.0F;
    for (const ProbeRow& row : probe.rows) {
        names = std::max(names, textSize(row.name).x);
        values = std::max(values, textSize(row.value).x);
        units = std::max(units, textSize(row.unit).x);
    }
    const float unitGap = units > 0.0F ? px(5.0F) : 0.0F;
    const float inner =
        std::max(names + px(2 * kGap) + values + unitGap + units, textSize(probe.title).x);
    const ImVec2 size(inner + 2 * px(kPadX),
                      static_cast<float>(probe.rows.size() + 1) * line_ + 2 * px(kPadY));
    // Below and right of the pointer; on the other side if there is not enough space.
    const ImVec2 pointer = at(probe.at);
    const float away = px(18.0F);
    ImVec2 from(pointer.x + away, pointer.y + away);
    if (from.x + size.x > width_ - px(4.0F)) from.x = pointer.x - away - size.x;
    if (from.y + size.y > height_ - px(4.0F)) from.y = pointer.y - away - size.y;
    from = {std::floor(std::max(from.x, px(4.0F))), std::floor(std::max(from.y, px(4.0F)))};
    panel(from, size, kProbeFill);
    ImVec2 pen(from.x + px(kPadX), from.y + px(kPadY));
    text(pen, probe.title, Tone::Dim);
    const float right = from.x + size.x - px(kPadX) - units - unitGap;
    for (const ProbeRow& row : probe.rows) {
        pen.y += line_;
        text(pen, row.name, Tone::Dim);
        text({right - textSize(row.value).x, pen.y}, row.value, Tone::Bright);
        text({right + unitGap, pen.y}, row.unit, Tone::Dim);
    }
}

void OverlayPainter::brush(const BrushOutline& outline) {
    const ImVec2 centre = at(outline.centre);
    const float radius = std::max(outline.radiusPx, px(1.0F));
    // Lightened, with a dark line next to it: visible on any picture.
    const ImU32 color = lightened(outline.color);
    list_.AddCircle(centre, radius + px(1.0F), kShade, 0, px(1.5F));
    list_.AddCircle(centre, radius, color, 0, px(1.5F));
}

void OverlayPainter::outline(const OutlineMark& mark) {
    std::vector<ImVec2> path;
    for (const DevicePos& point : mark.points) path.push_back(at(point));
    if (mark.pointer) path.push_back(at(*mark.pointer));
    if (path.empty()) return;
    const ImU32 color = lightened(mark.color);
    const int points = static_cast<int>(path.size());
    for (const auto& [shade, width] : {std::pair{kShade, 3.5F}, std::pair{color, 1.5F}}) {
        list_.AddPolyline(path.data(), points, shade, 0, px(width));
        // Thinner: the side that closing would add.
        list_.AddLine(path.back(), path.front(), shade, px(width * 0.6F));
    }
    if (!mark.marksPoints) return;
    for (const DevicePos& point : mark.points) {
        list_.AddCircleFilled(at(point), px(4.5F), kShade, 16);
        list_.AddCircleFilled(at(point), px(3.0F), color, 16);
    }
    list_.AddCircle(path.front(), px(6.5F), color, 20, px(1.2F));
}

void OverlayPainter::scribble(const ScribbleMark& mark) {
    std::vector<ImVec2> path;
    for (const DevicePos& point : mark.points) path.push_back(at(point));
    if (path.empty()) return;
    const ImU32 color = lightened(mark.color);
    for (const auto& [shade, width] : {std::pair{kShade, 5.0F}, std::pair{color, 3.0F}}) {
        list_.AddPolyline(path.data(), static_cast<int>(path.size()), shade, 0, px(width));
        list_.AddCircleFilled(path.front(), px(width * 0.6F), shade, 16);
    }
}

void OverlayPainter::pin(const PinMark& mark) {
    const ImU32 color = colorOf(mark.color);
    std::vector<ImVec2> path;
    for (const DevicePos& place : mark.path) path.push_back(at(place));
    const int points = static_cast<int>(path.size());
    if (points > 1) {
        const float width = px(mark.selected ? 2.0F : 1.2F);
        list_.AddPolyline(path.data(), points, kShade, 0, width + px(2.0F));
        list_.AddPolyline(path.data(), points, color, 0, width);
    }
    if (!mark.at) return;
    const ImVec2 centre = at(*mark.at);
    list_.AddCircleFilled(centre, px(mark.selected ? 6.0F : 5.0F), kShade, 20);
    list_.AddCircleFilled(centre, px(mark.selected ? 4.5F : 3.5F), color, 20);
    if (mark.selected) list_.AddCircle(centre, px(5.0F), kBright, 20, px(1.0F));
}

void OverlayPainter::query(DevicePos pos) {
    const ImVec2 centre = at(pos);
    const float inner = px(5.0F), outer = px(15.0F);
    for (const auto& [color, width] : {std::pair{kShade, 4.0F}, std::pair{kBright, 1.6F}}) {
        for (const auto& [dx, dy] : {std::pair{1.0F, 0.0F}, std::pair{-1.0F, 0.0F},
                                     std::pair{0.0F, 1.0F}, std::pair{0.0F, -1.0F}}) {
            list_.AddLine({centre.x + dx * inner, centre.y + dy * inner},
                          {centre.x + dx * outer, centre.y + dy * outer}, color, px(width));
        }
    }
    list_.AddCircleFilled(centre, px(2.2F), kShade, 12);
    list_.AddCircleFilled(centre, px(1.4F), kBright, 12);
}

void OverlayPainter::cross(DevicePos pos) {
    const ImVec2 centre = at(pos);
    const float arm = px(7.0F);
    for (const auto& [color, width] : {std::pair{kShade, 3.0F}, std::pair{kBright, 1.0F}}) {
        list_.AddLine({centre.x - arm, centre.y}, {centre.x + arm, centre.y}, color, px(width));
        list_.AddLine({centre.x, centre.y - arm}, {centre.x, centre.y + arm}, color, px(width));
    }
}

void OverlayPainter::wipe(const WipeMark& mark) {
    const float x = std::round(static_cast<float>(mark.at.x));
    for (const auto& [color, width] : {std::pair{kShade, 4.0F}, std::pair{kBright, 1.6F}}) {
        list_.AddLine({x, 0.0F}, {x, height_}, color, px(width));
    }
    const ImVec2 centre(x, std::round(static_cast<float>(mark.at.y)));
    list_.AddCircleFilled(centre, px(9.0F), kShade, 24);
    list_.AddCircleFilled(centre, px(7.5F), kBright, 24);
    const float tip = px(4.5F);
    const float back = px(1.5F);
    for (const float side : {-1.0F, 1.0F}) {
        list_.AddTriangleFilled({centre.x + side * tip, centre.y},
                                {centre.x + side * back, centre.y - px(3.0F)},
                                {centre.x + side * back, centre.y + px(3.0F)}, IM_COL32_BLACK);
    }
    // Captions on either side, at the top, as far as there is room.
    const float y = px(kMargin);
    const ImVec2 left = textSize(mark.left);
    const ImVec2 right = textSize(mark.right);
    const float pad = px(kPadX);
    const auto caption = [&](float from, ImVec2 size, const std::string& words) {
        if (from < 0.0F || from + size.x + 2 * pad > width_) return;
        panel({from, y}, {size.x + 2 * pad, line_ + 2 * px(kPadY)}, kPanelFill);
        text({from + pad, y + px(kPadY)}, words, Tone::Bright);
    };
    caption(x - px(kGap) - left.x - 2 * pad, left, mark.left);
    caption(x + px(kGap), right, mark.right);
}

void OverlayPainter::frame() {
    const float line = std::max(1.0F, std::floor(ratio_ * 1.5F));
    const float half = line / 2.0F;
    list_.AddRect({half, half}, {width_ - half, height_ - half}, kAccent, 0.0F, 0, line);
}

void OverlayPainter::match(const MatchMark& mark) {
    const ImVec2 centre = at(mark.at);
    list_.AddCircle(centre, px(10.0F), kShade, 32, px(4.5F));
    list_.AddCircle(centre, px(10.0F), colorOf(mark.color), 32, px(2.0F));
    if (mark.text.empty()) return;
    const ImVec2 size = textSize(mark.text);
    const float pad = px(4.0F);
    ImVec2 from(centre.x + px(15.0F), centre.y - size.y / 2);
    if (from.x + size.x + pad > width_) from.x = centre.x - px(15.0F) - size.x;
    list_.AddRectFilled({from.x - pad, from.y - pad / 2},
                        {from.x + size.x + pad, from.y + size.y + pad / 2}, kPanelFill, px(4.0F));
    text(from, mark.text, Tone::Bright);
}

void OverlayPainter::caption(const std::string& words) {
    const float widest = width_ * 0.7F;
    const ImVec2 size = font_.CalcTextSizeA(font_.FontSize, 1e9F, widest, words.c_str());
    const ImVec2 from(std::round((width_ - size.x) / 2.0F),
                      std::round(height_ - px(2.0F * kMargin) - size.y - px(kPadY)));
    panel({from.x - px(kPadX), from.y - px(kPadY)},
          {size.x + 2 * px(kPadX), size.y + 2 * px(kPadY)}, kPanelFill);
    list_.AddText(&font_, font_.FontSize, from, kBright, words.c_str(), nullptr, widest);
}

void OverlayPainter::message(const OverlayData& data) {
    if (data.message.empty()) return;
    const ImVec2 size = textSize(data.message);
    const ImVec2 middle(width_ / 2, height_ / 2 - line_);
    text({middle.x - size.x / 2, middle.y}, data.message);
    text({middle.x - textSize(data.hint).x / 2, middle.y + line_ * 1.3F}, data.hint, Tone::Dim);
}

}  // namespace mcj
