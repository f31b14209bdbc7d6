#include "ui/key_map.h"

#include <QObject>

#include "ui/command_registry.h"

namespace mcj {

const std::vector<KeyMap>& keyMaps() {
    static const std::vector<KeyMap> kMaps{{"studio", QObject::tr("MC-JEPA Studio"), {}},
                                           // The workspace shortcuts of CVAT's annotation page.
                                           {"cvat",
                                            QObject::tr("CVAT: D and F step, C and V step by 10"),
                                            {{"step_back", "D; Left; ,"},
                                             {"step_forward", "F; Right; ."},
                                             {"jump_back", "C; Shift+Left"},
                                             {"jump_forward", "V; Shift+Right"},
                                             {"tool_pan", "Shift+V"},
                                             {"propagate_backward", "Shift+B"},
                                             {"propagate_forward", "Shift+F"}}},
                                           // The shortcuts of labelme's default configuration.
                                           {"labelme",
                                            QObject::tr("labelme: A and D step, zoom with Ctrl"),
                                            {{"step_back", "A; Left; ,"},
                                             {"step_forward", "D; Right; ."},
                                             {"pick_object", "Shift+A"},
                                             {"zoom_in", "Ctrl++; Ctrl+=; +; ="},
                                             {"zoom_out", "Ctrl+-; -"},
                                             {"zoom_fit", "Ctrl+F; 0"},
                                             {"zoom_actual", "Ctrl+0; Ctrl+1"}}}};
    return kMaps;
}

void applyKeyMap(const KeyMap& map, CommandRegistry& registry) {
    registry.resetKeys();
    registry.restoreKeys(map.keys);
}

QString currentKeyMap(const CommandRegistry& registry) {
    const std::map<QString, QString> changed = registry.changedKeys();
    for (const KeyMap& map : keyMaps()) {
        if (map.keys == changed) return map.id;
    }
    return {};
}

}  // namespace mcj
