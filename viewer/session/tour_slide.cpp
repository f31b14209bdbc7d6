#include "viewer/session/tour_slide.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "media/figure/figure_file.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

constexpr SheetColor kCaptionInk{0xee, 0xf0, 0xf4};
/// Shares of a view's height that its legend may take, and of the slide's that its caption takes.
constexpr double kMostLegend = 0.16;
constexpr double kCaptionShare = 0.09;
constexpr int kGapPx = 6;

/// A part of a picture in its pixels; it may reach beyond the picture.
struct Region {
    double x0 = 0.0;
    double y0 = 0.0;
    double width = 0.0;
    double height = 0.0;
};

/// The part of a picture of `size` that an area of `area` shows; `columns`: views side by side on
/// the canvas.
Region regionOf(const CanvasLook& look, int columns, SizePx size, SizePx area) {
    const double aspect = static_cast<double>(area.height) / area.width;
    if (look.fitted) {
        const double width = std::max<double>(size.width, size.height / aspect);
        return {(size.width - width) / 2.0, (size.height - width * aspect) / 2.0, width,
                width * aspect};
    }
    const double width = std::max(look.width / look.scale / columns, 1.0);
    // Integer coordinates are centres of pixels.
    return {look.centreX + 0.5 - width / 2.0, look.centreY + 0.5 - width * aspect / 2.0, width,
            width * aspect};
}

Raster<std::uint8_t> cropped(const Raster<std::uint8_t>& rgb, BoxPx box) {
    Raster<std::uint8_t> part(box.size(), 3);
    for (int y = box.y0; y < box.y1; ++y) {
        std::copy_n(&rgb.at(y, box.x0), static_cast<std::size_t>(box.x1 - box.x0) * 3,
                    part.row(y - box.y0));
    }
    return part;
}

/// Puts the part of `rgb` in `region` into `area` of the sheet.
void putPicture(FigureSheet& sheet, const Raster<std::uint8_t>& rgb, const Region& region,
                BoxPx area) {
    const BoxPx from{
        std::max(static_cast<int>(std::floor(region.x0)), 0),
        std::max(static_cast<int>(std::floor(region.y0)), 0),
        std::min(static_cast<int>(std::ceil(region.x0 + region.width)), rgb.width()),
        std::min(static_cast<int>(std::ceil(region.y0 + region.height)), rgb.height())};
    if (from.empty()) return;
    const double scale = area.size().width / region.width;
    const auto place = [scale](int value, double origin, int start) {
        return start + static_cast<int>(std::lround((value - origin) * scale));
    };
    const BoxPx whole{place(from.x0, region.x0, area.x0), place(from.y0, region.y0, area.y0),
                      place(from.x1, region.x0, area.x0), place(from.y1, region.y0, area.y0)};
    const BoxPx seen{std::max(whole.x0, area.x0), std::max(whole.y0, area.y0),
                     std::min(whole.x1, area.x1), std::min(whole.y1, area.y1)};
    if (seen.empty()) return;
    if (seen == whole) {
        sheet.pictures.push_back({whole, cropped(rgb, from)});
        return;
    }
    // Pixels at the edges of a magnified picture are seen in part.
    const Raster<std::uint8_t> magnified = resizedPicture(cropped(rgb, from), whole.size());
    const BoxPx part{seen.x0 - whole.x0, seen.y0 - whole.y0, seen.x1 - whole.x0,
                     seen.y1 - whole.y0};
    sheet.pictures.push_back({seen, cropped(magnified, part)});
}

/// The blended picture and the legend of a figure, apart.
struct DrawnView {
    Raster<std::uint8_t> rgb;
    FigureSheet legend;  ///< at the top of a sheet of its size
};

DrawnView drawView(const FramePicture& picture) {
    DrawnView view;
    view.legend = sheetOf(picture);
    if (view.legend.pictures.empty()) return view;
    view.rgb = std::move(view.legend.pictures.front().rgb);
    view.legend.pictures.erase(view.legend.pictures.begin());
    const int below = view.rgb.height();
    view.legend.size.height -= below;
    for (SheetPicture& part : view.legend.pictures) {
        part.box.y0 -= below;
        part.box.y1 -= below;
    }
    for (SheetText& text : view.legend.texts) text.baselineY -= below;
    return view;
}

void putLegend(FigureSheet& sheet, const FigureSheet& legend, PointPx at, double scale) {
    const auto scaled = [scale](int value) { return static_cast<int>(std::lround(value * scale)); };
    for (const SheetPicture& part : legend.pictures) {
        const BoxPx box{at.x + scaled(part.box.x0), at.y + scaled(part.box.y0),
                        at.x + scaled(part.box.x1), at.y + scaled(part.box.y1)};
        if (!box.empty()) sheet.pictures.push_back({box, part.rgb});
    }
    for (SheetText text : legend.texts) {
        text.x = at.x + text.x * scale;
        text.baselineY = at.y + text.baselineY * scale;
        text.sizePx *= scale;
        text.maxWidthPx *= scale;
        sheet.texts.push_back(std::move(text));
    }
}

/// A view with its legend in `cell`.
void putView(FigureSheet& sheet, const DrawnView& view, const CanvasLook& look, int columns,
             BoxPx cell) {
    if (view.rgb.size().empty()) return;
    const SizePx legend = view.legend.size;
    const double scale = std::min(static_cast<double>(cell.size().width) / legend.width,
                                  kMostLegend * cell.size().height / legend.height);
    BoxPx area = cell;
    area.y1 -= static_cast<int>(std::lround(legend.height * scale));
    putPicture(sheet, view.rgb, regionOf(look, columns, view.rgb.size(), area.size()), area);
    const int left =
        cell.x0 + (cell.size().width - static_cast<int>(std::lround(legend.width * scale))) / 2;
    putLegend(sheet, view.legend, {left, area.y1}, scale);
}

/// Two views in the place of one: the first one's picture is replaced.
void joinViews(const TourSlide& slide, DrawnView& first, const DrawnView& second) {
    if (first.rgb.size() != second.rgb.size() || first.rgb.size().empty()) return;
    const SizePx size = first.rgb.size();
    if (slide.arrangement == Arrangement::Difference) {
        for (std::size_t i = 0; i < first.rgb.values().size(); ++i) {
            std::uint8_t& value = first.rgb.values()[i];
            value = static_cast<std::uint8_t>(std::abs(value - second.rgb.values()[i]));
        }
        return;
    }
    const Region region = regionOf(slide.look, 1, size, size);
    const double line = region.x0 + slide.wipe * region.width;
    const int from = std::clamp(static_cast<int>(std::lround(line)), 0, size.width);
    if (from == size.width) return;
    for (int y = 0; y < size.height; ++y) {
        std::copy_n(&second.rgb.at(y, from), static_cast<std::size_t>(size.width - from) * 3,
                    &first.rgb.at(y, from));
    }
}

}  // namespace

TourSlide slideOf(const Session& session, const CanvasLook& look, const std::string& caption) {
    TourSlide slide;
    const ViewSet& views = session.views();
    for (const std::size_t index : views.shown()) {
        slide.pictures.push_back(pictureOfView(session, views.at(index)));
    }
    slide.arrangement = views.arrangement();
    slide.wipe = views.wipe();
    slide.look = look;
    slide.caption = caption;
    return slide;
}

FigureSheet layOutSlide(const TourSlide& slide, SizePx size) {
    FigureSheet sheet;
    sheet.size = size;
    sheet.paper = {0x17, 0x19, 0x1d};
    std::vector<DrawnView> views;
    for (const FramePicture& picture : slide.pictures) views.push_back(drawView(picture));
    const bool joined =
        slide.arrangement == Arrangement::Wipe || slide.arrangement == Arrangement::Difference;
    if (joined && views.size() > 1) {
        joinViews(slide, views[0], views[1]);
        views.resize(1);
    }
    const int captionPx =
        slide.caption.empty() ? 0 : static_cast<int>(std::lround(size.height * kCaptionShare));
    const int columns = views.size() > 1 ? 2 : 1;
    const int rows = views.size() > 2 ? 2 : 1;
    const int height = size.height - captionPx;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const int column = static_cast<int>(i) % columns;
        const int row = static_cast<int>(i) / columns;
        BoxPx cell{size.width * column / columns, height * row / rows,
                   size.width * (column + 1) / columns, height * (row + 1) / rows};
        if (column > 0) cell.x0 += kGapPx;
        if (row > 0) cell.y0 += kGapPx;
        putView(sheet, views[i], slide.look, columns, cell);
    }
    if (captionPx > 0) {
        SheetText caption;
        caption.text = slide.caption;
        caption.x = size.width / 2.0;
        caption.sizePx = captionPx * 0.5;
        caption.baselineY = size.height - captionPx * 0.33;
        caption.maxWidthPx = size.width * 0.96;
        caption.anchor = TextAnchor::Middle;
        caption.weight = TextWeight::Bold;
        caption.ink = kCaptionInk;
        sheet.texts.push_back(std::move(caption));
    }
    return sheet;
}

}  // namespace mcj
