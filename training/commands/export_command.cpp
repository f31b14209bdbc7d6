#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include "media/base/error.h"
#include "training/commands/commands.h"
#include "training/trainer.h"

namespace mcj {

int exportCommand(Arguments& arguments) {
    std::filesystem::path source = arguments.takePositional("the run folder or checkpoint");
    const std::filesystem::path output = arguments.takeRequired("-o");
    std::map<std::string, std::string> metadata;
    for (const auto& pair : arguments.takeAll("--set")) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos) {
            throw Error(ErrorCode::Usage, "--set " + pair + ": needs KEY=VALUE");
        }
        metadata[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    arguments.refuseRest();
    if (std::filesystem::is_directory(source)) source /= "last.safetensors";
    exportModel(source, output, metadata);
    std::cout << output.string() << "\n";
    return 0;
}

}  // namespace mcj
