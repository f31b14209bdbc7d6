#pragma once

#include <QString>

#include "media/base/error.h"

namespace mcj {

/// Something the user should know, shown once in the message bar.
struct Notice {
    enum class Level { Info, Warning, Failure };
    /// What it is about. A newer notice of the same topic replaces an older one, and the bar
    /// forgets it once its cause is gone. General ones stay until they are dismissed.
    enum class Topic {
        General,
        Opening,  ///< a file that could not be opened; gone when another one is
        Run,      ///< a run that could not start or did not end well; gone when the next one starts
        Busy,     ///< waits for the run that is active; gone when that ends
        Counting,  ///< waits for an exact frame number; gone when the shown frame is exact
        Video,     ///< a fact of the open video, beside others; gone with the video
    };
    Level level = Level::Info;
    QString text;     ///< one sentence
    QString hint;     ///< what to do; may be empty
    QString details;  ///< for a bug report; may be empty
    Topic topic = Topic::General;
};

[[nodiscard]] Notice infoNotice(const QString& text);
[[nodiscard]] Notice warningNotice(const QString& text, const QString& hint = {},
                                   Notice::Topic topic = Notice::Topic::General);
[[nodiscard]] Notice noticeOf(const Error& error, Notice::Topic topic = Notice::Topic::General);

}  // namespace mcj
