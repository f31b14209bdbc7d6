#pragma once

#include <QString>

#include "media/base/error.h"

namespace mcj {

/// Something the user should know, shown once in the message bar.
struct Notice {
    enum class Level { Info, Warning, Failure };
    Level level = Level::Info;
    QString text;     ///< one sentence
    QString hint;     ///< what to do; may be empty
    QString details;  ///< for a bug report; may be empty
};

[[nodiscard]] Notice noticeOf(const Error& error);

}  // namespace mcj
