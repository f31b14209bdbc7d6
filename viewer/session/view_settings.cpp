#include "viewer/session/view_settings.h"

#include "viewer/session/layer_settings.h"

namespace mcj {

ProjectSettings settingsOf(const LayerStack& layers, const MaskEditor& masks, const Marks& marks,
                           FrameIndex frame) {
    return {{"layers", layersToJson(layers)},
            {"hidden-objects", masks.hiddenObjects()},
            {"marks", marks.toJson()},
            {"frame", std::to_string(frame)}};
}

FrameIndex restoreSettings(const ProjectSettings& settings, LayerStack& layers, MaskEditor& masks,
                           Marks& marks) {
    const auto named = [&settings](const char* name) {
        const auto found = settings.find(name);
        return found == settings.end() ? std::string() : found->second;
    };
    layersFromJson(named("layers"), layers);
    masks.setHiddenObjects(named("hidden-objects"));
    if (settings.contains("marks")) marks.fromJson(named("marks"));
    return QString::fromStdString(named("frame")).toLongLong();
}

}  // namespace mcj
