#include "viewer/session/marks.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <iterator>

namespace mcj {
namespace {

std::optional<FrameIndex> frameIn(const QJsonValue& value) {
    const qint64 frame = value.toInteger(-1);
    return frame < 0 ? std::nullopt : std::optional<FrameIndex>(frame);
}

}  // namespace

void Marks::tell() {
    Q_EMIT changed();
    Q_EMIT edited();
}

void Marks::setIn(FrameIndex frame) {
    if (frame < 0 || in_ == frame) return;
    in_ = frame;
    if (out_ && *out_ < frame) out_.reset();
    tell();
}

void Marks::setOut(FrameIndex frame) {
    if (frame < 0 || out_ == frame) return;
    out_ = frame;
    if (in_ && *in_ > frame) in_.reset();
    tell();
}

void Marks::clearInOut() {
    if (!limited()) return;
    in_.reset();
    out_.reset();
    tell();
}

FrameSpan Marks::span(FrameIndex frames) const noexcept {
    const FrameSpan part{in_.value_or(0), out_ ? std::min(*out_ + 1, frames) : frames};
    return part.begin < part.end ? part : FrameSpan{0, frames};
}

void Marks::toggleMarker(FrameIndex frame) {
    if (frame < 0) return;
    if (markers_.erase(frame) == 0) {
        if (markers_.size() >= kMostMarkers) return;
        const auto taken = [this](const QString& name) {
            return std::any_of(markers_.begin(), markers_.end(),
                               [&name](const auto& marker) { return marker.second == name; });
        };
        QString name;
        for (std::size_t number = markers_.size() + 1; name.isEmpty() || taken(name); ++number) {
            name = tr("Marker %1").arg(number);
        }
        markers_[frame] = name;
    }
    tell();
}

void Marks::rename(FrameIndex frame, const QString& name) {
    const auto marker = markers_.find(frame);
    const QString cut = name.trimmed().left(kMostLetters);
    if (marker == markers_.end() || cut.isEmpty() || cut == marker->second) return;
    marker->second = cut;
    tell();
}

std::optional<FrameIndex> Marks::markerAfter(FrameIndex frame) const {
    const auto after = markers_.upper_bound(frame);
    return after == markers_.end() ? std::nullopt : std::optional(after->first);
}

std::optional<FrameIndex> Marks::markerBefore(FrameIndex frame) const {
    const auto from = markers_.lower_bound(frame);
    return from == markers_.begin() ? std::nullopt : std::optional(std::prev(from)->first);
}

std::string Marks::toJson() const {
    QJsonObject all;
    if (in_) all["in"] = static_cast<qint64>(*in_);
    if (out_) all["out"] = static_cast<qint64>(*out_);
    QJsonArray rows;
    for (const auto& [frame, name] : markers_) {
        rows.append(QJsonObject{{"frame", static_cast<qint64>(frame)}, {"name", name}});
    }
    if (!rows.isEmpty()) all["markers"] = rows;
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void Marks::fromJson(const std::string& text) {
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    in_ = frameIn(all["in"]);
    out_ = frameIn(all["out"]);
    if (in_ && out_ && *in_ > *out_) out_.reset();
    markers_.clear();
    const QJsonArray rows = all["markers"].toArray();
    for (const auto& row : rows) {
        const auto frame = frameIn(row.toObject()["frame"]);
        const QString name = row.toObject()["name"].toString().trimmed().left(kMostLetters);
        if (!frame || name.isEmpty()) continue;
        if (markers_.size() >= kMostMarkers) break;
        markers_[*frame] = name;
    }
    Q_EMIT changed();
}

void Marks::clear() {
    in_.reset();
    out_.reset();
    markers_.clear();
    Q_EMIT changed();
}

}  // namespace mcj
