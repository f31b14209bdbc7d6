#pragma once

#include <QObject>
#include <QString>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/mask.h"
#include "segmentation/mask_track.h"
#include "segmentation/object_table.h"
#include "viewer/session/document.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"
#include "viewer/session/propagation_log.h"

namespace mcj {

enum class StrokeMode { Paint, Erase };

/// Makes the edits of masks and objects that the user asks for, and what the screen needs of them:
/// the mask that is painted on, the palette, what changed where. What is kept is the document's.
/// Edits are ignored while the document is not ready. A locked frame is not changed, except by
/// removing an object everywhere; `noticed` says so. GUI thread.
class MaskEditor : public QObject {
    Q_OBJECT
public:
    /// `document` outlives the editor.
    explicit MaskEditor(Document& document, QObject* parent = nullptr);
    ~MaskEditor() override;

    // Objects ------------------------------------------------------------------------------------
    [[nodiscard]] const std::vector<MaskObject>& objects() const noexcept {
        return document_.state().objects.rows();
    }
    [[nodiscard]] const MaskObject* object(ObjectId id) const {
        return document_.state().objects.find(id);
    }
    /// May have no row: painting adds it.
    [[nodiscard]] ObjectId activeObject() const noexcept { return activeObject_; }
    /// Chooses `id`, adding it where it is not there yet.
    void setActiveObject(ObjectId id);
    /// Adds the next free object and makes it active; its id, or 0 when all 254 are taken.
    ObjectId addObject();
    // Renaming or recolouring an object several times in a row is one step.
    void renameObject(ObjectId id, const QString& name);
    void setObjectColor(ObjectId id, Rgb8 color);
    /// What is looked at is not what is worked on: no step of undo.
    void setObjectVisible(ObjectId id, bool visible);
    [[nodiscard]] bool objectVisible(ObjectId id) const { return !hidden_.contains(id); }
    /// Hidden objects as "2,5", for a project's settings.
    [[nodiscard]] std::string hiddenObjects() const;
    void setHiddenObjects(const std::string& ids);
    /// RGBA by label, 0..255; alpha 0 is not drawn (background, hidden objects). Void is grey.
    [[nodiscard]] const std::array<std::array<std::uint8_t, 4>, 256>& palette() const noexcept {
        return palette_;
    }
    [[nodiscard]] std::uint64_t paletteRevision() const noexcept { return paletteRevision_; }

    // Masks --------------------------------------------------------------------------------------
    [[nodiscard]] const MaskTrack& track() const { return document_.state().track(); }
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
    /// its size is not the video's, `Error{Usage}` where the frame is locked.
    void importMask(FrameIndex frame, Mask mask);
    void clearFrame(FrameIndex frame);
    /// Takes the object out of every mask, of locked frames too, and out of the list; masks that
    /// have nothing else go. Many masks are made ready in the background: see `preparing`.
    void removeObject(ObjectId id);
    /// What is being made ready, in words; empty when nothing is. Other edits may come meanwhile.
    [[nodiscard]] QString preparing() const;
    /// Gives up what is being made ready.
    void stopPreparing();
    enum class Lock { Off, On };
    void setLock(FrameIndex frame, Lock lock);

    // A propagation writes frame by frame and is one step of undo, however it ends. Objects may be
    // added, renamed and recoloured meanwhile; an edit of masks ends it.
    void beginPropagation(const QString& text);
    [[nodiscard]] bool propagating() const noexcept { return propagation_.has_value(); }
    void putPropagated(FrameIndex frame, const MaskEntry& entry, PropagationMethod method);
    void endPropagation();
    [[nodiscard]] const PropagationLog& propagations() const noexcept { return propagations_; }

    /// Also end a propagation first; a stroke under way is cancelled.
    void undo();
    void redo();

Q_SIGNALS:
    /// The mask of `frame` changed, also during a stroke. Said once for an edit of many frames,
    /// with the first of them.
    void maskChanged(mcj::FrameIndex frame);
    void objectsChanged();
    void brushChanged();
    /// An edit of masks by the user is about to happen: a propagation ends here.
    void editStarting();
    void preparingChanged();
    void noticed(const mcj::Notice& notice);

private:
    struct Stroke;
    struct Change {
        std::uint64_t revision;
        FrameIndex frame;
        std::optional<BoxPx> box;
    };

    /// An edit that is made ready on the lane.
    struct Preparation {
        QString text;
        std::shared_ptr<std::atomic<bool>> stop;
    };
    struct Propagation {
        std::string label;
        std::optional<EditId> edit;  ///< once a frame is written
    };
    using Entries = std::vector<std::pair<FrameIndex, PackedMaskPtr>>;

    void documentReset();
    void documentEdited(const std::vector<EditPart>& parts);
    void remember(FrameIndex frame, std::optional<BoxPx> box);
    void note(FrameIndex frame, std::optional<BoxPx> box);
    /// The change of a frame's mask from what it is.
    [[nodiscard]] MaskEdit changeOf(FrameIndex frame, std::optional<MaskEntry> after) const;
    /// Objects that occur in a new mask and have no row yet.
    void addMissingObjects(const ObjectSet& ids, Edit& edit) const;
    void changeObject(const MaskObject& changed, const QString& text);
    void startEdit();
    /// Whether the frame may be changed; says so where it may not.
    bool changeable(FrameIndex frame);
    void finishRemoval(ObjectId id, const MaskTrack& seen, const Entries& ready);
    void chooseActive(const std::vector<EditPart>& parts);
    void rebuildPalette();

    Document& document_;
    ObjectId activeObject_ = 1;
    std::set<ObjectId> hidden_;
    float brushRadiusPx_ = 12.0F;
    std::unique_ptr<Stroke> stroke_;
    std::optional<FrameIndex> painted_;  ///< of a stroke that is being committed
    std::optional<Propagation> propagation_;
    PropagationLog propagations_;
    mutable FrameIndex unpackedFrame_ = -1;  ///< of the mask kept unpacked for the screen
    mutable MaskPtr unpacked_;
    std::array<std::array<std::uint8_t, 4>, 256> palette_{};
    std::uint64_t paletteRevision_ = 1;
    std::uint64_t revision_ = 1;
    std::deque<Change> changes_;
    std::optional<Preparation> preparation_;
    Lane lane_;
};

}  // namespace mcj
