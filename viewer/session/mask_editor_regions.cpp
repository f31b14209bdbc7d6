// What the mask editor does to a frame's pixels other than by strokes.
#include "viewer/session/mask_editor.h"

namespace mcj {

std::shared_ptr<Mask> MaskEditor::drawable(FrameIndex frame) const {
    const MaskPtr before = track().mask(frame);
    return before ? std::make_shared<Mask>(*before) : std::make_shared<Mask>(document_.size());
}

MaskFacts MaskEditor::factsOfDrawing(FrameIndex frame, ObjectId object) const {
    const MaskEntry* before = track().find(frame);
    MaskFacts facts;
    // What is drawn first on a frame without a mask is only one object: the mask is partial.
    ObjectSet others = track().objects();
    others.reset(object);
    facts.partial = before != nullptr ? before->facts.partial : others.any();
    return facts;
}

void MaskEditor::commitDrawn(FrameIndex frame, const std::shared_ptr<const Mask>& mask,
                             ObjectId object, const QString& text) {
    Edit edit;
    edit.label = text.toStdString();
    const MaskEntry after = makeEntry(*mask, factsOfDrawing(frame, object));
    addMissingObjects(after.packed->objects(), edit);
    edit.parts.emplace_back(changeOf(frame, after));
    unpackedFrame_ = frame;
    unpacked_ = mask;
    // A stroke's changes are recorded while it is drawn.
    painted_ = frame;
    document_.commit(std::move(edit));
    painted_.reset();
}

void MaskEditor::paintRegion(FrameIndex frame, StrokeMode mode, const Region& region) {
    if (!changeable(frame)) return;
    startEdit();
    const std::shared_ptr<Mask> mask = drawable(frame);
    const bool paints = mode == StrokeMode::Paint;
    const BoxPx box = mcj::paintRegion(
        *mask, region, paints ? BrushAction::Paint : BrushAction::EraseObject, activeObject_);
    if (box.empty()) return;
    remember(frame, box);
    commitDrawn(frame, mask, activeObject_,
                paints ? tr("Paint object %1").arg(activeObject_)
                       : tr("Erase object %1").arg(activeObject_));
}

void MaskEditor::fill(FrameIndex frame, StrokeMode mode, PointPx at) {
    if (!changeable(frame)) return;
    startEdit();
    const std::shared_ptr<Mask> mask = drawable(frame);
    const bool paints = mode == StrokeMode::Paint;
    const BoxPx box = floodFill(*mask, at, paints ? activeObject_ : kBackground);
    if (box.empty()) return;
    remember(frame, box);
    commitDrawn(frame, mask, activeObject_,
                paints ? tr("Fill with object %1").arg(activeObject_) : tr("Erase an area"));
}

}  // namespace mcj
