#include <iostream>
#include <string>

#include "media/base/error.h"
#include "media/base/passive_threads.h"
#include "media/base/program_description.h"
#include "training/commands/command_table.h"
#include "training/commands/commands.h"
#include "training/kept_memory.h"

namespace {

struct Command {
    const char* name;
    int (*run)(mcj::Arguments&);
};

int printManual(mcj::Arguments& arguments) {
    arguments.refuseRest();
    std::cout << mcj::manualPage(mcj::trainProgram());
    return 0;
}

int printCompletion(mcj::Arguments& arguments) {
    const mcj::Shell shell = mcj::parseShell(arguments.takePositional("the shell"));
    arguments.refuseRest();
    std::cout << mcj::shellCompletion(mcj::trainProgram(), shell);
    return 0;
}

constexpr Command kCommands[] = {
    {"fit", mcj::fitCommand},         {"export", mcj::exportCommand},
    {"inspect", mcj::inspectCommand}, {"ablate", mcj::ablateCommand},
    {"probe", mcj::probeCommand},     {"manual", printManual},
    {"completion", printCompletion},
};

int run(int argc, char** argv) {
    mcj::Arguments arguments(argc, argv);
    if (arguments.takeFlag("--version")) {
        std::cout << "mcjepa-train " << MCJ_VERSION << "\n";
        return 0;
    }
    if (arguments.takeFlag("--help") || arguments.takeFlag("-h") || argc < 2) {
        std::cout << mcj::helpText(mcj::trainProgram());
        return argc < 2 ? 2 : 0;
    }
    const std::string name = arguments.takePositional("a command");
    std::string names;
    for (const Command& command : kCommands) {
        if (name == command.name) return command.run(arguments);
        names += (names.empty() ? "" : ", ") + std::string(command.name);
    }
    throw mcj::Error(mcj::ErrorCode::Usage, "unknown command " + name,
                     "Commands are " + names + ".");
}

}  // namespace

int main(int argc, char** argv) {
    mcj::keepFreedMemory();
    try {
        return run(argc, argv);
    } catch (const mcj::Error& error) {
        std::cerr << "error: " << error.what() << "\n";
        if (!error.hint().empty()) std::cerr << error.hint() << "\n";
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "\n";
        return 1;
    }
}
