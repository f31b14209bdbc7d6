#pragma once

namespace CLI {
class App;
}

namespace mcj {

class CommandContext;

/// `mcjepa figure flow` and `mcjepa figure masks`: the paper's panels as one picture.
void addFigureCommand(CLI::App& app, CommandContext& context);

}  // namespace mcj
