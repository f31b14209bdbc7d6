#pragma once

#include <QCommandLineOption>
#include <QList>
#include <QString>

#include "media/base/program_description.h"

namespace mcj {

/// What `mcjepa-studio --help` shows. `text`: what the program does; `document`: what it opens.
[[nodiscard]] ProgramDescription describeStudio(const QList<QCommandLineOption>& options,
                                                const QString& text, const QString& document);

}  // namespace mcj
