#pragma once

#include <QObject>
#include <QString>
#include <optional>

#include "segmentation/review_table.h"
#include "viewer/session/document.h"

namespace mcj {

/// The status and the notes of frames and objects: what is done, and what someone should look at
/// again. Every change is one undo step of the document. Ignored while the document is not ready.
/// GUI thread.
class Reviews : public QObject {
    Q_OBJECT
public:
    /// `document` outlives it.
    explicit Reviews(Document& document, QObject* parent = nullptr);

    [[nodiscard]] const ReviewTable& table() const noexcept { return document_.state().reviews; }
    [[nodiscard]] Review of(const ReviewSubject& subject) const { return table().of(subject); }
    void setStatus(const ReviewSubject& subject, ReviewStatus status);
    /// Without space around it, cut to `kMostLetters`; an empty one removes the note.
    void setNote(const ReviewSubject& subject, const QString& note);
    static constexpr int kMostLetters = 1000;

    /// The nearest frame with a status after or before `frame`; none if there is none. Not for
    /// Open.
    [[nodiscard]] std::optional<FrameIndex> frameAfter(FrameIndex frame, ReviewStatus status) const;
    [[nodiscard]] std::optional<FrameIndex> frameBefore(FrameIndex frame,
                                                        ReviewStatus status) const;

Q_SIGNALS:
    void changed();

private:
    void change(const ReviewSubject& subject, const Review& after, const QString& text);

    Document& document_;
};

/// "open", "done", "doubtful".
[[nodiscard]] QString nameOf(ReviewStatus status);
/// "doubtful: the left edge is missing"; empty for a blank review.
[[nodiscard]] QString textOf(const Review& review);

}  // namespace mcj
