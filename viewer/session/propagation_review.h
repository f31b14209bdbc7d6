#pragma once

#include <QObject>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "segmentation/run_changes.h"
#include "viewer/session/document.h"
#include "viewer/session/lanes.h"
#include "viewer/session/mask_editor.h"

namespace mcj {

/// What the newest propagation changed on frames that had masks before, by object, for the user to
/// keep or to undo object by object. It ends with `keep`, with any other edit of masks, and with
/// undo of the run. Undo of an object is an edit of its own; undo of that edit offers the object
/// again. GUI thread; masks are compared and restored on a lane of its own.
class PropagationReview : public QObject {
    Q_OBJECT
public:
    /// Both outlive it.
    PropagationReview(Document& document, MaskEditor& masks, QObject* parent = nullptr);

    /// Something can be kept or undone.
    [[nodiscard]] bool open() const noexcept { return !changes_.empty(); }
    /// Empty unless `open`.
    [[nodiscard]] const std::vector<ObjectChange>& changes() const noexcept { return changes_; }
    /// Frames that the run wrote.
    [[nodiscard]] FrameIndex frames() const noexcept { return std::ssize(rewrites_); }
    [[nodiscard]] bool undone(ObjectId object) const { return undone_.contains(object); }
    /// Whether `object` was changed, is not undone yet, and nothing is being restored.
    [[nodiscard]] bool canUndo(ObjectId object) const;

    void keep();
    /// Restores the pixels of `object` from before the run on the frames of the run; locked frames
    /// stay as they are. Does nothing unless `canUndo`.
    void undoObject(ObjectId object);

Q_SIGNALS:
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    void begin(EditId run);
    void measure();
    void close();
    void logChanged();
    void apply(ObjectId object, const std::vector<PreparedMask>& masks);

    Document& document_;
    MaskEditor& masks_;
    std::optional<EditId> run_;
    std::vector<FrameRewrite> rewrites_;
    bool measured_ = false;
    std::vector<ObjectChange> changes_;
    std::map<EditId, ObjectId> undos_;  ///< edits of `undoObject`, done or not
    std::set<ObjectId> undone_;         ///< those whose edit is done
    bool applying_ = false;
    Lane lane_{"review"};
};

}  // namespace mcj
