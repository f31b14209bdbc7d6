#pragma once

namespace mcj {

class CommandContext;
struct AnalyzeLine;

/// Analyses several clips, each into its own folder below --output, with `summary.csv` over all.
/// A clip that fails is reported and does not stop the others; afterwards the first one's code is
/// thrown. Throws `Error{Interrupted}` once the user stops it: the same command continues it.
void analyzeBatch(CommandContext& context, const AnalyzeLine& line);

}  // namespace mcj
