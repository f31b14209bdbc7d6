#include <cctype>

#include "media/base/program_description.h"

namespace mcj {
namespace {

/// For troff: '-' would otherwise be a hyphen, which cannot be copied into a shell, and a line that
/// begins with a dot or an apostrophe would be a request.
std::string escaped(const std::string& text) {
    std::string safe;
    bool lineStart = true;
    for (const char letter : text) {
        if (lineStart && (letter == '.' || letter == '\'')) safe += "\\&";
        if (letter == '\\') {
            safe += "\\e";
        } else if (letter == '-') {
            safe += "\\-";
        } else {
            safe += letter;
        }
        lineStart = letter == '\n';
    }
    return safe;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string upper(std::string text) {
    for (char& letter : text) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return text;
}

void addParagraph(std::string& page, const std::string& title, const std::string& text) {
    page += ".TP\n" + title + '\n' + (text.empty() ? "\\&" : escaped(text)) + '\n';
}

void addOptions(std::string& page, const std::vector<OptionDescription>& options) {
    for (const OptionDescription& option : options) {
        std::string title;
        for (const std::string& name : option.names) {
            if (!title.empty()) title += ", ";
            title += bold(name);
        }
        if (!option.value.empty()) title += ' ' + italic(option.value);
        addParagraph(page, title, option.text);
    }
}

std::string wordsOf(const CommandDescription& command) {
    std::string words;
    for (const std::string& word : command.words) words += (words.empty() ? "" : " ") + word;
    return words;
}

void addCommand(std::string& page, const std::string& program, const CommandDescription& command) {
    page += ".SS " + bold(program + ' ' + wordsOf(command)) + '\n';
    if (command.usage.empty()) {
        page += bold(program + ' ' + wordsOf(command));
        for (const ArgumentDescription& argument : command.arguments) {
            page += ' ' + italic(argument.name);
        }
        if (!command.options.empty()) page += " [" + italic("OPTIONS") + ']';
        page += '\n';
    }
    for (const std::string& line : command.usage) page += escaped(line) + "\n.br\n";
    page += ".PP\n" + escaped(command.text) + '\n';
    for (const ArgumentDescription& argument : command.arguments) {
        addParagraph(page, italic(argument.name), argument.text);
    }
    addOptions(page, command.options);
}

}  // namespace

std::string manualPage(const ProgramDescription& program) {
    std::string page = ".TH " + escaped(upper(program.name)) + " 1 \"\" \"" +
                       escaped(program.name + ' ' + program.version) + "\" \"User Commands\"\n";
    // The text of this section is one line: it is what `apropos` finds.
    std::string line = program.text;
    for (char& letter : line) {
        if (letter == '\n') letter = ' ';
    }
    page += ".SH NAME\n" + escaped(program.name) + " \\- " + escaped(line) + '\n';
    page += ".SH SYNOPSIS\n" + bold(program.name);
    if (!program.commands.empty()) page += ' ' + italic("COMMAND");
    page += " [" + italic("OPTIONS") + ']';
    for (const ArgumentDescription& argument : program.arguments) {
        page += " [" + italic(argument.name) + ']';
    }
    page += "\n.SH OPTIONS\n";
    for (const ArgumentDescription& argument : program.arguments) {
        addParagraph(page, italic(argument.name), argument.text);
    }
    addOptions(page, program.options);
    if (!program.commands.empty()) page += ".SH COMMANDS\n";
    for (const CommandDescription& command : program.commands) {
        addCommand(page, program.name, command);
    }
    if (!program.footer.empty()) page += ".SH EXIT STATUS\n" + escaped(program.footer) + '\n';
    return page;
}

}  // namespace mcj
