#include "viewer/session/work_time.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

namespace mcj {
namespace {

/// Counted time is written after this much of it: a kill loses no more.
constexpr double kSaveSecs = 30.0;

// The names must not change: project files contain them.
constexpr const char* kOn = "on";
constexpr const char* kSecs = "seconds";

FrameIndex frameOf(const EditPart& part) {
    if (const auto* mask = std::get_if<MaskEdit>(&part)) return mask->frame;
    if (const auto* facts = std::get_if<FactsEdit>(&part)) return facts->frame;
    if (const auto* status = std::get_if<StatusEdit>(&part)) {
        if (status->subject.kind == StatusSubject::Kind::Frame) return status->subject.number;
    }
    return -1;
}

/// With one digit after the point, in any locale.
std::string tenths(double value) {
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                       std::chars_format::fixed, 1);
    return {digits.data(), written.ptr};
}

}  // namespace

double WorkTime::steadySecs() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

WorkTime::WorkTime(const Parts& parts, Clock nowSecs, QObject* parent)
    : QObject(parent), parts_(parts), nowSecs_(std::move(nowSecs)) {
    connect(&parts_.playhead, &Playhead::pictureChanged, this, &WorkTime::arrive);
    connect(&parts_.document, &Document::edited, this, &WorkTime::edit);
    connect(&parts_.masks, &MaskEditor::maskChanged, this, [this](FrameIndex frame) {
        // The other changes are edits of the document.
        if (parts_.masks.stroking()) work(frame);
    });
}

void WorkTime::setCounting(Count counting) {
    if (counting == counting_) return;
    counting_ = counting;
    since_ = nowSecs_();
    Q_EMIT changed();
    Q_EMIT edited();
}

void WorkTime::arrive() {
    const auto& shown = parts_.playhead.shown();
    const FrameIndex frame = shown ? shown->index : -1;
    if (frame == here_) return;
    here_ = frame;
    since_ = nowSecs_();
    if (std::exchange(unsaved_, 0.0) > 0.0) Q_EMIT edited();
}

void WorkTime::edit(const std::vector<EditPart>& parts) {
    if (parts_.masks.propagating()) return;
    const bool ours = std::any_of(parts.begin(), parts.end(),
                                  [this](const EditPart& part) { return frameOf(part) == here_; });
    if (ours) work(here_);
}

void WorkTime::work(FrameIndex frame) {
    if (counting_ == Count::Off || frame != here_ || frame < 0) return;
    const double now = nowSecs_();
    const double spent = now - std::exchange(since_, now);
    if (spent <= 0.0 || spent > kPauseSecs) return;
    secs_[frame] += spent;
    unsaved_ += spent;
    Q_EMIT changed();
    if (unsaved_ < kSaveSecs) return;
    unsaved_ = 0.0;
    Q_EMIT edited();
}

double WorkTime::totalSecs() const {
    double sum = 0.0;
    for (const auto& [frame, secs] : secs_) sum += secs;
    return sum;
}

std::string WorkTime::csv() const {
    std::string text = "frame,seconds\n";
    for (const auto& [frame, secs] : secs_) {
        text += std::to_string(frame) + ',' + tenths(secs) + '\n';
    }
    return text;
}

std::string WorkTime::toJson() const {
    if (counting_ == Count::Off && secs_.empty()) return {};
    QJsonObject rows;
    // Hundredths: the text stays short, and a sum of thousands of frames stays exact to a minute.
    for (const auto& [frame, secs] : secs_) {
        rows[QString::number(frame)] = std::round(secs * 100.0) / 100.0;
    }
    const QJsonObject all{{kOn, counting_ == Count::On}, {kSecs, rows}};
    return QJsonDocument(all).toJson(QJsonDocument::Compact).toStdString();
}

void WorkTime::fromJson(const std::string& text) {
    const QJsonObject all = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    counting_ = all[kOn].toBool() ? Count::On : Count::Off;
    secs_.clear();
    unsaved_ = 0.0;
    since_ = nowSecs_();
    const QJsonObject rows = all[kSecs].toObject();
    for (auto row = rows.begin(); row != rows.end(); ++row) {
        bool known = false;
        const FrameIndex frame = row.key().toLongLong(&known);
        const double secs = row.value().toDouble();
        if (known && frame >= 0 && std::isfinite(secs) && secs > 0.0) secs_[frame] = secs;
    }
    Q_EMIT changed();
}

void WorkTime::clear() { fromJson({}); }

}  // namespace mcj
