#include "app/cli_commands/describe_program.h"

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli_commands/command_context.h"

namespace mcj {
namespace {

/// The words of "TEXT:{a,b}", as CLI11 writes the type of an option that takes one of several.
std::vector<std::string> choicesOf(const std::string& type) {
    const std::size_t begin = type.find(":{");
    const std::size_t end = type.find('}', begin);
    if (begin == std::string::npos || end == std::string::npos) return {};
    std::vector<std::string> words{""};
    for (const char letter : type.substr(begin + 2, end - begin - 2)) {
        if (letter == ',') {
            words.emplace_back();
        } else {
            words.back() += letter;
        }
    }
    return words;
}

OptionDescription describe(const CLI::Option& option) {
    OptionDescription described;
    for (const std::string& name : option.get_snames()) described.names.push_back('-' + name);
    for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
    described.text = option.get_description();
    if (option.get_items_expected_max() == 0) return described;
    // "INT:INT in [1 - 6]"
    const std::string type = option.get_type_name();
    const std::size_t colon = type.find(':');
    described.value = type.substr(0, colon);
    if (described.value.empty()) described.value = "VALUE";
    described.choices = choicesOf(type);
    if (colon != std::string::npos && described.choices.empty()) {
        described.text += " (" + type.substr(colon + 1) + ')';
    }
    if (!option.get_default_str().empty()) {
        described.text += " (default: " + option.get_default_str() + ')';
    }
    return described;
}

/// The options and arguments of one parser, without hidden ones.
template <typename Described>
void addOptions(const CLI::App& app, Described& described) {
    for (const CLI::Option* option : app.get_options({})) {
        if (option->get_group().empty()) continue;
        if (option->nonpositional()) {
            described.options.push_back(describe(*option));
        } else {
            described.arguments.push_back({option->get_name(), option->get_description()});
        }
    }
}

void addCommands(const CLI::App& app, const std::vector<std::string>& before,
                 ProgramDescription& program) {
    const std::function<bool(const CLI::App*)> all;
    for (const CLI::App* command : app.get_subcommands(all)) {
        CommandDescription described;
        described.words = before;
        described.words.push_back(command->get_name());
        described.text = command->get_description();
        addOptions(*command, described);
        const std::vector<std::string> words = described.words;
        program.commands.push_back(std::move(described));
        addCommands(*command, words, program);
    }
}

}  // namespace

ProgramDescription describeProgram(const CLI::App& app) {
    ProgramDescription program;
    program.name = app.get_name();
    program.version = MCJ_VERSION;
    program.text = app.get_description();
    program.footer = app.get_footer();
    addOptions(app, program);
    addCommands(app, {}, program);
    return program;
}

void addDescribeCommands(CLI::App& app, CommandContext& context) {
    auto* manual = app.add_subcommand("manual", "Prints the manual page of this program");
    manual->callback([&app, &context] {
        context.setAction([&app] { std::cout << manualPage(describeProgram(app)); });
    });
    auto* completion = app.add_subcommand(
        "completion", "Prints the script with which a shell completes this command line");
    const auto shell = std::make_shared<std::string>();
    completion->add_option("SHELL", *shell, "bash, zsh or fish")->required();
    completion->callback([&app, &context, shell] {
        context.setAction([&app, shell] {
            std::cout << shellCompletion(describeProgram(app), parseShell(*shell));
        });
    });
}

}  // namespace mcj
