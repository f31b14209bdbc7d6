#include "viewer/session/mask_editor.h"

#include <QPointer>
#include <algorithm>

#include "media/base/error.h"
#include "segmentation/brush.h"
#include "segmentation/layered_stroke.h"
#include "segmentation/smart_edge.h"

namespace mcj {
namespace {

constexpr float kLeastRadiusPx = 0.5F;  ///< single pixels
constexpr std::size_t kRememberedChanges = 512;
/// Up to this number of masks is changed directly, without the lane.
constexpr std::size_t kFramesAtOnce = 64;

QString lockedText(FrameIndex frame) {
    return MaskEditor::tr("Frame %1 is locked").arg(static_cast<qint64>(frame));
}

QString unlockHint() { return MaskEditor::tr("Unlock it to change its mask."); }

}  // namespace

struct MaskEditor::Stroke {
    FrameIndex frame = 0;
    Brush brush;
    float fullRadiusPx = 0.0F;  ///< at the pressure 1
    PointF last;
    std::shared_ptr<Mask> mask;             ///< the working copy, painted on in place
    std::unique_ptr<LayeredStroke> layers;  ///< null: nothing is covered, by this stroke neither
    BoxPx changed;
    FramePtr picture;  ///< null: it does not snap
    std::vector<StrokePoint> points;
};

MaskEditor::MaskEditor(Document& document, QObject* parent)
    : QObject(parent), document_(document), lane_("masks") {
    connect(&document_, &Document::reset, this, &MaskEditor::documentReset);
    connect(&document_, &Document::edited, this, &MaskEditor::documentEdited);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    rebuildPalette();
}

MaskEditor::~MaskEditor() { stopPreparing(); }

void MaskEditor::documentReset() {
    stopPreparing();
    stroke_.reset();
    preview_.reset();
    propagation_.reset();
    propagations_.clear();
    hidden_.clear();
    solo_ = Solo::Off;
    overlaps_.reset();
    activeObject_ = objects().empty() ? ObjectId{1} : objects().front().id;
    unpacked_.reset();
    unpackedFrame_ = -1;
    changes_.clear();
    ++revision_;
    rebuildPalette();
    Q_EMIT objectsChanged();
    Q_EMIT maskChanged(0);
}

void MaskEditor::documentEdited(const std::vector<EditPart>& parts) {
    std::optional<FrameIndex> first;
    bool objectsDiffer = false;
    bool outdated = false;
    for (const EditPart& part : parts) {
        if (const auto* mask = std::get_if<MaskEdit>(&part)) {
            if (mask->frame == painted_) {
                remember(mask->frame, BoxPx{});
            } else {
                if (mask->frame == unpackedFrame_) unpackedFrame_ = -1;
                remember(mask->frame, std::nullopt);
            }
            outdated = outdated || previewOf(mask->frame) != nullptr;
            if (!first) first = mask->frame;
        } else if (const auto* facts = std::get_if<FactsEdit>(&part)) {
            remember(facts->frame, BoxPx{});
            if (!first) first = facts->frame;
        } else if (std::holds_alternative<ObjectEdit>(part)) {
            objectsDiffer = true;
        }
    }
    if (outdated) dropPreview();
    if (objectsDiffer) {
        chooseActive(parts);
        rebuildPalette();
        Q_EMIT objectsChanged();
    }
    if (first) Q_EMIT maskChanged(*first);
}

// Masks ------------------------------------------------------------------------------------------

MaskPtr MaskEditor::mask(FrameIndex frame) const {
    if (stroke_ && stroke_->frame == frame) return stroke_->mask;
    if (unpackedFrame_ != frame) {
        unpackedFrame_ = frame;
        const MaskPreview::Frame* proposed = previewOf(frame);
        unpacked_ = proposed != nullptr ? proposed->after->unpack() : track().mask(frame);
    }
    return unpacked_;
}

std::optional<BoxPx> MaskEditor::changedSince(FrameIndex frame, std::uint64_t revision) const {
    if (revision >= revision_) return BoxPx{};
    // Older than the recorded changes: the whole mask may have changed.
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

void MaskEditor::startEdit() {
    if (stroke_) cancelStroke();
    dropPreview();
    Q_EMIT editStarting();
    endPropagation();
}

bool MaskEditor::locked(FrameIndex frame) const {
    const MaskEntry* entry = track().find(frame);
    return entry != nullptr && entry->facts.locked;
}

bool MaskEditor::changeable(FrameIndex frame) {
    if (!document_.mayEdit()) return false;
    if (!locked(frame)) return true;
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.text = lockedText(frame);
    notice.hint = unlockHint();
    Q_EMIT noticed(notice);
    return false;
}

MaskEdit MaskEditor::changeOf(FrameIndex frame, std::optional<MaskEntry> after) const {
    return {kMainTrack, frame, track().entryAt(frame), std::move(after)};
}

void MaskEditor::undo() {
    startEdit();
    document_.undo();
}

void MaskEditor::redo() {
    startEdit();
    document_.redo();
}

// Strokes ----------------------------------------------------------------------------------------

void MaskEditor::setBrushRadiusPx(float radius) {
    radius = std::clamp(radius, kLeastRadiusPx, 500.0F);
    if (radius == brushRadiusPx_) return;
    brushRadiusPx_ = radius;
    Q_EMIT brushChanged();
}

void MaskEditor::setPenPressure(PenPressure use) {
    if (use == penPressure_) return;
    penPressure_ = use;
    Q_EMIT brushChanged();
}

void MaskEditor::setOverlaps(Overlaps overlaps) {
    if (overlaps == overlaps_) return;
    // It was made for the other choice.
    dropPreview();
    overlaps_ = overlaps;
    Q_EMIT brushChanged();
}

void MaskEditor::setSmartEdge(SmartEdge edge) {
    if (edge == smartEdge_) return;
    smartEdge_ = edge;
    Q_EMIT brushChanged();
}

void MaskEditor::beginStroke(FrameIndex frame, StrokeMode mode, PointF at, float pressure,
                             const FramePtr& picture) {
    if (!changeable(frame)) return;
    startEdit();
    stroke_ = std::make_unique<Stroke>();
    stroke_->frame = frame;
    stroke_->brush.action = mode == StrokeMode::Paint ? BrushAction::Paint : BrushAction::EraseAll;
    stroke_->brush.object = activeObject_;
    stroke_->fullRadiusPx = brushRadiusPx_;
    stroke_->last = at;
    stroke_->mask = drawable(frame);
    const bool snaps = smartEdge_ == SmartEdge::On && picture && picture->index == frame &&
                       picture->size() == stroke_->mask->size();
    if (snaps) stroke_->picture = picture;
    if (drawsLayers(frame)) {
        stroke_->layers = std::make_unique<LayeredStroke>(layersOf(frame), stroke_->brush.action,
                                                          activeObject_, rules());
    }
    extendStroke(at, pressure);
}

void MaskEditor::extendStroke(PointF to, float pressure) {
    if (!stroke_) return;
    const float share =
        penPressure_ == PenPressure::Ignored ? 1.0F : std::clamp(pressure, 0.0F, 1.0F);
    stroke_->brush.radiusPx = std::max(kLeastRadiusPx, share * stroke_->fullRadiusPx);
    const BoxPx box =
        stroke_->layers
            ? stroke_->layers->extend(*stroke_->mask, stroke_->last, to, stroke_->brush.radiusPx)
            : paintSegment(*stroke_->mask, stroke_->last, to, stroke_->brush);
    stroke_->last = to;
    if (stroke_->picture) stroke_->points.push_back({to, stroke_->brush.radiusPx});
    if (box.empty()) return;
    stroke_->changed = unite(stroke_->changed, box);
    note(stroke_->frame, box);
}

void MaskEditor::endStroke() {
    if (!stroke_) return;
    const std::unique_ptr<Stroke> stroke = std::move(stroke_);
    const ObjectId object = stroke->brush.object;
    const bool paints = stroke->brush.action == BrushAction::Paint;
    const QString text = paints ? tr("Paint object %1").arg(object) : tr("Erase");
    if (stroke->layers) {
        endLayeredStroke(*stroke, text);
        return;
    }
    if (stroke->changed.empty()) return;
    if (stroke->picture && !snap(*stroke)) {
        note(stroke->frame, stroke->changed);
        return;
    }
    if (stroke->picture) remember(stroke->frame, stroke->changed);
    commitDrawn(stroke->frame, stroke->mask, PackedMask::pack(*stroke->mask), object, text);
}

void MaskEditor::endLayeredStroke(const Stroke& stroke, const QString& text) {
    LayeredMask after = stroke.layers->drawn();
    if (stroke.picture) {
        const std::shared_ptr<Mask> top = drawable(stroke.frame);
        const bool paints = stroke.brush.action == BrushAction::Paint;
        const Region kept = snapStroke(stroke.picture->rgb, *top, stroke.points,
                                       paints ? stroke.brush.object : kBackground);
        after = layersOf(stroke.frame);
        if (paints) {
            after.give(kept, stroke.brush.object, rules());
        } else {
            after.takeTop(kept, rules().order);
        }
    }
    // What the stroke showed, and what it did not keep.
    note(stroke.frame, stroke.changed);
    commitLayers(stroke.frame, after, stroke.brush.object, text);
}

bool MaskEditor::snap(Stroke& stroke) const {
    const bool paints = stroke.brush.action == BrushAction::Paint;
    stroke.mask = drawable(stroke.frame);
    const Region kept = snapStroke(stroke.picture->rgb, *stroke.mask, stroke.points,
                                   paints ? stroke.brush.object : kBackground);
    return !mcj::paintRegion(*stroke.mask, kept, stroke.brush.action, stroke.brush.object).empty();
}

void MaskEditor::cancelStroke() {
    if (!stroke_) return;
    const std::unique_ptr<Stroke> stroke = std::move(stroke_);
    note(stroke->frame, stroke->changed);
}

// Other edits ------------------------------------------------------------------------------------

void MaskEditor::importMask(FrameIndex frame, Mask mask) {
    if (document_.loading()) {
        throw Error(ErrorCode::Usage, tr("The masks of this video are being loaded").toStdString(),
                    tr("Import the mask when they are loaded.").toStdString());
    }
    if (document_.readOnly()) {
        throw Error(ErrorCode::Usage, tr("The project is read-only").toStdString(),
                    tr("Save it under another name (File menu) first.").toStdString());
    }
    const SizePx size = document_.size();
    if (mask.size() != size) {
        throw Error(ErrorCode::Input,
                    tr("the mask has %1 x %2 pixels, the video has %3 x %4")
                        .arg(mask.size().width)
                        .arg(mask.size().height)
                        .arg(size.width)
                        .arg(size.height)
                        .toStdString(),
                    tr("Use a mask of the same size as the frame.").toStdString());
    }
    if (locked(frame)) {
        throw Error(ErrorCode::Usage, lockedText(frame).toStdString(), unlockHint().toStdString());
    }
    startEdit();
    MaskFacts facts;
    facts.origin = MaskOrigin::Imported;
    const ObjectId active = activeObject_;
    MaskEntry entry = makeEntry(mask, facts);
    if (overlaps() == Overlaps::Keep) {
        LayeredMask layers = layersOf(frame);
        layers.layOver(mask, rules().order);
        entry.packed = PackedMask::pack(layers);
    }
    Edit edit{0, tr("Import mask").toStdString(), {}};
    addMissingObjects(entry.packed->allObjects(), edit);
    edit.parts.emplace_back(changeOf(frame, entry));
    document_.commit(std::move(edit));
    // Objects added by an import do not change the active object.
    if (object(active) != nullptr) setActiveObject(active);
}

int MaskEditor::importMasks(const MaskTrack& imported, const std::vector<SetObject>& objects,
                            OtherFrames others) {
    if (document_.loading()) {
        throw Error(ErrorCode::Usage, tr("The masks of this video are being loaded").toStdString(),
                    tr("Import the masks when they are loaded.").toStdString());
    }
    if (document_.readOnly()) {
        throw Error(ErrorCode::Usage, tr("The project is read-only").toStdString(),
                    tr("Save it under another name (File menu) first.").toStdString());
    }
    endStroke();
    startEdit();
    const ObjectId active = activeObject_;
    Edit edit{0, tr("Import masks").toStdString(), {}};
    for (const SetObject& one : objects) {
        const auto id = static_cast<ObjectId>(one.id);
        if (one.id < 1 || one.id >= kVoid || object(id) != nullptr) continue;
        MaskObject added = defaultObject(id);
        added.name = one.name;
        edit.parts.emplace_back(ObjectEdit{std::nullopt, added});
    }
    int kept = 0;
    for (const auto& [frame, entry] : imported.entries()) {
        if (locked(frame)) {
            ++kept;
        } else {
            edit.parts.emplace_back(changeOf(frame, entry));
        }
    }
    for (const auto& [frame, entry] : track().entries()) {
        if (others == OtherFrames::Keep || imported.find(frame) != nullptr || locked(frame)) {
            continue;
        }
        edit.parts.emplace_back(changeOf(frame, std::nullopt));
    }
    if (!edit.parts.empty()) document_.commit(std::move(edit));
    if (object(active) != nullptr) setActiveObject(active);
    return kept;
}

std::optional<EditId> MaskEditor::replacePrepared(const QString& text,
                                                  const std::vector<PreparedMask>& masks) {
    startEdit();
    Edit edit{0, text.toStdString(), {}};
    std::vector<EditPart> changes;
    ObjectSet objects;
    for (const auto& [frame, from, to] : masks) {
        const MaskEntry* now = track().find(frame);
        if (now == nullptr || now->facts.locked || !(*now == from)) continue;
        if (to) objects |= to->packed->allObjects();
        changes.emplace_back(changeOf(frame, to));
    }
    if (changes.empty()) return std::nullopt;
    // An object may have been removed since.
    addMissingObjects(objects, edit);
    edit.parts.insert(edit.parts.end(), changes.begin(), changes.end());
    return document_.commit(std::move(edit));
}

void MaskEditor::clearFrame(FrameIndex frame) {
    if (track().find(frame) == nullptr || !changeable(frame)) return;
    startEdit();
    document_.commit({0, tr("Clear mask").toStdString(), {changeOf(frame, std::nullopt)}});
}

void MaskEditor::removeObject(ObjectId id) {
    if (object(id) == nullptr || lane_.busy() || !document_.mayEdit()) return;
    startEdit();
    if (track().size() <= kFramesAtOnce) {
        finishRemoval(id, {}, {});
        return;
    }
    const auto change = [id, order = rules().order](const PackedMask& mask) {
        return mask.allObjects().test(id) ? mask.without(id, order) : nullptr;
    };
    prepareMasks(tr("Removing object %1").arg(id), change,
                 [this, id](const MaskTrack& seen, const Entries& ready) {
                     if (object(id) == nullptr) return;
                     startEdit();
                     finishRemoval(id, seen, ready);
                 });
}

void MaskEditor::prepareMasks(const QString& text, MaskChange change, ChangesReady ready) {
    auto stop = std::make_shared<std::atomic<bool>>(false);
    preparation_ = Preparation{text, stop};
    lane_.start(
        [change = std::move(change), seen = track(), stop] {
            Entries made;
            for (const auto& [frame, entry] : seen.entries()) {
                if (stop->load()) break;
                PackedMaskPtr changed = change(*entry.packed);
                if (changed) made.emplace_back(frame, std::move(changed));
            }
            return std::pair(seen, std::move(made));
        },
        [self = QPointer<MaskEditor>(this), ready = std::move(ready),
         stop](Outcome<std::pair<MaskTrack, Entries>> outcome) {
            if (!self || stop->load()) return;
            self->preparation_.reset();
            Q_EMIT self->preparingChanged();
            if (!outcome.ok()) {
                Q_EMIT self->noticed(noticeOf(outcome.error()));
                return;
            }
            // What is being painted is kept.
            self->endStroke();
            if (self->document_.mayEdit()) ready(outcome.value().first, outcome.value().second);
        });
    Q_EMIT preparingChanged();
}

// A prepared mask is used only if the frame's mask is still the one it was made from.
void MaskEditor::finishRemoval(ObjectId id, const MaskTrack& seen, const Entries& ready) {
    Edit edit{0, tr("Remove object %1").arg(id).toStdString(), {}};
    const ObjectOrder order = rules().order;
    auto next = ready.begin();
    qint64 kept = 0;
    for (const auto& [frame, entry] : track().entries()) {
        while (next != ready.end() && next->first < frame) ++next;
        if (!entry.packed->allObjects().test(id)) continue;
        if (entry.facts.locked) {
            ++kept;
            continue;
        }
        const MaskEntry* known = seen.find(frame);
        const bool same = next != ready.end() && next->first == frame && known != nullptr &&
                          known->packed == entry.packed;
        const PackedMaskPtr rest = same ? next->second : entry.packed->without(id, order);
        // An empty mask is removed.
        std::optional<MaskEntry> after;
        if (!rest->blank()) after = MaskEntry{rest, entry.facts};
        edit.parts.emplace_back(MaskEdit{kMainTrack, frame, entry, std::move(after)});
    }
    if (kept == 0) {
        edit.parts.emplace_back(ObjectEdit{*object(id), {}});
        // Another object may get the number later.
        const StatusSubject subject = StatusSubject::ofObject(id);
        const StatusNote noted = document_.state().statuses.of(subject);
        if (!noted.blank()) edit.parts.emplace_back(StatusEdit{subject, noted, {}});
    }
    if (!edit.parts.empty()) document_.commit(std::move(edit));
    if (kept > 0) tellKept(id, kept);
}

void MaskEditor::tellKept(ObjectId id, qint64 frames) {
    const QString text = frames == 1
                             ? tr("Object %1 stays on 1 locked frame and in the list").arg(id)
                             : tr("Object %1 stays on %2 locked frames and in the list")
                                   .arg(QString::number(id), QString::number(frames));
    Q_EMIT noticed(warningNotice(text, tr("Unlock these frames to remove it from them as well.")));
}

QString MaskEditor::preparing() const { return preparation_ ? preparation_->text : QString(); }

void MaskEditor::stopPreparing() {
    if (!preparation_) return;
    preparation_->stop->store(true);
    preparation_.reset();
    Q_EMIT preparingChanged();
}

void MaskEditor::setLock(FrameIndex frame, Lock lock) {
    const MaskEntry* entry = track().find(frame);
    if (entry == nullptr || entry->facts.locked == (lock == Lock::On)) return;
    if (!document_.mayEdit()) return;
    startEdit();
    FactsEdit part{kMainTrack, frame, entry->facts, entry->facts};
    part.after.locked = lock == Lock::On;
    const QString text = lock == Lock::On ? tr("Lock frame") : tr("Unlock frame");
    document_.commit({0, text.toStdString(), {part}});
}

// Propagation ------------------------------------------------------------------------------------

void MaskEditor::beginPropagation(const QString& text) {
    startEdit();
    Q_EMIT propagationStarting();
    propagation_ = Propagation{text.toStdString(), {}};
}

void MaskEditor::putPropagated(FrameIndex frame, const MaskEntry& entry, PropagationMethod method) {
    if (!propagation_ || locked(frame)) return;
    propagations_.add(frame, entry, method);
    const MaskEdit part = changeOf(frame, entry);
    // Other edits may have removed it from the full log.
    if (propagation_->edit && document_.log().holds(*propagation_->edit)) {
        document_.extend(*propagation_->edit, part);
    } else {
        propagation_->edit = document_.commit({0, propagation_->label, {part}});
    }
}

void MaskEditor::endPropagation() {
    if (!propagation_) return;
    const std::optional<EditId> edit = propagation_->edit;
    propagation_.reset();
    if (edit) Q_EMIT propagated(*edit);
}

}  // namespace mcj
