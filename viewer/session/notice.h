#pragma once

#include <QString>

#include "media/base/error.h"

namespace mcj {

/// Something the user should know, shown once in the message bar.
struct Notice {
    enum class Level { Info, Warning, Failure };
    /// A newer notice replaces an older one of the same topic, and the bar removes it once its
    /// cause is gone. General notices stay until they are dismissed.
    enum class Topic {
        General,
        Opening,   ///< a file could not be opened; removed when another one is opened
        Run,       ///< a run failed or could not start; removed when the next run starts
        Busy,      ///< the action waits for the active run; removed when that ends
        Counting,  ///< the action waits for an exact frame number; removed when it is known
        Video,     ///< about the open video, does not replace others; removed with it
        Saving,    ///< changes cannot be saved; removed when they are
        Reading,   ///< a frame cannot be read; removed when it can be
    };
    Level level = Level::Info;
    QString text;     ///< one sentence
    QString hint;     ///< what the user can do; may be empty
    QString details;  ///< for a bug report; may be empty
    Topic topic = Topic::General;
};

[[nodiscard]] Notice infoNotice(const QString& text);
[[nodiscard]] Notice warningNotice(const QString& text, const QString& hint = {},
                                   Notice::Topic topic = Notice::Topic::General);
[[nodiscard]] Notice noticeOf(const Error& error, Notice::Topic topic = Notice::Topic::General);

}  // namespace mcj
