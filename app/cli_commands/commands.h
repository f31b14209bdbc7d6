#pragma once

namespace CLI {
class App;
}

namespace mcj {

class CommandContext;

// Each declares subcommands of `mcjepa` (mostly one) and passes its work to the context.
void addInfoCommand(CLI::App& app, CommandContext& context);
void addAnalyzeCommand(CLI::App& app, CommandContext& context);
void addCurvesCommand(CLI::App& app, CommandContext& context);
void addSimilarityCommand(CLI::App& app, CommandContext& context);
void addTrackCommand(CLI::App& app, CommandContext& context);
void addBundleCommand(CLI::App& app, CommandContext& context);
void addPropagateCommand(CLI::App& app, CommandContext& context);
void addConvertCommand(CLI::App& app, CommandContext& context);
void addWriteBackCommand(CLI::App& app, CommandContext& context);
void addProjectCommands(CLI::App& app, CommandContext& context);
void addReviewCommand(CLI::App& app, CommandContext& context);
void addEvaluateCommand(CLI::App& app, CommandContext& context);
void addBenchCommand(CLI::App& app, CommandContext& context);
void addLiveCommand(CLI::App& app, CommandContext& context);
void addDoctorCommand(CLI::App& app, CommandContext& context);

}  // namespace mcj
