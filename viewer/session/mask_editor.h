#pragma once

#include <QObject>
#include <QString>
#include <QUndoStack>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "media/base/frame.h"
#include "media/io/image_file.h"
#include "segmentation/mask.h"
#include "segmentation/mask_track.h"
#include "segmentation/track_edit.h"
#include "viewer/session/propagation_log.h"

namespace mcj {

/// One thing that is followed through the video.
struct MaskObject {
    ObjectId id = 1;
    QString name;
    Rgb8 color{};
    bool visible = true;
    friend bool operator==(const MaskObject&, const MaskObject&) = default;
};

enum class StrokeMode { Paint, Erase };

/// The masks of the open video, the objects in them, and the one way to change either: every change
/// is one command on the undo stack. GUI thread.
class MaskEditor : public QObject {
    Q_OBJECT
public:
    explicit MaskEditor(QObject* parent = nullptr);
    ~MaskEditor() override;

    /// Starts empty for frames of `size`.
    void reset(SizePx size);
    /// Starts with stored masks; the undo stack is empty.
    void restore(SizePx size, MaskTrack track, std::vector<MaskObject> objects);

    // Objects ------------------------------------------------------------------------------------
    [[nodiscard]] const std::vector<MaskObject>& objects() const noexcept { return objects_; }
    [[nodiscard]] const MaskObject* object(ObjectId id) const;
    [[nodiscard]] ObjectId activeObject() const noexcept { return activeObject_; }
    /// Chooses `id`, adding it where it is not there yet.
    void setActiveObject(ObjectId id);
    /// Adds the next free object and makes it active; its id, or 0 when all 254 are taken.
    ObjectId addObject();
    void renameObject(ObjectId id, const QString& name);
    void setObjectColor(ObjectId id, Rgb8 color);
    void setObjectVisible(ObjectId id, bool visible);
    /// RGBA by label, 0..255; alpha 0 is not drawn (background, hidden objects). Void is grey.
    [[nodiscard]] const std::array<std::array<std::uint8_t, 4>, 256>& palette() const noexcept {
        return palette_;
    }
    [[nodiscard]] std::uint64_t paletteRevision() const noexcept { return paletteRevision_; }

    // Masks --------------------------------------------------------------------------------------
    [[nodiscard]] const MaskTrack& track() const noexcept { return track_; }
    /// The mask at `frame` with the stroke that is under way; null where there is none. During a
    /// stroke the same object changes in place: look at `revision`.
    [[nodiscard]] MaskPtr mask(FrameIndex frame) const;
    /// Grows with every change of any mask.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }
    /// What changed at `frame` after `revision`: an empty box for nothing, no box for "all of it".
    [[nodiscard]] std::optional<BoxPx> changedSince(FrameIndex frame, std::uint64_t revision) const;

    // Strokes: one drag, one undo step -----------------------------------------------------------
    [[nodiscard]] float brushRadiusPx() const noexcept { return brushRadiusPx_; }
    void setBrushRadiusPx(float radius);  ///< 0.5..500
    void beginStroke(FrameIndex frame, StrokeMode mode, PointF at);
    void extendStroke(PointF to);
    void endStroke();
    void cancelStroke();
    [[nodiscard]] bool stroking() const noexcept { return stroke_ != nullptr; }

    // Other edits, each one undo step ------------------------------------------------------------
    /// Puts a mask from a file at `frame`; objects it brings are added. Throws `Error{Input}` where
    /// its size is not the video's.
    void importMask(FrameIndex frame, Mask mask);
    void clearFrame(FrameIndex frame);
    void removeObject(ObjectId id);
    enum class Lock { Off, On };
    void setLock(FrameIndex frame, Lock lock);

    // A propagation writes frame by frame and is one step of undo, however it ends.
    void beginPropagation(const QString& text);
    [[nodiscard]] bool propagating() const noexcept { return propagation_.has_value(); }
    void putPropagated(FrameIndex frame, const MaskEntry& entry, PropagationMethod method);
    void endPropagation();
    [[nodiscard]] const PropagationLog& propagations() const noexcept { return propagations_; }

    /// Also end a propagation first; a stroke under way is cancelled.
    void undo();
    void redo();
    [[nodiscard]] QUndoStack& undoStack() noexcept { return undoStack_; }

    // For undo commands only ---------------------------------------------------------------------
    enum class Step { Apply, Revert };
    /// Without `edit` the store is asked for it through `storedEdit`.
    void walk(std::optional<TrackEdit>& edit, Step step);
    void replaceObjects(std::vector<MaskObject> objects, ObjectId active);
    /// Gives the edit that a step through a log from an earlier session stands for.
    std::function<std::optional<TrackEdit>(Step)> storedEdit;
    /// Puts undo steps of an earlier session on the stack, oldest first.
    void restoreUndo(const std::vector<QString>& labels);

Q_SIGNALS:
    /// The mask of `frame` changed, also during a stroke. Said once for an edit of many frames,
    /// with the first of them.
    void maskChanged(mcj::FrameIndex frame);
    void objectsChanged();
    void brushChanged();
    /// An edit by the user is about to happen: a propagation ends here.
    void editStarting();

    // For the project file, in this order of events.
    void committed(const mcj::TrackEdit& edit);
    void extended(const mcj::FrameChange& change);  ///< adds to the edit committed last
    void walked(bool undone);                       ///< the newest edit was undone, or redone

private:
    struct Stroke;
    struct Change {
        std::uint64_t revision;
        FrameIndex frame;
        std::optional<BoxPx> box;
    };

    void remember(FrameIndex frame, std::optional<BoxPx> box);
    void note(FrameIndex frame, std::optional<BoxPx> box);
    void setEntry(FrameIndex frame, const std::optional<MaskEntry>& entry);
    void push(TrackEdit edit);
    void startEdit();
    void rebuildPalette();
    void ensureObjects(const ObjectSet& ids);
    [[nodiscard]] MaskObject newObject(ObjectId id) const;

    SizePx size_;
    MaskTrack track_;
    std::vector<MaskObject> objects_;
    ObjectId activeObject_ = 1;
    float brushRadiusPx_ = 12.0F;
    std::unique_ptr<Stroke> stroke_;
    std::optional<TrackEdit> propagation_;
    PropagationLog propagations_;
    mutable FrameIndex unpackedFrame_ = -1;  ///< of the mask kept unpacked for the screen
    mutable MaskPtr unpacked_;
    std::array<std::array<std::uint8_t, 4>, 256> palette_{};
    std::uint64_t paletteRevision_ = 1;
    std::uint64_t revision_ = 1;
    std::deque<Change> changes_;
    QUndoStack undoStack_;
};

}  // namespace mcj
