#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "media/base/stop_token.h"

namespace mcj {

/// How another program ended.
struct ProcessEnd {
    int exitCode = 0;
    int signal = 0;    ///< that ended it; 0: it ended by itself
    std::string said;  ///< the end of its standard output and error together, `kMostSaidBytes`

    [[nodiscard]] bool succeeded() const noexcept { return exitCode == 0 && signal == 0; }
};

inline constexpr std::size_t kMostSaidBytes = 4096;

/// Runs the program `arguments[0]`, which is looked up in PATH unless it has a slash, and waits for
/// its end. No shell is involved. It gets this process's environment and current folder, an empty
/// standard input, and a process group of its own; whatever is left of the group when the program
/// ends is killed. After a stop request the group is asked to end, killed after a second, and
/// `Error{Interrupted}` is thrown. Throws `Error{Usage}` where the program does not exist or cannot
/// be executed. `arguments` must not be empty.
[[nodiscard]] ProcessEnd runProcess(const std::vector<std::string>& arguments,
                                    const StopToken& stop);

}  // namespace mcj
