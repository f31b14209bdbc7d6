#include "viewer/session/reviews.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace mcj {

// A letter of QString has at most three bytes in UTF-8.
static_assert(std::size_t{Reviews::kMostLetters} * 3 <= kMostNoteBytes);

Reviews::Reviews(Document& document, QObject* parent) : QObject(parent), document_(document) {
    connect(&document_, &Document::reset, this, &Reviews::changed);
    connect(&document_, &Document::edited, this, [this](const std::vector<EditPart>& parts) {
        const bool ours = std::any_of(parts.begin(), parts.end(), [](const EditPart& part) {
            return std::holds_alternative<ReviewEdit>(part);
        });
        if (ours) Q_EMIT changed();
    });
}

void Reviews::setStatus(const ReviewSubject& subject, ReviewStatus status) {
    Review after = of(subject);
    after.status = status;
    change(subject, after,
           tr("Mark %1 as %2").arg(QString::fromStdString(subject.name()), nameOf(status)));
}

void Reviews::setNote(const ReviewSubject& subject, const QString& note) {
    Review after = of(subject);
    after.note = note.trimmed().left(kMostLetters).toStdString();
    change(subject, after, tr("Note on %1").arg(QString::fromStdString(subject.name())));
}

void Reviews::change(const ReviewSubject& subject, const Review& after, const QString& text) {
    const Review before = of(subject);
    if (before == after || !document_.mayEdit()) return;
    document_.commit({0, text.toStdString(), {ReviewEdit{subject, before, after}}});
}

std::optional<FrameIndex> Reviews::frameAfter(FrameIndex frame, ReviewStatus status) const {
    const std::vector<FrameIndex> frames = table().framesWith(status);
    const auto found = std::upper_bound(frames.begin(), frames.end(), frame);
    return found == frames.end() ? std::nullopt : std::optional(*found);
}

std::optional<FrameIndex> Reviews::frameBefore(FrameIndex frame, ReviewStatus status) const {
    const std::vector<FrameIndex> frames = table().framesWith(status);
    const auto found = std::lower_bound(frames.begin(), frames.end(), frame);
    return found == frames.begin() ? std::nullopt : std::optional(*std::prev(found));
}

QString nameOf(ReviewStatus status) {
    switch (status) {
    case ReviewStatus::Open: return Reviews::tr("open");
    case ReviewStatus::Done: return Reviews::tr("done");
    case ReviewStatus::Doubtful: return Reviews::tr("doubtful");
    }
    return {};
}

QString textOf(const Review& review) {
    if (review.blank()) return {};
    const QString note = QString::fromStdString(review.note);
    return note.isEmpty() ? nameOf(review.status)
                          : Reviews::tr("%1: %2").arg(nameOf(review.status), note);
}

}  // namespace mcj
