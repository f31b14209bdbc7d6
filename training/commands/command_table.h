#pragma once

#include <string>

#include "media/base/program_description.h"

namespace mcj {

/// The commands of `mcjepa-train` with their options, for help, manual page and completions. A test
/// compares the names with those that the commands take.
[[nodiscard]] ProgramDescription trainProgram();

/// What --help prints.
[[nodiscard]] std::string helpText(const ProgramDescription& program);

}  // namespace mcj
