#pragma once

#include <QString>
#include <map>
#include <vector>

namespace mcj {

class CommandRegistry;

/// Keys of another program, for users who know it.
struct KeyMap {
    QString id;     ///< "cvat"
    QString title;  ///< as in the list of key maps
    /// The keys that differ from the defaults, by command: see `CommandRegistry::changedKeys`.
    std::map<QString, QString> keys;
};

/// The default keys (id "studio") first, then those that follow CVAT and labelme: stepping, zoom
/// and undo as there, and other keys for the commands of this program that had them.
[[nodiscard]] const std::vector<KeyMap>& keyMaps();

/// Replaces all keys, also those that the user changed.
void applyKeyMap(const KeyMap& map, CommandRegistry& registry);

/// The id of the map that the keys are those of; empty where the user has changed some.
[[nodiscard]] QString currentKeyMap(const CommandRegistry& registry);

}  // namespace mcj
