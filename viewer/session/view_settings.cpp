#include "viewer/session/view_settings.h"

#include "viewer/session/layer_settings.h"

namespace mcj {

ProjectSettings settingsOf(const LayerStack& layers, const Pins& pins, const MaskEditor& masks,
                           FrameIndex frame) {
    return {{"layers", layersToJson(layers)},
            {"pins", pinsToJson(pins)},
            {"hidden-objects", masks.hiddenObjects()},
            {"frame", std::to_string(frame)}};
}

Pins pinsOf(const ProjectSettings& settings) {
    const auto found = settings.find("pins");
    return found == settings.end() ? Pins() : pinsFromJson(found->second);
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
