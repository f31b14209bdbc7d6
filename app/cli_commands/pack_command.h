#pragma once

namespace CLI {
class App;
}

namespace mcj {

class CommandContext;

/// `mcjepa pack (--videos DIR | --frames DIR | --images DIR [--labels DIR] [--void N,...])
/// [--quality Q]
/// [--avoid DIR ...] -o FILE`: makes the file that `mcjepa-train` reads.
void addPackCommand(CLI::App& app, CommandContext& context);

}  // namespace mcj
