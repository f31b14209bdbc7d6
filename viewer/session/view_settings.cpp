#include "viewer/session/view_settings.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

namespace mcj {
namespace {

std::string toJson(const QJsonDocument& document) {
    return document.toJson(QJsonDocument::Compact).toStdString();
}

std::string layersToJson(const LayerStack& layers) {
    QJsonArray rows;
    for (const Layer& layer : layers.layers()) {
        rows.append(QJsonObject{{"id", QString::fromUtf8(layerId(layer.kind).data())},
                                {"visible", layer.visible},
                                {"opacity", layer.opacity},
                                {"colormap", static_cast<int>(layer.colormap)},
                                {"low", layer.rangeLow},
                                {"high", layer.rangeHigh},
                                {"wheel", static_cast<int>(layer.wheel)},
                                {"scale", layer.flowScalePx},
                                {"pinned", layer.flowScalePinned}});
    }
    return toJson(QJsonDocument(rows));
}

void layersFromJson(const std::string& text, LayerStack& layers) {
    std::vector<LayerKind> order;
    const QJsonArray rows = QJsonDocument::fromJson(QByteArray::fromStdString(text)).array();
    for (const auto& value : rows) {
        const QJsonObject row = value.toObject();
        const auto kind = parseLayerId(row["id"].toString().toStdString());
        if (!kind) continue;
        Layer layer = defaultLayer(*kind);
        layer.visible = row["visible"].toBool(layer.visible);
        layer.opacity = static_cast<float>(row["opacity"].toDouble(layer.opacity));
        layer.colormap = static_cast<Colormap>(std::clamp(row["colormap"].toInt(), 0, 3));
        layer.rangeLow = static_cast<float>(row["low"].toDouble(layer.rangeLow));
        layer.rangeHigh = static_cast<float>(row["high"].toDouble(layer.rangeHigh));
        layer.wheel = static_cast<FlowWheel>(std::clamp(row["wheel"].toInt(), 0, 1));
        layer.flowScalePx = static_cast<float>(row["scale"].toDouble(layer.flowScalePx));
        layer.flowScalePinned = row["pinned"].toBool();
        layers.set(layer);
        order.push_back(*kind);
    }
    if (!order.empty()) layers.setOrder(order);
}

}  // namespace

ProjectSettings settingsOf(const LayerStack& layers, const MaskEditor& masks, FrameIndex frame) {
    return {{"layers", layersToJson(layers)},
            {"hidden-objects", masks.hiddenObjects()},
            {"frame", std::to_string(frame)}};
}

FrameIndex restoreSettings(const ProjectSettings& settings, LayerStack& layers, MaskEditor& masks) {
    const auto named = [&settings](const char* name) {
        const auto found = settings.find(name);
        return found == settings.end() ? std::string() : found->second;
    };
    layersFromJson(named("layers"), layers);
    masks.setHiddenObjects(named("hidden-objects"));
    return QString::fromStdString(named("frame")).toLongLong();
}

}  // namespace mcj
