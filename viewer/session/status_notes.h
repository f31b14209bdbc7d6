#pragma once

#include <QObject>
#include <QString>
#include <optional>

#include "segmentation/status_table.h"
#include "viewer/session/document.h"

namespace mcj {

/// The status and the notes of frames and objects: what is done, and what someone should look at
/// again. Every change is one undo step of the document. Ignored while the document is not ready.
/// GUI thread.
class StatusNotes : public QObject {
    Q_OBJECT
public:
    /// `document` outlives it.
    explicit StatusNotes(Document& document, QObject* parent = nullptr);

    [[nodiscard]] const StatusTable& table() const noexcept { return document_.state().statuses; }
    [[nodiscard]] StatusNote of(const StatusSubject& subject) const { return table().of(subject); }
    void setStatus(const StatusSubject& subject, WorkStatus status);
    /// Leading and trailing space is removed, and the note is cut to `kMostLetters`; an empty one
    /// removes it.
    void setNote(const StatusSubject& subject, const QString& note);
    static constexpr int kMostLetters = 1000;

    /// The nearest frame with a status after or before `frame`; none if there is none. Not for
    /// Open.
    [[nodiscard]] std::optional<FrameIndex> frameAfter(FrameIndex frame, WorkStatus status) const;
    [[nodiscard]] std::optional<FrameIndex> frameBefore(FrameIndex frame, WorkStatus status) const;

Q_SIGNALS:
    void changed();

private:
    void change(const StatusSubject& subject, const StatusNote& after, const QString& text);

    Document& document_;
};

/// "open", "done", "doubtful".
[[nodiscard]] QString nameOf(WorkStatus status);
/// "doubtful: the left edge is missing"; empty for a blank one.
[[nodiscard]] QString textOf(const StatusNote& noted);

}  // namespace mcj
