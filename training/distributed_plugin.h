#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// A library of ours that stands between this program and one that is not there on every machine.
struct Plugin {
    const char* file = "";      ///< "libmcj_mpi.so"
    const char* variable = "";  ///< environment variable that names another place
    const char* door = "";      ///< the function that returns its table
    std::string hint;           ///< what to do where it cannot be opened
};

/// Where `plugin` is: the file that its variable names, else beside the program or in the lib
/// folder next to it, as far as it exists; empty where it is in none of these.
[[nodiscard]] std::filesystem::path findPlugin(const Plugin& plugin);

/// The address of the plugin's door; the library stays open until the process ends. Throws
/// `Error{Device}` where it is missing (with the places that were looked at) or does not load.
[[nodiscard]] void* openPlugin(const Plugin& plugin);

/// Throws `Error{Device}`: the plugin was built from another version of this program.
[[noreturn]] void refusePlugin(const Plugin& plugin);

/// The table behind the plugin's door, of the version that this program knows; throws
/// `Error{Device}` for another.
template <typename Table>
[[nodiscard]] const Table& openPluginTable(const Plugin& plugin, int version) {
    const auto door = reinterpret_cast<const Table* (*)()>(openPlugin(plugin));
    const Table* table = door();
    if (table == nullptr || table->version != version) refusePlugin(plugin);
    return *table;
}

}  // namespace mcj
