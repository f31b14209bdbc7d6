#pragma once

#include <filesystem>

namespace mcj {

/// Opens the shared library that runs the network (and LibTorch with it), as `loadEngine` does, and
/// returns its path. For `mcjepa doctor`. Throws `Error{Device}`. Any thread; later calls are free.
[[nodiscard]] std::filesystem::path openNetworkLibrary();

}  // namespace mcj
