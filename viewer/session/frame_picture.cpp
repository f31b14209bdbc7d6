#include "viewer/session/frame_picture.h"

#include <QPainter>
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "viewer/session/session.h"

namespace mcj {
namespace {

using Rgb = std::array<std::uint8_t, 3>;
using Palette = decltype(FramePicture::palette);

// The 1.5 and 8 logical pixels of the canvas (canvas_content.cpp), rounded to whole pixels.
constexpr int kContourPx = 2;
constexpr int kHatchPx = 8;

void blend(std::uint8_t* pixel, const std::uint8_t* color, float opacity) {
    for (int c = 0; c < 3; ++c) {
        const float value = static_cast<float>(pixel[c]) * (1.0F - opacity) +
                            static_cast<float>(color[c]) * opacity;
        pixel[c] = static_cast<std::uint8_t>(std::lround(value));
    }
}

void blendRaster(Raster<std::uint8_t>& picture, const Raster<std::uint8_t>& colors, float opacity) {
    if (colors.size() != picture.size()) return;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            blend(&picture.at(y, x), &colors.at(y, x), opacity);
        }
    }
}

void blendScalar(Raster<std::uint8_t>& picture, const ScalarMap& map, const ScalarLook& look,
                 float opacity) {
    if (map.size() != picture.size()) return;
    const auto& table = colormapTable(look.colormap);
    const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            const float value = map.values.at(y, x);
            if (std::isnan(value)) continue;
            blend(&picture.at(y, x), table[span.indexOf(value)].data(), opacity);
        }
    }
}

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

/// The same as mask.frag, with pixels of the picture instead of the screen's.
void blendObjects(Raster<std::uint8_t>& picture, const Mask& mask, const Palette& palette,
                  float opacity) {
    if (mask.size() != picture.size()) return;
    constexpr Rgb kWhite{255, 255, 255};
    constexpr Rgb kBlack{0, 0, 0};
    const float lineOpacity = std::min(opacity * 3.0F, 1.0F);
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            const ObjectId label = mask.labels.at(y, x);
            Rgb color{palette[label][0], palette[label][1], palette[label][2]};
            const bool drawn = palette[label][3] != 0;
            std::uint8_t* pixel = &picture.at(y, x);
            if (onContour(mask.labels, palette, {x, y})) {
                if (drawn) blend(color.data(), kWhite.data(), 0.3F);
                blend(pixel, drawn ? color.data() : kBlack.data(),
                      drawn ? lineOpacity : 0.55F * lineOpacity);
            } else if (drawn) {
                // The shader counts rows from the bottom, so that stripes go down to the right.
                const int along = (x + picture.height() - y) % kHatchPx;
                const bool gap = label == kVoid && along >= kHatchPx / 2;
                blend(pixel, color.data(), gap ? 0.25F * opacity : opacity);
            }
        }
    }
}

Raster<std::uint8_t> blendLayers(const FramePicture& source) {
    Raster<std::uint8_t> picture(source.frame->size(), 3);
    for (const auto& [layer, flow, map, mask] : source.parts) {
        if (layer.opacity <= 0.0F) continue;
        if (layer.is<ImageLook>()) {
            blendRaster(picture, source.frame->rgb, layer.opacity);
        } else if (flow) {
            blendRaster(picture, colorizeFlow(*flow, layer.flow().scalePx, layer.flow().wheel),
                        layer.opacity);
        } else if (mask) {
            blendObjects(picture, *mask, source.palette, layer.opacity);
        } else if (map) {
            blendScalar(picture, *map, layer.scalar(), layer.opacity);
        }
    }
    return picture;
}

QString number(float value) { return QString::number(static_cast<double>(value), 'g', 4); }

void drawWheel(QPainter& painter, QRect box, FlowWheel hues) {
    QImage wheel(box.size(), QImage::Format_ARGB32_Premultiplied);
    wheel.fill(Qt::transparent);
    const float radius = static_cast<float>(box.width()) / 2.0F;
    for (int y = 0; y < wheel.height(); ++y) {
        for (int x = 0; x < wheel.width(); ++x) {
            const PointF at{(static_cast<float>(x) + 0.5F - radius) / radius,
                            (static_cast<float>(y) + 0.5F - radius) / radius};
            if (std::hypot(at.x, at.y) > 1.0F) continue;
            const auto color = flowColor(at, hues);
            wheel.setPixel(x, y, qRgb(color[0], color[1], color[2]));
        }
    }
    painter.drawImage(box.topLeft(), wheel);
}

void drawBar(QPainter& painter, QRect box, Colormap colors) {
    const auto& table = colormapTable(colors);
    for (int x = 0; x < box.width(); ++x) {
        const Rgb& color = table[static_cast<std::size_t>(x * 255 / std::max(box.width() - 1, 1))];
        painter.fillRect(box.left() + x, box.top(), 1, box.height(),
                         QColor(color[0], color[1], color[2]));
    }
}

/// One cell of the legend for every visible map, left to right.
void drawLegend(QPainter& painter, const FramePicture& source, QRect strip, int unit) {
    painter.fillRect(strip, QColor(0x17, 0x19, 0x1d));
    int left = strip.left() + unit;
    const int middle = strip.center().y();
    for (const auto& [layer, flow, map, mask] : source.parts) {
        if (!flow && !map) continue;
        const QString title = QString::fromUtf8(layerTraits(layer.kind).title);
        painter.setPen(QColor(0xdd, 0xe1, 0xe7));
        if (flow) {
            const int side = 3 * unit;
            drawWheel(painter, {left, middle - side / 2, side, side}, layer.flow().wheel);
            painter.drawText(
                QRect(left + side + unit / 2, strip.top(), 12 * unit, strip.height()),
                Qt::AlignVCenter | Qt::AlignLeft,
                QStringLiteral("%1: rim = %2 px").arg(title, number(layer.flow().scalePx)));
            left += side + 13 * unit;
        } else {
            const ScalarLook& look = layer.scalar();
            const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
            const QRect bar(left, middle - unit / 4, 10 * unit, unit);
            drawBar(painter, bar, look.colormap);
            painter.drawText(QRect(left, strip.top(), 14 * unit, bar.top() - strip.top()),
                             Qt::AlignVCenter | Qt::AlignLeft, title);
            painter.drawText(QRect(left, bar.bottom(), bar.width(), strip.bottom() - bar.bottom()),
                             Qt::AlignVCenter | Qt::AlignLeft, number(span.low));
            painter.drawText(
                QRect(left, bar.bottom(), bar.width(), strip.bottom() - bar.bottom()),
                Qt::AlignVCenter | Qt::AlignRight,
                QStringLiteral("%1 %2").arg(number(span.high),
                                            QString::fromUtf8(layerTraits(layer.kind).unit)));
            left += bar.width() + 2 * unit;
        }
    }
    painter.setPen(QColor(0x98, 0xa0, 0xac));
    painter.drawText(strip.adjusted(0, 0, -unit, 0), Qt::AlignVCenter | Qt::AlignRight,
                     QObject::tr("frame %1").arg(source.frame->index));
}

/// Copies the mask of an unfinished stroke, because the stroke changes it in place.
MaskPtr stillMask(const Session& session) {
    MaskPtr mask = session.mask();
    if (mask && session.masks().stroking()) mask = std::make_shared<const Mask>(*mask);
    return mask;
}

}  // namespace

FramePicture pictureOfShownFrame(const Session& session) {
    FramePicture picture;
    picture.frame = session.playhead().shown();
    if (!picture.frame) return picture;
    picture.palette = session.masks().palette();
    for (const Layer& layer : session.view().layers().layers()) {
        if (!layer.visible) continue;
        FramePicture::Part part;
        part.layer = layer;
        if (layer.is<FlowLook>()) part.flow = session.view().flow();
        if (layer.is<MaskLook>()) part.mask = stillMask(session);
        if (layer.is<ScalarLook>()) part.map = session.view().map(layer.id);
        picture.parts.push_back(std::move(part));
    }
    return picture;
}

QImage renderPicture(const FramePicture& picture) {
    if (!picture.frame) return {};
    const Raster<std::uint8_t> blended = blendLayers(picture);
    const QImage pixels(blended.data(), blended.width(), blended.height(), blended.width() * 3,
                        QImage::Format_RGB888);
    const int unit = std::clamp(blended.width() / 60, 9, 40);
    const int strip = 5 * unit;
    QImage sheet(blended.width(), blended.height() + strip, QImage::Format_RGB888);
    QPainter painter(&sheet);
    painter.setRenderHint(QPainter::TextAntialiasing);
    painter.drawImage(0, 0, pixels);
    QFont font = painter.font();
    font.setPixelSize(unit);
    painter.setFont(font);
    drawLegend(painter, picture, {0, blended.height(), blended.width(), strip}, unit);
    return sheet;
}

}  // namespace mcj
