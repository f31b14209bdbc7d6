#pragma once

#include <QUndoCommand>
#include <optional>
#include <vector>

#include "segmentation/track_edit.h"
#include "viewer/session/mask_editor.h"

namespace mcj {

/// One change of masks, already made when the command is pushed. Keeps the difference only; a
/// command from an earlier session has none and asks the project file when it is walked over.
class TrackEditCommand : public QUndoCommand {
public:
    TrackEditCommand(MaskEditor& editor, std::optional<TrackEdit> edit, const QString& text);
    void undo() override;
    void redo() override;

private:
    MaskEditor& editor_;
    std::optional<TrackEdit> edit_;
    bool firstRedo_ = true;  ///< QUndoStack calls redo on push, when the change is made already
};

/// Adding, removing, renaming, recolouring, hiding objects.
class ObjectsCommand : public QUndoCommand {
public:
    ObjectsCommand(MaskEditor& editor, std::vector<MaskObject> after, ObjectId activeAfter,
                   const QString& text, int mergeId = -1);
    void undo() override;
    void redo() override;
    [[nodiscard]] int id() const override { return mergeId_; }
    /// Dragging through a colour dialog is one step.
    bool mergeWith(const QUndoCommand* other) override;

private:
    MaskEditor& editor_;
    std::vector<MaskObject> before_;
    std::vector<MaskObject> after_;
    ObjectId activeBefore_;
    ObjectId activeAfter_;
    int mergeId_;
};

}  // namespace mcj
