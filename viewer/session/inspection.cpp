#include "viewer/session/inspection.h"

#include <cmath>

namespace mcj {

std::optional<float> Inspection::scalar(const std::string& layer) const {
    const auto found = scalars.find(layer);
    return found == scalars.end() ? std::nullopt : std::optional(found->second);
}

Inspection inspect(const View& view, const MaskPtr& mask, PointPx at) {
    Inspection values;
    values.at = at;
    const FramePtr& frame = view.frame();
    if (!frame || at.x < 0 || at.y < 0 || at.x >= frame->size().width ||
        at.y >= frame->size().height) {
        return values;
    }
    for (int c = 0; c < 3; ++c) {
        values.rgb[static_cast<std::size_t>(c)] = frame->rgb.at(at.y, at.x, c);
    }
    if (const FlowPtr field = view.flow()) {
        const PointF vector = field->at(at.y, at.x);
        if (FlowField::known(vector)) values.flow = vector;
    }
    for (const Layer& layer : view.layers().layers()) {
        const ScalarMapPtr scalar = view.map(layer.id);
        if (!scalar) continue;
        const float value = scalar->values.at(at.y, at.x);
        if (!std::isnan(value)) values.scalars[layer.id] = value;
    }
    if (mask && mask->size() == frame->size()) values.object = mask->labels.at(at.y, at.x);
    return values;
}

std::string nameOfObject(const ObjectTable& objects, int object) {
    const MaskObject* known =
        object > 0 && object < kVoid ? objects.find(static_cast<ObjectId>(object)) : nullptr;
    return known != nullptr && !known->name.empty() ? known->name
                                                    : "object " + std::to_string(object);
}

std::string shownRegion(const View& view, const ObjectTable& objects) {
    const std::optional<SimilarityQuery> query = view.shownQuery();
    if (!query || !query->region) return {};
    return nameOfObject(objects, query->region->object()) + ", frame " +
           std::to_string(query->frame);
}

}  // namespace mcj
