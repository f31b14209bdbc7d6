#pragma once

#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mcj {

/// The options that choose the flow of a command, as they were typed.
struct FlowChoice {
    std::string method = "model";
    std::string command;  ///< --flow-command; empty: not given
};

/// Adds --method and --flow-command, which exclude each other; returns --method. `choice` must
/// outlive the parser.
CLI::Option* addFlowChoice(CLI::App& command, FlowChoice& choice);

/// The id of the flow: of a method, or of a command for pairs of frames. Throws `Error{Usage}` for
/// an unknown method and a command that is for a whole clip.
[[nodiscard]] std::string flowIdOf(const FlowChoice& choice);

/// Whether --flow-command names a command for the whole clip. Throws `Error{Usage}` where the
/// command cannot be parsed.
[[nodiscard]] bool isClipCommand(const FlowChoice& choice);

}  // namespace mcj
