#include "viewer/session/undo_commands.h"

namespace mcj {

TrackEditCommand::TrackEditCommand(MaskEditor& editor, std::optional<TrackEdit> edit,
                                   const QString& text)
    : QUndoCommand(text), editor_(editor), edit_(std::move(edit)) {}

void TrackEditCommand::undo() { editor_.walk(edit_, MaskEditor::Step::Revert); }

void TrackEditCommand::redo() {
    if (firstRedo_) {
        firstRedo_ = false;
        return;
    }
    editor_.walk(edit_, MaskEditor::Step::Apply);
}

ObjectsCommand::ObjectsCommand(MaskEditor& editor, std::vector<MaskObject> after,
                               ObjectId activeAfter, const QString& text, int mergeId)
    : QUndoCommand(text), editor_(editor), before_(editor.objects()), after_(std::move(after)),
      activeBefore_(editor.activeObject()), activeAfter_(activeAfter), mergeId_(mergeId) {}

void ObjectsCommand::undo() { editor_.replaceObjects(before_, activeBefore_); }
void ObjectsCommand::redo() { editor_.replaceObjects(after_, activeAfter_); }

bool ObjectsCommand::mergeWith(const QUndoCommand* other) {
    const auto* next = dynamic_cast<const ObjectsCommand*>(other);
    if (next == nullptr || mergeId_ < 0 || next->mergeId_ != mergeId_) return false;
    after_ = next->after_;
    activeAfter_ = next->activeAfter_;
    return true;
}

}  // namespace mcj
