#include "viewer/session/bookmarks.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <utility>

namespace mcj {
namespace {

// The names must not change: project files contain them.

QJsonObject toJsonRow(const Bookmark& mark) {
    QJsonObject row{{"caption", mark.caption},
                    {"frame", static_cast<qint64>(mark.frame)},
                    {"views", QString::fromStdString(mark.views)}};
    if (!mark.look.fitted) {
        row["scale"] = mark.look.scale;
        row["width"] = mark.look.width;
        row["x"] = mark.look.centreX;
        row["y"] = mark.look.centreY;
    }
    return row;
}

std::optional<Bookmark> fromJsonRow(const QJsonObject& row) {
    Bookmark mark;
    mark.frame = row["frame"].toInteger(-1);
    if (mark.frame < 0) return std::nullopt;
    mark.caption = row["caption"].toString().left(Bookmarks::kMostLetters);
    mark.views = row["views"].toString().toStdString();
    mark.look.scale = row["scale"].toDouble();
    mark.look.width = row["width"].toDouble();
    mark.look.centreX = row["x"].toDouble();
    mark.look.centreY = row["y"].toDouble();
    const auto positive = [](double number) { return std::isfinite(number) && number > 0.0; };
    mark.look.fitted = !positive(mark.look.scale) || !positive(mark.look.width);
    if (mark.look.fitted) mark.look = {};
    return mark;
}

}  // namespace

void Bookmarks::tell() {
    Q_EMIT changed();
    Q_EMIT edited();
}

void Bookmarks::setCurrent(std::size_t index) {
    if (index >= all_.size() || current_ == index) return;
    current_ = index;
    Q_EMIT changed();
}

bool Bookmarks::add(Bookmark bookmark) {
    if (all_.size() >= kMost) return false;
    bookmark.caption = bookmark.caption.trimmed().left(kMostLetters);
    if (bookmark.caption.isEmpty()) bookmark.caption = tr("View %1").arg(all_.size() + 1);
    const std::size_t at = current_ ? *current_ + 1 : all_.size();
    all_.insert(all_.begin() + static_cast<std::ptrdiff_t>(at), std::move(bookmark));
    current_ = at;
    tell();
    return true;
}

void Bookmarks::rename(std::size_t index, const QString& caption) {
    const QString cut = caption.trimmed().left(kMostLetters);
    if (index >= all_.size() || cut.isEmpty() || all_[index].caption == cut) return;
    all_[index].caption = cut;
    tell();
}

void Bookmarks::remove(std::size_t index) {
    if (index >= all_.size()) return;
    all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(index));
    current_.reset();
    if (!all_.empty()) current_ = std::min(index, all_.size() - 1);
    tell();
}

void Bookmarks::move(std::size_t index, int steps) {
    if (index >= all_.size()) return;
    const auto from = static_cast<std::ptrdiff_t>(index);
    const auto to = std::clamp<std::ptrdiff_t>(from + steps, 0, std::ssize(all_) - 1);
    if (to == from) return;
    Bookmark moved = std::move(all_[index]);
    all_.erase(all_.begin() + from);
    all_.insert(all_.begin() + to, std::move(moved));
    current_ = static_cast<std::size_t>(to);
    tell();
}

std::optional<std::size_t> Bookmarks::neighbour(int steps) const {
    if (all_.empty()) return std::nullopt;
    if (!current_) return 0;
    const auto to = static_cast<std::ptrdiff_t>(*current_) + steps;
    return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(to, 0, std::ssize(all_) - 1));
}

std::string Bookmarks::toJson() const {
    QJsonArray rows;
    for (const Bookmark& mark : all_) rows.append(toJsonRow(mark));
    return QJsonDocument(rows).toJson(QJsonDocument::Compact).toStdString();
}

void Bookmarks::fromJson(const std::string& text) {
    all_.clear();
    current_.reset();
    const QJsonArray rows = QJsonDocument::fromJson(QByteArray::fromStdString(text)).array();
    for (const auto& value : rows) {
        if (all_.size() >= kMost) break;
        if (std::optional<Bookmark> mark = fromJsonRow(value.toObject())) {
            all_.push_back(std::move(*mark));
        }
    }
    Q_EMIT changed();
}

void Bookmarks::clear() {
    all_.clear();
    current_.reset();
    Q_EMIT changed();
}

}  // namespace mcj
