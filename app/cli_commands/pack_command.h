#pragma once

namespace CLI {
class App;
}

namespace mcj {

class CommandContext;

/// `mcjepa pack (--videos DIR | --frames DIR | --images DIR [--labels DIR] [--void N,...])
/// [--quality Q] [--avoid DIR ...] -o FILE`: writes a shard for `mcjepa-train`.
void addPackCommand(CLI::App& app, CommandContext& context);

}  // namespace mcj
