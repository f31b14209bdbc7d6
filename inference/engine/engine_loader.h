#pragma once

#include <filesystem>

namespace mcj {

/// Opens the shared library that runs the network (and LibTorch with it), as `loadEngine` does, and
/// says which file it was. For `mcjepa doctor`. Throws `Error{Device}`. Any thread; later calls are
/// free.
[[nodiscard]] std::filesystem::path openNetworkLibrary();

/// Call first in `main`. OpenMP's idle threads spin unless OMP_WAIT_POLICY=PASSIVE stood in the
/// environment when its library came in, which is before `main` where OpenCV brings it; on shared
/// cores that doubles the time of everything the network does. Sets the variable and starts the
/// program again in this process; returns where it is set already (by the user or by this), or
/// where the program cannot find itself.
void restartWithPassiveThreads(char** argv);

}  // namespace mcj
