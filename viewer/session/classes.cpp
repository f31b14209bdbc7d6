#include "viewer/session/classes.h"

#include "media/base/error.h"

namespace mcj {

void Classes::load(const QString& path) {
    list_ = readClassList(std::filesystem::path(path.toStdString()));
    Q_EMIT changed();
    Q_EMIT edited();
}

void Classes::forget() {
    if (list_.empty()) return;
    list_.clear();
    Q_EMIT changed();
    Q_EMIT edited();
}

std::string Classes::toJson() const {
    return list_.empty() ? std::string() : classListToJson(list_);
}

void Classes::fromJson(const std::string& text) {
    list_.clear();
    if (!text.empty()) {
        auto read = runGuarded([&text] { return parseClassList(text, "the project's list"); });
        if (read.ok()) list_ = std::move(read).value();
    }
    Q_EMIT changed();
}

void Classes::clear() {
    list_.clear();
    Q_EMIT changed();
}

}  // namespace mcj
