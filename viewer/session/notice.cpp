#include "viewer/session/notice.h"

namespace mcj {

Notice infoNotice(const QString& text) {
    Notice notice;
    notice.text = text;
    return notice;
}

Notice warningNotice(const QString& text, const QString& hint, Notice::Topic topic) {
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.topic = topic;
    notice.text = text;
    notice.hint = hint;
    return notice;
}

Notice noticeOf(const Error& error, Notice::Topic topic) {
    Notice notice;
    notice.topic = topic;
    notice.level =
        error.code() == ErrorCode::Interrupted ? Notice::Level::Info : Notice::Level::Failure;
    notice.text = QString::fromUtf8(error.what());
    if (!notice.text.isEmpty()) notice.text[0] = notice.text[0].toUpper();
    notice.hint = QString::fromStdString(error.hint());
    notice.details = QStringLiteral("%1 (code %2)")
                         .arg(QString::fromUtf8(error.what()))
                         .arg(static_cast<int>(error.code()));
    return notice;
}

}  // namespace mcj
