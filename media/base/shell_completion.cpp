#include "media/base/error.h"
#include "media/base/program_description.h"

namespace mcj {
namespace {

/// What can follow the words of a command, or the program's name.
struct Place {
    std::string words;  ///< " evaluate flow", as the scripts collect them; empty: the program
    std::vector<const CommandDescription*> commands;
    std::vector<const OptionDescription*> options;
};

std::string pathOf(const CommandDescription& command) {
    std::string path;
    for (const std::string& word : command.words) path += ' ' + word;
    return path;
}

std::vector<Place> placesOf(const ProgramDescription& program) {
    std::vector<Place> places(1);
    for (const CommandDescription& command : program.commands) {
        Place place;
        place.words = pathOf(command);
        for (const OptionDescription& option : command.options) place.options.push_back(&option);
        places.push_back(std::move(place));
    }
    for (Place& place : places) {
        for (const OptionDescription& option : program.options) place.options.push_back(&option);
        for (const CommandDescription& command : program.commands) {
            if (pathOf(command) == place.words + ' ' + command.words.back()) {
                place.commands.push_back(&command);
            }
        }
    }
    return places;
}

/// The name of a shell function; a dash is not valid in all of them.
std::string functionOf(const ProgramDescription& program) {
    std::string name = "_" + program.name;
    for (char& letter : name) {
        if (letter == '-') letter = '_';
    }
    return name;
}

/// In single quotes for bash and zsh.
std::string quoted(const std::string& text) {
    std::string safe = "'";
    for (const char letter : text) {
        if (letter == '\'') {
            safe += "'\\''";
        } else {
            safe += letter == '\n' ? ' ' : letter;
        }
    }
    return safe + '\'';
}

/// In single quotes for fish, which has escapes within them.
std::string fishQuoted(const std::string& text) {
    std::string safe = "'";
    for (const char letter : text) {
        if (letter == '\'' || letter == '\\') safe += '\\';
        safe += letter == '\n' ? ' ' : letter;
    }
    return safe + '\'';
}

std::string joined(const std::vector<std::string>& words, const std::string& separator) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
    return text;
}

/// Lines of a `case` over "PLACE:LAST WORD" for the options that a value follows: `words` for
/// choices, `files` for others.
template <typename Words>
std::string valueCases(const std::vector<Place>& places, const Words& words,
                       const std::string& files) {
    std::string text;
    for (const Place& place : places) {
        for (const OptionDescription* option : place.options) {
            if (option->value.empty()) continue;
            std::vector<std::string> patterns;
            for (const std::string& name : option->names) {
                patterns.push_back(quoted(place.words + ':' + name));
            }
            text += "    " + joined(patterns, "|") + ") ";
            text += (option->choices.empty() ? files : words(option->choices)) + "; return ;;\n";
        }
    }
    return text;
}

/// The loop that collects the words of commands in `at`, for bash and zsh.
std::string commandLoop(const ProgramDescription& program, const std::string& head,
                        const std::string& word) {
    if (program.commands.empty()) return {};
    std::vector<std::string> paths;
    for (const CommandDescription& command : program.commands) {
        paths.push_back(quoted(pathOf(command)));
    }
    return "    for ((i = " + head + "; ++i)); do\n        case \"$at " + word + "\" in\n        " +
           joined(paths, "|") + ") at=\"$at " + word + "\" ;;\n        esac\n    done\n";
}

std::string bashCompletion(const ProgramDescription& program) {
    const std::vector<Place> places = placesOf(program);
    const std::string function = functionOf(program);
    std::string text = "# bash completion for " + program.name + "\n" + function + "() {\n";
    text +=
        "    local at='' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local commands='' flags='' i\n"
        "    COMPREPLY=()\n";
    text += commandLoop(program, "1; i < COMP_CWORD", "${COMP_WORDS[i]}");
    text += "    case \"${at}:$prev\" in\n";
    const auto words = [](const std::vector<std::string>& choices) {
        return "COMPREPLY=($(compgen -W " + quoted(joined(choices, " ")) + " -- \"$cur\"))";
    };
    text += valueCases(places, words, ":") + "    esac\n    case \"$at\" in\n";
    for (const Place& place : places) {
        std::vector<std::string> names;
        std::vector<std::string> flags;
        for (const CommandDescription* command : place.commands) {
            names.push_back(command->words.back());
        }
        for (const OptionDescription* option : place.options) {
            flags.insert(flags.end(), option->names.begin(), option->names.end());
        }
        text += "    " + quoted(place.words) + ") commands=" + quoted(joined(names, " ")) +
                " flags=" + quoted(joined(flags, " ")) + " ;;\n";
    }
    // Without an answer, `-o default` completes files.
    text +=
        "    esac\n"
        "    if [[ $cur == -* ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
        "    elif [[ -n $commands ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
        "    fi\n}\n";
    return text + "complete -o default -F " + function + ' ' + program.name + '\n';
}

/// "name:description" for `_describe`, in which a colon of the name needs a backslash.
std::string described(const std::string& name, const std::string& text) {
    std::string safe;
    for (const char letter : name) {
        if (letter == ':') safe += '\\';
        safe += letter;
    }
    return quoted(safe + ':' + text);
}

std::string zshCompletion(const ProgramDescription& program) {
    const std::vector<Place> places = placesOf(program);
    const std::string function = functionOf(program);
    std::string text = "#compdef " + program.name + "\n" + function + "() {\n";
    // `path`, `commands` and `options` are special names in zsh.
    text += "    local at='' i\n    local -a names flags\n";
    text += commandLoop(program, "2; i < CURRENT", "${words[i]}");
    text += "    case \"${at}:${words[CURRENT-1]}\" in\n";
    const auto words = [](const std::vector<std::string>& choices) {
        std::vector<std::string> each;
        for (const std::string& choice : choices) each.push_back(quoted(choice));
        return "compadd -- " + joined(each, " ");
    };
    text += valueCases(places, words, "_files") + "    esac\n    case \"$at\" in\n";
    for (const Place& place : places) {
        text += "    " + quoted(place.words) + ")\n        names=(";
        for (const CommandDescription* command : place.commands) {
            text += "\n            " + described(command->words.back(), command->text);
        }
        text += ")\n        flags=(";
        for (const OptionDescription* option : place.options) {
            for (const std::string& name : option->names) {
                text += "\n            " + described(name, option->text);
            }
        }
        text += ") ;;\n";
    }
    text +=
        "    esac\n"
        "    if [[ ${words[CURRENT]} == -* ]]; then\n"
        "        _describe -o option flags\n"
        "    elif (( ${#names} )); then\n"
        "        _describe command names\n"
        "    else\n"
        "        _files\n"
        "    fi\n}\n";
    return text + function + " \"$@\"\n";
}

/// The condition under which fish offers what belongs to the place.
std::string fishCondition(const Place& place, const CommandDescription* command) {
    std::vector<std::string> parts;
    if (command != nullptr) {
        for (const std::string& word : command->words) {
            parts.push_back("__fish_seen_subcommand_from " + word);
        }
    }
    if (!place.commands.empty()) {
        std::string below = "not __fish_seen_subcommand_from";
        for (const CommandDescription* next : place.commands) below += ' ' + next->words.back();
        parts.push_back(below);
    }
    return joined(parts, "; and ");
}

void addFishOption(std::string& text, const std::string& begin, const OptionDescription& option) {
    text += begin;
    for (const std::string& name : option.names) {
        const bool isLong = name.starts_with("--");
        text += isLong ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (!option.choices.empty()) {
        text += " -x -a " + fishQuoted(joined(option.choices, " "));
    } else if (!option.value.empty()) {
        text += " -r";
    }
    text += " -d " + fishQuoted(option.text) + '\n';
}

std::string fishCompletion(const ProgramDescription& program) {
    const std::vector<Place> places = placesOf(program);
    const std::string begin = "complete -c " + program.name;
    std::string text = "# fish completion for " + program.name + '\n';
    for (const OptionDescription& option : program.options) addFishOption(text, begin, option);
    for (std::size_t i = 0; i < places.size(); ++i) {
        // The places are the program and then its commands, in their order.
        const CommandDescription* const command = i == 0 ? nullptr : &program.commands[i - 1];
        const std::string condition = fishCondition(places[i], command);
        const std::string here = condition.empty() ? begin : begin + " -n " + fishQuoted(condition);
        for (const CommandDescription* next : places[i].commands) {
            text += here + " -f -a " + next->words.back() + " -d " + fishQuoted(next->text) + '\n';
        }
        if (command == nullptr) continue;
        for (const OptionDescription& option : command->options) {
            addFishOption(text, here, option);
        }
    }
    return text;
}

}  // namespace

std::string shellCompletion(const ProgramDescription& program, Shell shell) {
    switch (shell) {
    case Shell::Bash: return bashCompletion(program);
    case Shell::Zsh: return zshCompletion(program);
    case Shell::Fish: return fishCompletion(program);
    }
    return {};
}

Shell parseShell(const std::string& name) {
    if (name == "bash") return Shell::Bash;
    if (name == "zsh") return Shell::Zsh;
    if (name == "fish") return Shell::Fish;
    throw Error(ErrorCode::Usage, "there is no completion for \"" + name + "\"",
                "Shells are bash, zsh and fish.");
}

}  // namespace mcj
