#include "viewer/session/mask_editor.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"
#include "segmentation/brush.h"
#include "viewer/session/undo_commands.h"

namespace mcj {
namespace {

constexpr std::size_t kRememberedChanges = 512;

/// Ids of merging commands: recolouring object n merges only with recolouring object n.
constexpr int kMergeColor = 1000;
constexpr int kMergeName = 2000;

}  // namespace

struct MaskEditor::Stroke {
    FrameIndex frame = 0;
    Brush brush;
    PointF last;
    std::shared_ptr<Mask> mask;  ///< the working copy, painted on in place
    BoxPx changed;
};

MaskEditor::MaskEditor(QObject* parent) : QObject(parent) {
    undoStack_.setUndoLimit(500);
    rebuildPalette();
}

MaskEditor::~MaskEditor() = default;

void MaskEditor::reset(SizePx size) { restore(size, MaskTrack(), {newObject(1)}); }

void MaskEditor::restore(SizePx size, MaskTrack track, std::vector<MaskObject> objects) {
    stroke_.reset();
    propagation_.reset();
    propagations_.clear();
    undoStack_.clear();
    size_ = size;
    track_ = std::move(track);
    objects_ = std::move(objects);
    ensureObjects(track_.objects());
    if (objects_.empty()) objects_.push_back(newObject(1));
    activeObject_ = objects_.front().id;
    unpacked_.reset();
    unpackedFrame_ = -1;
    changes_.clear();
    ++revision_;
    rebuildPalette();
    Q_EMIT objectsChanged();
    Q_EMIT maskChanged(0);
}

// Objects ----------------------------------------------------------------------------------------

const MaskObject* MaskEditor::object(ObjectId id) const {
    const auto found = std::find_if(objects_.begin(), objects_.end(),
                                    [id](const MaskObject& object) { return object.id == id; });
    return found == objects_.end() ? nullptr : &*found;
}

MaskObject MaskEditor::newObject(ObjectId id) const {
    MaskObject object;
    object.id = id;
    object.name = tr("Object %1").arg(id);
    object.color = davisPalette()[id];
    return object;
}

void MaskEditor::ensureObjects(const ObjectSet& ids) {
    for (int id = 1; id < kVoid; ++id) {
        const auto object = static_cast<ObjectId>(id);
        if (ids[static_cast<std::size_t>(id)] && this->object(object) == nullptr) {
            objects_.push_back(newObject(object));
        }
    }
    std::sort(objects_.begin(), objects_.end(),
              [](const MaskObject& a, const MaskObject& b) { return a.id < b.id; });
}

void MaskEditor::setActiveObject(ObjectId id) {
    if (id == kBackground || id == kVoid) return;
    if (object(id) == nullptr) {
        auto objects = objects_;
        objects.push_back(newObject(id));
        std::sort(objects.begin(), objects.end(),
                  [](const MaskObject& a, const MaskObject& b) { return a.id < b.id; });
        startEdit();
        undoStack_.push(new ObjectsCommand(*this, objects, id, tr("Add object %1").arg(id)));
        return;
    }
    if (id == activeObject_) return;
    activeObject_ = id;
    Q_EMIT objectsChanged();
}

ObjectId MaskEditor::addObject() {
    for (int id = 1; id < kVoid; ++id) {
        if (object(static_cast<ObjectId>(id)) == nullptr) {
            setActiveObject(static_cast<ObjectId>(id));
            return static_cast<ObjectId>(id);
        }
    }
    return kBackground;
}

void MaskEditor::renameObject(ObjectId id, const QString& name) {
    auto objects = objects_;
    for (MaskObject& object : objects) {
        if (object.id == id) object.name = name.simplified();
    }
    if (objects == objects_ || name.simplified().isEmpty()) return;
    startEdit();
    undoStack_.push(new ObjectsCommand(*this, objects, activeObject_,
                                       tr("Rename object %1").arg(id), kMergeName + id));
}

void MaskEditor::setObjectColor(ObjectId id, Rgb8 color) {
    auto objects = objects_;
    for (MaskObject& object : objects) {
        if (object.id == id) object.color = color;
    }
    if (objects == objects_) return;
    startEdit();
    undoStack_.push(new ObjectsCommand(*this, objects, activeObject_,
                                       tr("Colour of object %1").arg(id), kMergeColor + id));
}

void MaskEditor::setObjectVisible(ObjectId id, bool visible) {
    // What is looked at is not what is worked on: no step of undo.
    for (MaskObject& object : objects_) {
        if (object.id == id) object.visible = visible;
    }
    rebuildPalette();
    Q_EMIT objectsChanged();
}

void MaskEditor::replaceObjects(std::vector<MaskObject> objects, ObjectId active) {
    objects_ = std::move(objects);
    activeObject_ = object(active) != nullptr || objects_.empty() ? active : objects_.front().id;
    rebuildPalette();
    Q_EMIT objectsChanged();
}

void MaskEditor::rebuildPalette() {
    palette_ = {};
    for (int id = 1; id < kVoid; ++id) {
        // A label without an object row (being painted by an import) still shows.
        const Rgb8 color = davisPalette()[static_cast<std::size_t>(id)];
        palette_[static_cast<std::size_t>(id)] = {color[0], color[1], color[2], 255};
    }
    for (const MaskObject& object : objects_) {
        palette_[object.id] = {object.color[0], object.color[1], object.color[2],
                               static_cast<std::uint8_t>(object.visible ? 255 : 0)};
    }
    palette_[kVoid] = {128, 128, 128, 255};
    ++paletteRevision_;
}

// Masks ------------------------------------------------------------------------------------------

MaskPtr MaskEditor::mask(FrameIndex frame) const {
    if (stroke_ && stroke_->frame == frame) return stroke_->mask;
    if (unpackedFrame_ != frame) {
        unpackedFrame_ = frame;
        unpacked_ = track_.mask(frame);
    }
    return unpacked_;
}

std::optional<BoxPx> MaskEditor::changedSince(FrameIndex frame, std::uint64_t revision) const {
    if (revision >= revision_) return BoxPx{};
    // Older than what is remembered: anything may have changed.
    if (changes_.empty() || changes_.front().revision > revision + 1) return std::nullopt;
    BoxPx box;
    for (const Change& change : changes_) {
        if (change.revision <= revision || change.frame != frame) continue;
        if (!change.box) return std::nullopt;
        box = unite(box, *change.box);
    }
    return box;
}

void MaskEditor::remember(FrameIndex frame, std::optional<BoxPx> box) {
    ++revision_;
    changes_.push_back({revision_, frame, box});
    if (changes_.size() > kRememberedChanges) changes_.pop_front();
}

void MaskEditor::note(FrameIndex frame, std::optional<BoxPx> box) {
    remember(frame, box);
    Q_EMIT maskChanged(frame);
}

void MaskEditor::setEntry(FrameIndex frame, const std::optional<MaskEntry>& entry) {
    if (entry) {
        track_.set(frame, *entry);
    } else {
        track_.erase(frame);
    }
    if (unpackedFrame_ == frame) unpackedFrame_ = -1;
}

void MaskEditor::startEdit() {
    if (stroke_) cancelStroke();
    Q_EMIT editStarting();
    endPropagation();
}

void MaskEditor::push(TrackEdit edit) {
    if (edit.changes.empty()) return;
    const QString text = QString::fromStdString(edit.label);
    Q_EMIT committed(edit);
    undoStack_.push(new TrackEditCommand(*this, std::move(edit), text));
}

void MaskEditor::walk(std::optional<TrackEdit>& edit, Step step) {
    if (!edit && storedEdit) {
        edit = storedEdit(step);
    } else {
        Q_EMIT walked(step == Step::Revert);
    }
    if (!edit) return;
    if (step == Step::Apply) {
        applyEdit(track_, *edit);
    } else {
        revertEdit(track_, *edit);
    }
    unpackedFrame_ = -1;
    for (const FrameChange& change : edit->changes) remember(change.frame, change.patch.box);
    if (!edit->changes.empty()) Q_EMIT maskChanged(edit->changes.front().frame);
}

void MaskEditor::restoreUndo(const std::vector<QString>& labels) {
    for (const QString& label : labels) {
        undoStack_.push(new TrackEditCommand(*this, std::nullopt, label));
    }
}

void MaskEditor::undo() {
    startEdit();
    undoStack_.undo();
}

void MaskEditor::redo() {
    startEdit();
    undoStack_.redo();
}

// Strokes ----------------------------------------------------------------------------------------

void MaskEditor::setBrushRadiusPx(float radius) {
    radius = std::clamp(radius, 0.5F, 500.0F);
    if (radius == brushRadiusPx_) return;
    brushRadiusPx_ = radius;
    Q_EMIT brushChanged();
}

void MaskEditor::beginStroke(FrameIndex frame, StrokeMode mode, PointF at) {
    if (size_.empty()) return;
    startEdit();
    stroke_ = std::make_unique<Stroke>();
    stroke_->frame = frame;
    stroke_->brush.action = mode == StrokeMode::Paint ? BrushAction::Paint : BrushAction::EraseAll;
    stroke_->brush.object = activeObject_;
    stroke_->brush.radiusPx = brushRadiusPx_;
    stroke_->last = at;
    const MaskPtr before = track_.mask(frame);
    stroke_->mask = before ? std::make_shared<Mask>(*before) : std::make_shared<Mask>(size_);
    extendStroke(at);
}

void MaskEditor::extendStroke(PointF to) {
    if (!stroke_) return;
    const BoxPx box = paintSegment(*stroke_->mask, stroke_->last, to, stroke_->brush);
    stroke_->last = to;
    if (box.empty()) return;
    stroke_->changed = unite(stroke_->changed, box);
    note(stroke_->frame, box);
}

void MaskEditor::endStroke() {
    if (!stroke_) return;
    const std::unique_ptr<Stroke> stroke = std::move(stroke_);
    if (stroke->changed.empty()) return;
    const MaskEntry* before = track_.find(stroke->frame);
    MaskFacts facts;
    facts.locked = before != nullptr && before->facts.locked;
    // A first stroke on a frame far from the others names one object and says nothing of the rest.
    ObjectSet others = track_.objects();
    others.reset(stroke->brush.object);
    facts.partial = before != nullptr ? before->facts.partial : others.any();
    TrackEdit edit;
    edit.label = (stroke->brush.action == BrushAction::Paint
                      ? tr("Paint object %1").arg(stroke->brush.object)
                      : tr("Erase"))
                     .toStdString();
    edit.changes.push_back(
        changeFrame(track_, stroke->frame, *stroke->mask, facts, stroke->changed));
    setEntry(stroke->frame, makeEntry(*stroke->mask, facts));
    unpackedFrame_ = stroke->frame;
    unpacked_ = stroke->mask;
    note(stroke->frame, BoxPx{});
    push(std::move(edit));
}

void MaskEditor::cancelStroke() {
    if (!stroke_) return;
    const std::unique_ptr<Stroke> stroke = std::move(stroke_);
    note(stroke->frame, stroke->changed);
}

// Other edits ------------------------------------------------------------------------------------

void MaskEditor::importMask(FrameIndex frame, Mask mask) {
    if (mask.size() != size_) {
        throw Error(ErrorCode::Input,
                    tr("the mask is %1 x %2 pixels, the video %3 x %4")
                        .arg(mask.size().width)
                        .arg(mask.size().height)
                        .arg(size_.width)
                        .arg(size_.height)
                        .toStdString(),
                    tr("Use a mask of the frame's own size.").toStdString());
    }
    startEdit();
    MaskFacts facts;
    facts.origin = MaskOrigin::Imported;
    ensureObjects(objectsIn(mask));
    rebuildPalette();
    const MaskEntry entry = makeEntry(mask, facts);
    TrackEdit edit;
    edit.label = tr("Import mask").toStdString();
    edit.changes.push_back(changeFrame(track_, frame, entry));
    setEntry(frame, entry);
    note(frame, std::nullopt);
    push(std::move(edit));
    Q_EMIT objectsChanged();
}

void MaskEditor::clearFrame(FrameIndex frame) {
    if (track_.find(frame) == nullptr) return;
    startEdit();
    TrackEdit edit;
    edit.label = tr("Clear mask").toStdString();
    edit.changes.push_back(changeFrame(track_, frame, std::nullopt));
    setEntry(frame, std::nullopt);
    note(frame, std::nullopt);
    push(std::move(edit));
}

void MaskEditor::removeObject(ObjectId id) {
    if (object(id) == nullptr) return;
    startEdit();
    TrackEdit edit;
    edit.label = tr("Remove object %1 from the masks").arg(id).toStdString();
    const MaskTrack before = track_;
    for (const auto& [frame, entry] : before.entries()) {
        if (!entry.packed->objects().test(id)) continue;
        Mask mask = *entry.mask();
        const auto labels = mask.labels.values();
        std::replace(labels.begin(), labels.end(), id, kBackground);
        const MaskEntry after = makeEntry(mask, entry.facts);
        edit.changes.push_back(changeFrame(before, frame, after));
        setEntry(frame, after);
        remember(frame, std::nullopt);
    }
    if (!edit.changes.empty()) Q_EMIT maskChanged(edit.changes.front().frame);
    auto objects = objects_;
    std::erase_if(objects, [id](const MaskObject& object) { return object.id == id; });
    if (objects.empty()) objects.push_back(newObject(1));
    const ObjectId active = activeObject_ == id ? objects.front().id : activeObject_;
    undoStack_.beginMacro(tr("Remove object %1").arg(id));
    push(std::move(edit));
    undoStack_.push(new ObjectsCommand(*this, objects, active, tr("Remove object %1").arg(id)));
    undoStack_.endMacro();
}

void MaskEditor::setLock(FrameIndex frame, Lock lock) {
    const MaskEntry* entry = track_.find(frame);
    if (entry == nullptr || entry->facts.locked == (lock == Lock::On)) return;
    startEdit();
    MaskEntry after = *track_.find(frame);
    after.facts.locked = lock == Lock::On;
    TrackEdit edit;
    edit.label = (lock == Lock::On ? tr("Lock frame") : tr("Unlock frame")).toStdString();
    edit.changes.push_back(changeFrame(track_, frame, after));
    setEntry(frame, after);
    note(frame, BoxPx{});
    push(std::move(edit));
}

// Propagation ------------------------------------------------------------------------------------

void MaskEditor::beginPropagation(const QString& text) {
    startEdit();
    propagation_ = TrackEdit{text.toStdString(), {}};
}

void MaskEditor::putPropagated(FrameIndex frame, const MaskEntry& entry, PropagationMethod method) {
    if (!propagation_) return;
    propagations_.add(frame, entry, method);
    FrameChange change = changeFrame(track_, frame, entry);
    setEntry(frame, entry);
    propagation_->changes.push_back(change);
    if (propagation_->changes.size() == 1) {
        Q_EMIT committed(*propagation_);
    } else {
        Q_EMIT extended(change);
    }
    note(frame, std::nullopt);
}

void MaskEditor::endPropagation() {
    if (!propagation_) return;
    TrackEdit edit = std::move(*propagation_);
    propagation_.reset();
    if (edit.changes.empty()) return;
    const QString text = QString::fromStdString(edit.label);
    undoStack_.push(new TrackEditCommand(*this, std::move(edit), text));
}

}  // namespace mcj
