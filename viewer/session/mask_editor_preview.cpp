// The mask editor's preview: a change that is shown before it is made.
#include <algorithm>
#include <utility>

#include "viewer/session/mask_editor.h"

namespace mcj {

const MaskPreview::Frame* MaskEditor::previewOf(FrameIndex frame) const {
    if (!preview_) return nullptr;
    const auto& frames = preview_->frames;
    const auto found = std::lower_bound(
        frames.begin(), frames.end(), frame,
        [](const MaskPreview::Frame& one, FrameIndex index) { return one.frame < index; });
    return found != frames.end() && found->frame == frame ? &*found : nullptr;
}

void MaskEditor::noteFrames(const std::vector<MaskPreview::Frame>& frames) {
    unpackedFrame_ = -1;
    for (const MaskPreview::Frame& one : frames) remember(one.frame, std::nullopt);
    Q_EMIT maskChanged(frames.front().frame);
}

void MaskEditor::showPreview(MaskPreview preview) {
    if (stroke_ || !document_.ready()) return;
    dropPreview();
    std::erase_if(preview.frames, [this](const MaskPreview::Frame& one) {
        const MaskEntry* entry = track().find(one.frame);
        if (entry == nullptr) return one.before != nullptr;
        return entry->facts.locked || entry->packed != one.before;
    });
    if (preview.frames.empty()) return;
    preview_ = std::move(preview);
    noteFrames(preview_->frames);
}

void MaskEditor::dropPreview() {
    if (!preview_) return;
    const MaskPreview dropped = *std::exchange(preview_, std::nullopt);
    noteFrames(dropped.frames);
}

void MaskEditor::acceptPreview() {
    if (!preview_ || !document_.mayEdit()) return;
    const MaskPreview accepted = *std::exchange(preview_, std::nullopt);
    unpackedFrame_ = -1;
    startEdit();
    Edit edit;
    edit.label = accepted.text.toStdString();
    ObjectSet objects;
    for (const MaskPreview::Frame& one : accepted.frames) objects |= one.after->allObjects();
    addMissingObjects(objects, edit);
    for (const MaskPreview::Frame& one : accepted.frames) {
        const MaskEntry* before = track().find(one.frame);
        const bool kept = accepted.facts == MaskPreview::Facts::Kept && before != nullptr;
        std::optional<MaskEntry> after;
        if (!kept) {
            after = MaskEntry{one.after, factsOfDrawing(one.frame, accepted.object)};
        } else if (!one.after->blank()) {
            after = MaskEntry{one.after, before->facts};
        }
        edit.parts.emplace_back(changeOf(one.frame, std::move(after)));
    }
    document_.commit(std::move(edit));
}

}  // namespace mcj
