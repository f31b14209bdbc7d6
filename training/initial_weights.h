#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "inference/model/checkpoint.h"

namespace mcj {

/// The weights that a new run took from a model file, by name.
struct InitialWeights {
    std::string file;  ///< its name, without the folder; empty: nothing was taken
    std::vector<std::string> taken;
    std::vector<std::string> unused;  ///< in the file, but not in the model with that shape
    std::vector<std::string> fresh;   ///< in the model but not in the file: as initialised

    /// One line for people, with every name of `unused` and `fresh`.
    [[nodiscard]] std::string describe() const;
};

/// Copies the weights that fit by name and shape from a shipped model or a checkpoint into `model`
/// (types are converted). Throws `Error{Input}` that names the file where it cannot be read or
/// nothing fits.
InitialWeights takeInitialWeights(McJepa model, const std::filesystem::path& path);

}  // namespace mcj
