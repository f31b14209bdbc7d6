#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/doctor_findings.h"

namespace mcj {
namespace {

const char* stateName(FindingState state) {
    switch (state) {
    case FindingState::Good: return "good";
    case FindingState::Limited: return "limited";
    case FindingState::Missing: break;
    }
    return "missing";
}

const char* stateMark(FindingState state) {
    switch (state) {
    case FindingState::Good: return "ok  ";
    case FindingState::Limited: return "note";
    case FindingState::Missing: break;
    }
    return "MISS";
}

void tell(CommandContext& context, const Finding& finding) {
    nlohmann::json fields = finding.details;
    fields["name"] = finding.name;
    fields["state"] = stateName(finding.state);
    fields["text"] = finding.text;
    fields["advice"] = finding.advice;
    context.emit("result", fields);
    std::string name = finding.name;
    name.resize(std::max<std::size_t>(name.size(), 17), ' ');
    context.text() << stateMark(finding.state) << "  " << name << " " << finding.text << '\n';
    if (!finding.advice.empty()) {
        context.text() << std::string(24, ' ') << "-> " << finding.advice << '\n';
    }
}

void doctor(CommandContext& context) {
    std::size_t limited = 0;
    std::size_t missing = 0;
    const auto tellAll = [&](const std::vector<Finding>& findings) {
        for (const Finding& finding : findings) {
            tell(context, finding);
            if (finding.state == FindingState::Limited) ++limited;
            if (finding.state == FindingState::Missing) ++missing;
        }
    };
    context.text() << "mcjepa " << MCJ_VERSION << '\n';
    tellAll(lookAtMachine());
    tellAll(lookAtCodecs());
    tellAll(lookAtFolders());
    tellAll(lookAtNetwork(context));
    context.emit("summary", {{"version", MCJ_VERSION},
                             {"ready", missing == 0},
                             {"limited", limited},
                             {"missing", missing}});
    context.text() << (missing == 0
                           ? "Ready.\n"
                           : "Not ready: see the lines marked MISS. Commands without a model "
                             "work (info, --method dis).\n");
}

}  // namespace

void addDoctorCommand(CLI::App& app, CommandContext& context) {
    auto* command = app.add_subcommand(
        "doctor",
        "Checks whether this machine has what the program needs, and how to fix problems");
    command->callback([&context] { context.setAction([&context] { doctor(context); }); });
}

}  // namespace mcj
