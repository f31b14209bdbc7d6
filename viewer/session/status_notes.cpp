#include "viewer/session/status_notes.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace mcj {

// A letter of QString has at most three bytes in UTF-8.
static_assert(std::size_t{StatusNotes::kMostLetters} * 3 <= kMostNoteBytes);

StatusNotes::StatusNotes(Document& document, QObject* parent)
    : QObject(parent), document_(document) {
    connect(&document_, &Document::reset, this, &StatusNotes::changed);
    connect(&document_, &Document::edited, this, [this](const std::vector<EditPart>& parts) {
        const bool ours = std::any_of(parts.begin(), parts.end(), [](const EditPart& part) {
            return std::holds_alternative<StatusEdit>(part);
        });
        if (ours) Q_EMIT changed();
    });
}

void StatusNotes::setStatus(const StatusSubject& subject, WorkStatus status) {
    StatusNote after = of(subject);
    after.status = status;
    change(subject, after,
           tr("Mark %1 as %2").arg(QString::fromStdString(subject.name()), nameOf(status)));
}

void StatusNotes::setNote(const StatusSubject& subject, const QString& note) {
    StatusNote after = of(subject);
    after.note = note.trimmed().left(kMostLetters).toStdString();
    change(subject, after, tr("Note on %1").arg(QString::fromStdString(subject.name())));
}

void StatusNotes::change(const StatusSubject& subject, const StatusNote& after,
                         const QString& text) {
    const StatusNote before = of(subject);
    if (before == after || !document_.mayEdit()) return;
    document_.commit({0, text.toStdString(), {StatusEdit{subject, before, after}}});
}

std::optional<FrameIndex> StatusNotes::frameAfter(FrameIndex frame, WorkStatus status) const {
    const std::vector<FrameIndex> frames = table().framesWith(status);
    const auto found = std::upper_bound(frames.begin(), frames.end(), frame);
    return found == frames.end() ? std::nullopt : std::optional(*found);
}

std::optional<FrameIndex> StatusNotes::frameBefore(FrameIndex frame, WorkStatus status) const {
    const std::vector<FrameIndex> frames = table().framesWith(status);
    const auto found = std::lower_bound(frames.begin(), frames.end(), frame);
    return found == frames.begin() ? std::nullopt : std::optional(*std::prev(found));
}

QString nameOf(WorkStatus status) {
    switch (status) {
    case WorkStatus::Open: return StatusNotes::tr("open");
    case WorkStatus::Done: return StatusNotes::tr("done");
    case WorkStatus::Doubtful: return StatusNotes::tr("doubtful");
    }
    return {};
}

QString textOf(const StatusNote& noted) {
    if (noted.blank()) return {};
    const QString note = QString::fromStdString(noted.note);
    return note.isEmpty() ? nameOf(noted.status)
                          : StatusNotes::tr("%1: %2").arg(nameOf(noted.status), note);
}

}  // namespace mcj
