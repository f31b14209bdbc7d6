#include "viewer/session/frame_picture.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "media/figure/legends.h"
#include "media/figure/motion_lines.h"
#include "media/figure/picture_blend.h"
#include "viewer/session/legend_title.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

using Rgb = std::array<std::uint8_t, 3>;
using Palette = decltype(FramePicture::palette);

// The 1.5 and 8 logical pixels of the canvas (canvas_content.cpp), rounded to whole pixels.
constexpr int kContourPx = 2;
constexpr int kHatchPx = 8;

/// Whether an edge of a drawn object is within the line's reach.
bool onContour(const Raster<std::uint8_t>& labels, const Palette& palette, PointPx at) {
    const ObjectId label = labels.at(at.y, at.x);
    const int left = std::max(at.x - kContourPx, 0);
    const int right = std::min(at.x + kContourPx, labels.width() - 1);
    const int top = std::max(at.y - kContourPx, 0);
    const int bottom = std::min(at.y + kContourPx, labels.height() - 1);
    for (const ObjectId other : {labels.at(at.y, left), labels.at(at.y, right),
                                 labels.at(top, at.x), labels.at(bottom, at.x)}) {
        // A hidden object counts as background.
        if (other != label && (palette[label][3] != 0 || palette[other][3] != 0)) return true;
    }
    return false;
}

/// Whether a pixel is on a stripe of an object that lies below another one.
bool showsBelow(const Mask& covered, ObjectId label, const Palette& palette, PointPx at) {
    const ObjectId below = covered.labels.at(at.y, at.x);
    if (below == label || below == kBackground || palette[below][3] == 0) return false;
    return (at.x + at.y) % kHatchPx < kHatchPx / 4;
}

/// The same as mask.frag, with pixels of the picture instead of the screen's.
void blendObjects(Raster<std::uint8_t>& picture, const Mask& mask, const MaskPtr& covered,
                  const Palette& palette, const MaskLook& look, float opacity) {
    if (mask.size() != picture.size()) return;
    const bool below = covered && covered->size() == mask.size();
    constexpr Rgb kWhite{255, 255, 255};
    constexpr Rgb kBlack{0, 0, 0};
    const float lineOpacity = std::min(opacity * 3.0F, 1.0F);
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            const ObjectId label = mask.labels.at(y, x);
            Rgb color{palette[label][0], palette[label][1], palette[label][2]};
            const bool drawn = palette[label][3] != 0;
            std::uint8_t* pixel = &picture.at(y, x);
            if (look.outline && onContour(mask.labels, palette, {x, y})) {
                if (drawn) blendPixel(color.data(), kWhite.data(), 0.3F);
                blendPixel(pixel, drawn ? color.data() : kBlack.data(),
                           drawn ? lineOpacity : 0.55F * lineOpacity);
            } else if (below && showsBelow(*covered, label, palette, {x, y})) {
                blendPixel(pixel, palette[covered->labels.at(y, x)].data(), opacity);
            } else if (drawn) {
                // The shader counts rows from the bottom, so that stripes go down to the right.
                const int along = (x + picture.height() - y) % kHatchPx;
                const bool gap = (look.hatched || label == kVoid) && along >= kHatchPx / 2;
                blendPixel(pixel, color.data(), gap ? 0.25F * opacity : opacity);
            }
        }
    }
}

Raster<std::uint8_t> blendLayers(const FramePicture& source) {
    Raster<std::uint8_t> picture(source.frame->size(), 3);
    for (const auto& [layer, title, unit, flow, streamlines, map, colors, mask, covered] :
         source.parts) {
        if (layer.opacity <= 0.0F) continue;
        if (layer.is<ImageLook>()) {
            blendPicture(picture, source.frame->rgb, layer.opacity);
        } else if (flow && layer.is<FlowLook>()) {
            blendPicture(picture, colorizeFlow(*flow, layer.flow().scalePx, layer.flow().wheel),
                         layer.opacity);
        } else if (colors) {
            blendPicture(picture, *colors, layer.opacity);
        } else if (mask) {
            blendObjects(picture, *mask, covered, source.palette, layer.masks(), layer.opacity);
        } else if (map) {
            blendScalar(picture, *map, layer.scalar(), layer.opacity);
        }
    }
    for (const FramePicture::Part& part : source.parts) {
        if (part.streamlines) {
            drawMotionLines(picture, streamLines(*part.streamlines, part.layer.streams()),
                            part.layer.opacity);
        } else if (part.flow && part.layer.is<ArrowLook>()) {
            drawMotionLines(picture, flowArrows(*part.flow, part.layer.arrows()),
                            part.layer.opacity);
        }
    }
    return picture;
}

constexpr SheetColor kStripPaper{0x17, 0x19, 0x1d};
constexpr SheetColor kBrightInk{0xdd, 0xe1, 0xe7};
constexpr SheetColor kDimInk{0x98, 0xa0, 0xac};

/// Lays the legend out below the picture: one cell for every visible map, left to right in as many
/// rows as they need, and the number of the frame. Sizes are multiples of `unit`, the size of the
/// text.
class LegendStrip {
public:
    LegendStrip(FigureSheet& sheet, int top, int unit)
        : sheet_(sheet), unit_(unit), left_(unit), top_(top) {
        // Beside the first row's cells.
        right_ = sheet.size.width - 10 * unit;
    }

    void add(const std::string& title, const FlowLook& look) {
        const int side = 3 * unit_;
        beginCell(side + 13 * unit_);
        const int top = middle() - side / 2;
        sheet_.pictures.push_back({{left_, top, left_ + side, top + side},
                                   onPaper(flowDisc(look.wheel, side), kStripPaper)});
        put(title + ": rim = " + legendNumber(look.scalePx) + " px", left_ + side + unit_ / 2,
            middle(), TextAnchor::Start);
        left_ += side + 13 * unit_;
    }

    void add(const std::string& title, const std::string& unitOfMap, const ScalarLook& look) {
        const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
        const int width = 10 * unit_;
        beginCell(width + 2 * unit_);
        const BoxPx bar{left_, middle() - unit_ / 4, left_ + width, middle() + 3 * unit_ / 4};
        sheet_.pictures.push_back({bar, colorStrip(look.colormap)});
        put(title, left_, (top_ + bar.y0) / 2, TextAnchor::Start);
        const int below = (bar.y1 + bottom()) / 2;
        put(legendNumber(span.low), left_, below, TextAnchor::Start);
        put(legendNumber(span.high) + " " + unitOfMap, bar.x1, below, TextAnchor::End);
        left_ += width + 2 * unit_;
    }

    void add(const std::string& title, const ArrowLook& look) {
        beginCell(13 * unit_);
        put(title + ": " + legendNumber(look.length) + " x motion", left_, middle(),
            TextAnchor::Start);
        left_ += 13 * unit_;
    }

    void add(const std::string& title, const Streamlines& lines) {
        beginCell(13 * unit_);
        const std::size_t frames = lines.places.size() - 1;
        put(title + ": " + std::to_string(frames) + (frames == 1 ? " frame" : " frames"), left_,
            middle(), TextAnchor::Start);
        left_ += 13 * unit_;
    }

    void addFrame(FrameIndex index, int top) {
        put("frame " + std::to_string(index), sheet_.size.width - unit_, top + rowHeight() / 2,
            TextAnchor::End, kDimInk);
    }

    [[nodiscard]] int bottom() const { return top_ + rowHeight(); }

private:
    [[nodiscard]] int rowHeight() const { return 5 * unit_; }
    [[nodiscard]] int middle() const { return top_ + rowHeight() / 2; }

    void beginCell(int width) {
        if (left_ == unit_ || left_ + width <= right_) return;
        left_ = unit_;
        top_ += rowHeight();
        right_ = sheet_.size.width;
    }

    void put(const std::string& text, int x, int middleY, TextAnchor anchor,
             SheetColor ink = kBrightInk) {
        SheetText line;
        line.text = text;
        line.x = x;
        line.baselineY = middleY + 0.36 * unit_;
        line.sizePx = unit_;
        line.anchor = anchor;
        line.ink = ink;
        sheet_.texts.push_back(std::move(line));
    }

    FigureSheet& sheet_;
    int unit_;
    int left_;   ///< of the next cell
    int top_;    ///< of its row
    int right_;  ///< where the row ends
};

/// Copies the mask of an unfinished stroke, because the stroke changes it in place.
MaskPtr stillMask(const Session& session, FrameIndex frame) {
    MaskPtr mask = session.masks().mask(frame);
    if (mask && session.masks().stroking()) mask = std::make_shared<const Mask>(*mask);
    return mask;
}

}  // namespace

FramePicture pictureOfShownFrame(const Session& session) {
    return pictureOfView(session, session.view());
}

FramePicture pictureOfView(const Session& session, const View& view) {
    FramePicture picture;
    picture.frame = view.frame();
    if (!picture.frame) return picture;
    picture.palette = session.masks().palette();
    const ObjectTable& objects = session.document().state().objects;
    for (const Layer& layer : view.layers().layers()) {
        if (!layer.visible) continue;
        FramePicture::Part part;
        part.layer = layer;
        part.title = legendTitle(view, layer, objects);
        part.unit = legendUnit(view, layer);
        if (layer.is<FlowLook>() || layer.is<ArrowLook>()) {
            part.flow = view.flow(layer.id, View::Stage::Final);
        }
        if (layer.is<StreamLook>()) {
            part.streamlines = view.streamlines(layer.id, View::Stage::Final);
        }
        if (layer.is<ColorsLook>()) part.colors = view.colors(layer.id);
        if (layer.kind == kComparedMasksLayer) {
            part.mask = session.projectTools().agreement.mask(picture.frame->index);
        } else if (layer.is<MaskLook>()) {
            part.mask = stillMask(session, picture.frame->index);
            if (layer.masks().covered) part.covered = session.masks().covered(picture.frame->index);
        }
        if (layer.is<ScalarLook>()) part.map = view.map(layer.id, View::Stage::Final);
        picture.parts.push_back(std::move(part));
    }
    return picture;
}

FigureSheet sheetOf(const FramePicture& picture) {
    FigureSheet sheet;
    if (!picture.frame) return sheet;
    sheet.paper = kStripPaper;
    const SizePx size = picture.frame->size();
    const int unit = std::clamp(size.width / 60, 9, 40);
    sheet.size = size;
    sheet.pictures.push_back({{0, 0, size.width, size.height}, blendLayers(picture)});
    LegendStrip legend(sheet, size.height, unit);
    for (const FramePicture::Part& part : picture.parts) {
        if (part.streamlines) {
            legend.add(part.title, *part.streamlines);
        } else if (part.flow && part.layer.is<ArrowLook>()) {
            legend.add(part.title, part.layer.arrows());
        } else if (part.flow) {
            legend.add(part.title, part.layer.flow());
        } else if (part.map) {
            legend.add(part.title, part.unit, part.layer.scalar());
        }
    }
    legend.addFrame(picture.frame->index, size.height);
    sheet.size.height = legend.bottom();
    return sheet;
}

}  // namespace mcj
