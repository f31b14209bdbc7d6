#pragma once

#include <string>
#include <vector>

namespace mcj {

/// An option as the program's help shows it. The text is plain.
struct OptionDescription {
    std::vector<std::string> names;    ///< with their dashes: "-o", "--output"
    std::string value;                 ///< what follows it: "FILE"; empty: nothing
    std::string text;                  ///< may end with the default and the range
    std::vector<std::string> choices;  ///< the valid values, where these are words
};

/// An argument without dashes.
struct ArgumentDescription {
    std::string name;
    std::string text;
};

struct CommandDescription {
    std::vector<std::string> words;  ///< {"evaluate", "flow"}
    std::string text;
    std::vector<ArgumentDescription> arguments;
    std::vector<OptionDescription> options;
    std::vector<std::string> usage;  ///< whole lines; empty: they are made of the above
};

/// What `--help` of a program says, for its manual page and the completions of shells. A command
/// comes after those whose words are the beginning of its own.
struct ProgramDescription {
    std::string name;
    std::string version;
    std::string text;
    std::vector<ArgumentDescription> arguments;  ///< of the program itself
    std::vector<OptionDescription> options;      ///< before or after a command
    std::vector<CommandDescription> commands;
    std::string footer;  ///< exit codes
};

/// The manual page of section 1, for `man`.
[[nodiscard]] std::string manualPage(const ProgramDescription& program);

enum class Shell { Bash, Zsh, Fish };

/// The script that completes commands, options and the values of options that are words; other
/// values are completed as files.
[[nodiscard]] std::string shellCompletion(const ProgramDescription& program, Shell shell);

/// "bash", "zsh" or "fish". Throws `Error{Usage}` for another name.
[[nodiscard]] Shell parseShell(const std::string& name);

}  // namespace mcj
