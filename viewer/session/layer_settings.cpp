#include "viewer/session/layer_settings.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <vector>

namespace mcj {
namespace {

// The settings of a look in a row. The names must not change: project files contain them.

void write(const ImageLook&, QJsonObject&) {}
void write(const ColorsLook&, QJsonObject&) {}
void write(const MaskLook& look, QJsonObject& row) {
    row["outline"] = look.outline;
    row["hatched"] = look.hatched;
    // Projects in which it was never switched off stay as they are.
    if (!look.covered) row["covered"] = false;
}
void write(const FlowLook& look, QJsonObject& row) {
    row["wheel"] = static_cast<int>(look.wheel);
    row["scale"] = look.scalePx;
    row["pinned"] = look.pinned;
}
void write(const ScalarLook& look, QJsonObject& row) {
    row["colormap"] = static_cast<int>(look.colormap);
    row["low"] = look.low;
    row["high"] = look.high;
}
void write(const ArrowLook& look, QJsonObject& row) {
    row["spacing"] = look.spacingPx;
    row["length"] = look.length;
    row["line-colors"] = static_cast<int>(look.colors);
}
void write(const StreamLook& look, QJsonObject& row) {
    row["spacing"] = look.spacingPx;
    row["frames"] = look.frames;
    row["line-colors"] = static_cast<int>(look.colors);
}

void read(const QJsonObject&, ImageLook&) {}
void read(const QJsonObject&, ColorsLook&) {}
void read(const QJsonObject& row, MaskLook& look) {
    look.outline = row["outline"].toBool(look.outline);
    look.hatched = row["hatched"].toBool(look.hatched);
    look.covered = row["covered"].toBool(true);
}
void read(const QJsonObject& row, FlowLook& look) {
    look.wheel = static_cast<FlowWheel>(std::clamp(row["wheel"].toInt(), 0, 1));
    look.scalePx = static_cast<float>(row["scale"].toDouble(look.scalePx));
    look.pinned = row["pinned"].toBool();
}
void read(const QJsonObject& row, ScalarLook& look) {
    look.colormap = static_cast<Colormap>(std::clamp(row["colormap"].toInt(), 0, 3));
    look.low = static_cast<float>(row["low"].toDouble(look.low));
    look.high = static_cast<float>(row["high"].toDouble(look.high));
}
void read(const QJsonObject& row, ArrowLook& look) {
    look.spacingPx = row["spacing"].toInt(look.spacingPx);
    look.length = static_cast<float>(row["length"].toDouble(look.length));
    look.colors = static_cast<LineColors>(std::clamp(row["line-colors"].toInt(), 0, 2));
}
void read(const QJsonObject& row, StreamLook& look) {
    look.spacingPx = row["spacing"].toInt(look.spacingPx);
    look.frames = row["frames"].toInt(look.frames);
    look.colors = static_cast<LineColors>(std::clamp(row["line-colors"].toInt(), 0, 2));
}

}  // namespace

std::string layersToJson(const LayerStack& layers) {
    QJsonArray rows;
    for (const Layer& layer : layers.layers()) {
        QJsonObject row{{"id", QString::fromStdString(layer.id)},
                        {"kind", QString::fromStdString(layer.kind)},
                        {"visible", layer.visible},
                        {"opacity", layer.opacity}};
        std::visit([&row](const auto& look) { write(look, row); }, layer.look);
        rows.append(row);
    }
    return QJsonDocument(rows).toJson(QJsonDocument::Compact).toStdString();
}

void layersFromJson(const std::string& text, LayerStack& layers) {
    std::vector<std::string> order;
    const QJsonArray rows = QJsonDocument::fromJson(QByteArray::fromStdString(text)).array();
    for (const auto& value : rows) {
        const QJsonObject row = value.toObject();
        const QString id = row["id"].toString();
        // The first project files had one layer per kind, named by its kind.
        const std::string kind = row["kind"].toString(id).toStdString();
        if (id.isEmpty() || findLayerTraits(kind) == nullptr) continue;
        Layer layer = defaultLayer(kind);
        layer.id = id.toStdString();
        // Ids of default layers are reserved for them.
        if (layers.has(layer.id) && layers.layer(layer.id).kind != kind) continue;
        layer.visible = row["visible"].toBool(layer.visible);
        layer.opacity = static_cast<float>(row["opacity"].toDouble(layer.opacity));
        std::visit([&row](auto& look) { read(row, look); }, layer.look);
        layers.set(layer);
        order.push_back(layer.id);
    }
    if (!order.empty()) layers.setOrder(order);
}

}  // namespace mcj
