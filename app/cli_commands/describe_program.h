#pragma once

#include "media/base/program_description.h"

namespace CLI {
class App;
}

namespace mcj {

class CommandContext;

/// What `--help` shows of the program and of each command, from the parser itself.
[[nodiscard]] ProgramDescription describeProgram(const CLI::App& app);

/// Adds `manual` and `completion SHELL`, which print the manual page and the script that completes
/// the command line. `app` must outlive the context's action.
void addDescribeCommands(CLI::App& app, CommandContext& context);

}  // namespace mcj
