#include "app/studio_description.h"

#include <QStringList>

namespace mcj {

ProgramDescription describeStudio(const QList<QCommandLineOption>& options, const QString& text,
                                  const QString& document) {
    ProgramDescription program;
    program.name = "mcjepa-studio";
    program.version = MCJ_VERSION;
    program.text = text.toStdString();
    program.arguments.push_back({"VIDEO | PROJECT", document.toStdString()});
    for (const QCommandLineOption& option : options) {
        OptionDescription described;
        for (const QString& name : option.names()) {
            described.names.push_back((name.size() == 1 ? "-" : "--") + name.toStdString());
        }
        described.value = option.valueName().toStdString();
        described.text = option.description().toStdString();
        const QString preset = option.defaultValues().join(", ");
        if (!preset.isEmpty()) described.text += " (default: " + preset.toStdString() + ')';
        program.options.push_back(std::move(described));
    }
    program.footer =
        "0 done, 2 usage, 3 input, 4 device or display, 1 other. With --screenshot, 1 also means "
        "that maps were not finished in time.";
    return program;
}

}  // namespace mcj
