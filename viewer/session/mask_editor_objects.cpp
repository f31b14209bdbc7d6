// The objects of the mask editor: their list, their looks and the active one.
#include <QStringList>
#include <algorithm>

#include "viewer/session/mask_editor.h"

namespace mcj {

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
