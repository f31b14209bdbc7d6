#include "viewer/session/notice.h"

namespace mcj {

Notice noticeOf(const Error& error) {
    Notice notice;
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
