// The objects of the mask editor: their list, their looks and the active one.
#include <QStringList>
#include <algorithm>

#include "viewer/session/mask_editor.h"

namespace mcj {
namespace {

/// Up to this number of masks with overlaps is put in order directly, without the lane.
constexpr std::ptrdiff_t kLayeredAtOnce = 16;

/// The order after these rows have changed.
ObjectOrder orderWith(const ObjectTable& objects, const std::vector<MaskObject>& rows) {
    ObjectOrder order = objects.order();
    for (const MaskObject& row : rows) order.setDepth(row.id, row.depth);
    return order;
}

PackedMaskPtr arranged(const PackedMask& mask, const ObjectOrder& order) {
    LayeredMask layers = mask.unpackLayers();
    layers.arrange(order);
    return PackedMask::pack(layers);
}

}  // namespace

void MaskEditor::chooseActive(const std::vector<EditPart>& parts) {
    for (const EditPart& part : parts) {
        const auto* edit = std::get_if<ObjectEdit>(&part);
        // The object that was added or restored becomes active.
        if (edit == nullptr || (edit->before && edit->after)) continue;
        if (object(edit->id()) != nullptr) {
            activeObject_ = edit->id();
            return;
        }
    }
    if (object(activeObject_) == nullptr && !objects().empty()) {
        activeObject_ = objects().front().id;
    }
}

void MaskEditor::addMissingObjects(const ObjectSet& ids, Edit& edit) const {
    ObjectTable table = document_.state().objects;
    table.addMissing(ids);
    for (const MaskObject& row : table.rows()) {
        if (object(row.id) == nullptr) edit.parts.emplace_back(ObjectEdit{{}, row});
    }
}

void MaskEditor::setActiveObject(ObjectId id) {
    if (id == kBackground || id == kVoid || !document_.ready()) return;
    if (object(id) == nullptr) {
        if (!document_.mayEdit()) return;
        if (stroke_) cancelStroke();
        document_.commit(
            {0, tr("Add object %1").arg(id).toStdString(), {ObjectEdit{{}, defaultObject(id)}}});
        return;
    }
    if (id == activeObject_) return;
    activeObject_ = id;
    if (solo_ == Solo::On) rebuildPalette();
    Q_EMIT objectsChanged();
}

bool MaskEditor::pickObject(FrameIndex frame, PointPx at) {
    const MaskPtr shown = mask(frame);
    if (!shown || at.x < 0 || at.y < 0) return false;
    if (at.x >= shown->size().width || at.y >= shown->size().height) return false;
    const ObjectId id = shown->labels.at(at.y, at.x);
    if (id == kBackground || id == kVoid) return false;
    setActiveObject(id);
    return true;
}

ObjectId MaskEditor::addObject() {
    const std::optional<ObjectId> id = document_.state().objects.freeId();
    if (!id) return kBackground;
    setActiveObject(*id);
    return *id;
}

MaskObject MaskEditor::withClass(MaskObject row, const ObjectClass& kind) const {
    const auto taken = [this, id = row.id](const std::string& name) {
        return std::any_of(objects().begin(), objects().end(), [&](const MaskObject& other) {
            return other.id != id && other.name == name;
        });
    };
    row.name = kind.name;
    for (int number = 2; taken(row.name); ++number) {
        row.name = kind.name + ' ' + std::to_string(number);
    }
    if (kind.color) row.color = *kind.color;
    return row;
}

ObjectId MaskEditor::addObject(const ObjectClass& kind) {
    const std::optional<ObjectId> id = document_.state().objects.freeId();
    if (!id || !document_.mayEdit()) return kBackground;
    if (stroke_) cancelStroke();
    document_.commit({0,
                      tr("Add object %1").arg(*id).toStdString(),
                      {ObjectEdit{{}, withClass(defaultObject(*id), kind)}}});
    return *id;
}

void MaskEditor::giveClass(ObjectId id, const ObjectClass& kind) {
    const MaskObject* row = object(id);
    if (row != nullptr) changeObject(withClass(*row, kind), tr("Class of object %1").arg(id));
}

void MaskEditor::changeObject(const MaskObject& changed, const QString& text) {
    const MaskObject* before = object(changed.id);
    if (before == nullptr || *before == changed || !document_.mayEdit()) return;
    const ObjectEdit part{*before, changed};
    // Repeated changes of the same kind are one step.
    const Edit* newest = document_.log().nextUndo();
    const bool again = newest != nullptr && document_.log().nextRedo() == nullptr &&
                       newest->label == text.toStdString() && !newest->parts.empty() &&
                       std::holds_alternative<ObjectEdit>(newest->parts.front());
    if (again) {
        document_.extend(newest->id, part);
    } else {
        document_.commit({0, text.toStdString(), {part}});
    }
}

void MaskEditor::renameObject(ObjectId id, const QString& name) {
    const MaskObject* row = object(id);
    if (row == nullptr || name.simplified().isEmpty()) return;
    MaskObject changed = *row;
    changed.name = name.simplified().toStdString();
    changeObject(changed, tr("Rename object %1").arg(id));
}

void MaskEditor::setObjectColor(ObjectId id, Rgb8 color) {
    const MaskObject* row = object(id);
    if (row == nullptr) return;
    MaskObject changed = *row;
    changed.color = color;
    changeObject(changed, tr("Colour of object %1").arg(id));
}

void MaskEditor::setObjectColors(ObjectColors colors) {
    if (!document_.mayEdit()) return;
    Edit edit{0, tr("Colours of the objects").toStdString(), {}};
    for (const MaskObject& row : objects()) {
        MaskObject changed = row;
        changed.color = objectColor(colors, row.id);
        if (changed != row) edit.parts.emplace_back(ObjectEdit{row, changed});
    }
    if (!edit.parts.empty()) document_.commit(std::move(edit));
}

void MaskEditor::setObjectVisible(ObjectId id, bool visible) {
    if (visible) {
        hidden_.erase(id);
    } else {
        hidden_.insert(id);
    }
    rebuildPalette();
    Q_EMIT objectsChanged();
}

void MaskEditor::setSolo(Solo solo) {
    if (solo == solo_) return;
    solo_ = solo;
    rebuildPalette();
    Q_EMIT objectsChanged();
}

void MaskEditor::moveObject(ObjectId id, StackMove move) {
    const std::vector<MaskObject> rows = document_.state().objects.moved(id, move);
    if (rows.empty() || lane_.busy() || !document_.mayEdit()) return;
    startEdit();
    const auto layered = std::ranges::count_if(
        track().entries(),
        [](const MaskTrack::Entries::value_type& row) { return row.second.packed->layered(); });
    if (layered <= kLayeredAtOnce) {
        finishMove(id, move, {}, {});
        return;
    }
    const ObjectOrder order = orderWith(document_.state().objects, rows);
    const auto change = [order](const PackedMask& mask) {
        return mask.layered() ? arranged(mask, order) : nullptr;
    };
    prepareMasks(tr("Moving object %1").arg(id), change,
                 [this, id, move, order](const MaskTrack& seen, const Entries& ready) {
                     startEdit();
                     const ObjectTable& now = document_.state().objects;
                     // Undo, for instance, may have changed the order meanwhile.
                     const bool same = orderWith(now, now.moved(id, move)) == order;
                     finishMove(id, move, same ? seen : MaskTrack(), same ? ready : Entries());
                 });
}

// A prepared mask is used only if the frame's mask is still the one it was made from.
void MaskEditor::finishMove(ObjectId id, StackMove move, const MaskTrack& seen,
                            const Entries& ready) {
    const std::vector<MaskObject> rows = document_.state().objects.moved(id, move);
    if (rows.empty()) return;
    const ObjectOrder order = orderWith(document_.state().objects, rows);
    const bool front = move == StackMove::Forward || move == StackMove::ToFront;
    Edit edit{0,
              (front ? tr("Bring object %1 forward") : tr("Send object %1 backward"))
                  .arg(id)
                  .toStdString(),
              {}};
    for (const MaskObject& row : rows) edit.parts.emplace_back(ObjectEdit{*object(row.id), row});
    auto next = ready.begin();
    qint64 kept = 0;
    for (const auto& [frame, entry] : track().entries()) {
        while (next != ready.end() && next->first < frame) ++next;
        if (!entry.packed->layered()) continue;
        const MaskEntry* known = seen.find(frame);
        const bool same = next != ready.end() && next->first == frame && known != nullptr &&
                          known->packed == entry.packed;
        const PackedMaskPtr after = same ? next->second : arranged(*entry.packed, order);
        if (*after == *entry.packed) continue;
        if (entry.facts.locked) {
            ++kept;
        } else {
            edit.parts.emplace_back(
                MaskEdit{kMainTrack, frame, entry, MaskEntry{after, entry.facts}});
        }
    }
    document_.commit(std::move(edit));
    if (kept == 0) return;
    Q_EMIT noticed(warningNotice(kept == 1 ? tr("1 locked frame keeps what is on top")
                                           : tr("%1 locked frames keep what is on top").arg(kept),
                                 tr("Unlock them and move the object again to change them.")));
}

std::string MaskEditor::hiddenObjects() const {
    std::string ids;
    for (const ObjectId id : hidden_) {
        if (!ids.empty()) ids += ',';
        ids += std::to_string(id);
    }
    return ids;
}

void MaskEditor::setHiddenObjects(const std::string& ids) {
    hidden_.clear();
    for (const QString& id : QString::fromStdString(ids).split(',', Qt::SkipEmptyParts)) {
        const int number = id.toInt();
        if (number > kBackground && number < kVoid) hidden_.insert(static_cast<ObjectId>(number));
    }
    rebuildPalette();
    Q_EMIT objectsChanged();
}

void MaskEditor::rebuildPalette() {
    palette_ = {};
    for (int id = 1; id < kVoid; ++id) {
        // A label without an object row (during an import) is drawn too.
        const Rgb8 color = davisPalette()[static_cast<std::size_t>(id)];
        palette_[static_cast<std::size_t>(id)] = {color[0], color[1], color[2], 255};
    }
    for (const MaskObject& object : objects()) {
        palette_[object.id] = {object.color[0], object.color[1], object.color[2], 255};
    }
    for (int id = 1; id < kVoid; ++id) {
        const auto object = static_cast<ObjectId>(id);
        if (!objectDrawn(object)) palette_[object][3] = 0;
    }
    palette_[kVoid] = {128, 128, 128, 255};
    ++paletteRevision_;
}

}  // namespace mcj
