// What the mask editor does to a frame's pixels other than by strokes.
#include <utility>

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

MaskPtr MaskEditor::covered(FrameIndex frame) const {
    const MaskPreview::Frame* proposed = previewOf(frame);
    const MaskEntry* entry = track().find(frame);
    PackedMaskPtr packed = entry != nullptr ? entry->packed : nullptr;
    if (proposed != nullptr) packed = proposed->after;
    if (!packed || !packed->layered()) return nullptr;
    if (packed != coveredOf_ || coveredRevision_ != paletteRevision_) {
        covered_ = std::make_shared<const Mask>(packed->unpackLayers().below(rules().order));
        coveredOf_ = std::move(packed);
        coveredRevision_ = paletteRevision_;
    }
    return covered_;
}

LayeredMask MaskEditor::layersOf(FrameIndex frame) const {
    const MaskEntry* entry = track().find(frame);
    return entry != nullptr ? entry->packed->unpackLayers() : LayeredMask(Mask(document_.size()));
}

bool MaskEditor::drawsLayers(FrameIndex frame) const {
    const MaskEntry* entry = track().find(frame);
    return overlaps() == Overlaps::Keep || (entry != nullptr && entry->packed->layered());
}

void MaskEditor::commitDrawn(FrameIndex frame, const MaskPtr& mask, const PackedMaskPtr& packed,
                             ObjectId object, const QString& text) {
    Edit edit;
    edit.label = text.toStdString();
    const MaskEntry after{packed, factsOfDrawing(frame, object)};
    addMissingObjects(packed->allObjects(), edit);
    edit.parts.emplace_back(changeOf(frame, after));
    unpackedFrame_ = frame;
    unpacked_ = mask;
    // A stroke's changes are recorded while it is drawn.
    painted_ = frame;
    document_.commit(std::move(edit));
    painted_.reset();
}

void MaskEditor::commitLayers(FrameIndex frame, const LayeredMask& after, ObjectId object,
                              const QString& text) {
    const MaskEntry* before = track().find(frame);
    const PackedMaskPtr packed = PackedMask::pack(after);
    if (before != nullptr ? *before->packed == *packed : packed->blank()) return;
    remember(frame, std::nullopt);
    commitDrawn(frame, std::make_shared<const Mask>(after.top()), packed, object, text);
}

void MaskEditor::paintRegion(FrameIndex frame, StrokeMode mode, const Region& region) {
    if (!changeable(frame)) return;
    startEdit();
    const bool paints = mode == StrokeMode::Paint;
    const QString text = paints ? tr("Paint object %1").arg(activeObject_)
                                : tr("Erase object %1").arg(activeObject_);
    if (drawsLayers(frame)) {
        LayeredMask layers = layersOf(frame);
        if (paints) {
            layers.give(region, activeObject_, rules());
        } else {
            layers.take(region, activeObject_, rules().order);
        }
        commitLayers(frame, layers, activeObject_, text);
        return;
    }
    const std::shared_ptr<Mask> mask = drawable(frame);
    const BoxPx box = mcj::paintRegion(
        *mask, region, paints ? BrushAction::Paint : BrushAction::EraseObject, activeObject_);
    if (box.empty()) return;
    remember(frame, box);
    commitDrawn(frame, mask, PackedMask::pack(*mask), activeObject_, text);
}

void MaskEditor::fill(FrameIndex frame, StrokeMode mode, PointPx at) {
    if (!changeable(frame)) return;
    startEdit();
    const std::shared_ptr<Mask> mask = drawable(frame);
    const bool paints = mode == StrokeMode::Paint;
    const QString text =
        paints ? tr("Fill with object %1").arg(activeObject_) : tr("Erase an area");
    if (drawsLayers(frame)) {
        const Region area = connectedRegion(*mask, at);
        LayeredMask layers = layersOf(frame);
        if (paints) {
            layers.give(area, activeObject_, rules());
        } else {
            layers.takeTop(area, rules().order);
        }
        commitLayers(frame, layers, activeObject_, text);
        return;
    }
    const BoxPx box = floodFill(*mask, at, paints ? activeObject_ : kBackground);
    if (box.empty()) return;
    remember(frame, box);
    commitDrawn(frame, mask, PackedMask::pack(*mask), activeObject_, text);
}

}  // namespace mcj
