#include "app/cli_commands/flow_choice.h"

#include <CLI/CLI.hpp>

#include "inference/engine/flow_command.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"

namespace mcj {

CLI::Option* addFlowChoice(CLI::App& command, FlowChoice& choice) {
    CLI::Option* method = command.add_option(
        "--method", choice.method,
        "Flow method: model, model-fast, model-coarse, model-level-N (the network's estimate at "
        "level N of 1 to 6, where it has one), dis, farneback or zero");
    method->capture_default_str();
    command
        .add_option("--flow-command", choice.command,
                    "Flow by your own program instead of --method, run for each pair of frames: "
                    "'python raft.py {first} {second} {out}' reads two PNG files and writes a .flo "
                    "file, or, with {out}.png, .pfm, .npy or .exr, one of that kind. No shell is "
                    "used. Results are kept in the cache folder")
        ->check(CLI::Validator(
            [](std::string& line) {
                return std::string(line.empty() ? "the flow command is empty" : "");
            },
            ""))
        ->excludes(method);
    return method;
}

bool isClipCommand(const FlowChoice& choice) {
    return !choice.command.empty() &&
           FlowCommand::parse(choice.command).kind() == FlowCommandKind::Clip;
}

std::string flowIdOf(const FlowChoice& choice) {
    if (choice.command.empty()) {
        // The id of a command is no method to be typed.
        if (!isFlowCommand(choice.method)) {
            (void)flowProvider(choice.method);
            return choice.method;
        }
        throw Error(ErrorCode::Usage, "--method does not take a command", "Use --flow-command.");
    }
    const FlowCommand command = FlowCommand::parse(choice.command);
    if (command.kind() == FlowCommandKind::Clip) {
        throw Error(ErrorCode::Usage, "the flow command is for a whole clip: " + command.line(),
                    "Use {first}, {second} and {out} here.");
    }
    return command.id();
}

}  // namespace mcj
