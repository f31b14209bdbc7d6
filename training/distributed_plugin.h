#pragma once

#include <filesystem>
#include <string>

namespace mcj {

/// A library of this program that wraps one that is not installed on every machine.
struct Plugin {
    const char* file = "";      ///< "libmcj_mpi.so"
    const char* variable = "";  ///< environment variable with another path
    const char* door = "";      ///< the function that returns its table
    std::string hint;           ///< what to do if it cannot be opened
};

/// The path of `plugin`: the file that its variable names, else beside the program or in the lib
/// folder next to it; empty if it does not exist.
[[nodiscard]] std::filesystem::path findPlugin(const Plugin& plugin);

/// The address of the plugin's table function; the library stays open until the process ends.
/// Throws `Error{Device}` where it is missing (with the paths that were tried) or does not load.
[[nodiscard]] void* openPlugin(const Plugin& plugin);

/// Throws `Error{Device}`: the plugin was built from another version of this program.
[[noreturn]] void refusePlugin(const Plugin& plugin);

/// The plugin's table; throws `Error{Device}` if its version differs from this program's.
template <typename Table>
[[nodiscard]] const Table& openPluginTable(const Plugin& plugin, int version) {
    const auto door = reinterpret_cast<const Table* (*)()>(openPlugin(plugin));
    const Table* table = door();
    if (table == nullptr || table->version != version) refusePlugin(plugin);
    return *table;
}

}  // namespace mcj
