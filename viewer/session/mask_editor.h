#pragma once

#include <QObject>
#include <QString>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/class_list.h"
#include "segmentation/layered_mask.h"
#include "segmentation/mask.h"
#include "segmentation/mask_formats/mask_set.h"
#include "segmentation/mask_track.h"
#include "segmentation/object_table.h"
#include "segmentation/region.h"
#include "viewer/session/document.h"
#include "viewer/session/lanes.h"
#include "viewer/session/mask_preview.h"
#include "viewer/session/notice.h"
#include "viewer/session/propagation_log.h"

namespace mcj {

enum class StrokeMode { Paint, Erase };

enum class Solo { Off, On };

enum class PenPressure { Ignored, SizesBrush };

enum class SmartEdge { Off, On };

/// A frame of an edit that was prepared in the background from the mask `from`.
struct PreparedMask {
    FrameIndex frame = 0;
    MaskEntry from;
    std::optional<MaskEntry> to;
};

/// Makes the user's edits of masks and objects, and provides what the canvas needs: the mask being
/// painted, the palette and the changed regions. The document stores the result. Edits are ignored
/// while the document is not ready. No edit changes the mask of a locked frame (`noticed` is
/// emitted). GUI thread.
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
    /// The object need not exist: painting adds it.
    [[nodiscard]] ObjectId activeObject() const noexcept { return activeObject_; }
    /// Makes `id` active; adds the object if it does not exist.
    void setActiveObject(ObjectId id);
    /// Adds an object with the next free id and makes it active. Returns its id, or 0 if all 254
    /// are in use.
    ObjectId addObject();
    /// The same with the name and, where it has one, the colour of a class. Objects of one class
    /// are numbered: "car", "car 2".
    ObjectId addObject(const ObjectClass& kind);
    /// Gives an object the name and the colour of a class, as one undo step.
    void giveClass(ObjectId id, const ObjectClass& kind);
    /// Makes the object at a pixel of the frame's mask active. Returns whether there is one.
    bool pickObject(FrameIndex frame, PointPx at);
    // Repeated renaming or recolouring of one object is one undo step.
    void renameObject(ObjectId id, const QString& name);
    void setObjectColor(ObjectId id, Rgb8 color);
    /// Gives every object its colour of a set, as one undo step.
    void setObjectColors(ObjectColors colors);
    /// Not an undo step: visibility is a setting of the view, not part of the masks.
    void setObjectVisible(ObjectId id, bool visible);
    [[nodiscard]] bool objectVisible(ObjectId id) const { return !hidden_.contains(id); }
    /// While on, only the active object is drawn, also where it is hidden. A setting of the view.
    void setSolo(Solo solo);
    [[nodiscard]] Solo solo() const noexcept { return solo_; }
    [[nodiscard]] bool objectDrawn(ObjectId id) const {
        return solo_ == Solo::On ? id == activeObject_ : objectVisible(id);
    }
    /// The objects in drawing order: each lies on top of those before it.
    [[nodiscard]] std::vector<ObjectId> backToFront() const {
        return document_.state().objects.backToFront();
    }
    /// Changes the object's place in this order and what is on top in all masks in which objects
    /// overlap, as one undo step. Locked frames stay as they are (`noticed` is emitted). Many masks
    /// are prepared in the background: see `preparing`.
    void moveObject(ObjectId id, StackMove move);
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
    /// The mask at `frame`, including an unfinished stroke; null if the frame has no mask. During a
    /// stroke the mask changes in place: compare `revision`.
    /// Where a preview changes the frame, the preview's mask.
    [[nodiscard]] MaskPtr mask(FrameIndex frame) const;
    /// The objects directly below those on top, by pixel (`LayeredMask::below`); null where nothing
    /// is covered. During a stroke that from before.
    [[nodiscard]] MaskPtr covered(FrameIndex frame) const;
    /// Grows with every change of any mask.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }
    /// The region of `frame` changed after `revision`: an empty box for no change, `nullopt` for
    /// the whole mask.
    [[nodiscard]] std::optional<BoxPx> changedSince(FrameIndex frame, std::uint64_t revision) const;

    // Strokes: one drag, one undo step -----------------------------------------------------------
    [[nodiscard]] float brushRadiusPx() const noexcept { return brushRadiusPx_; }
    void setBrushRadiusPx(float radius);  ///< 0.5..500
    /// Whether a pen that is pressed less paints with a smaller radius.
    [[nodiscard]] PenPressure penPressure() const noexcept { return penPressure_; }
    void setPenPressure(PenPressure use);
    /// While on, a stroke that ends keeps only what belongs with its centre line: see `snapStroke`
    /// in segmentation/smart_edge.h.
    [[nodiscard]] SmartEdge smartEdge() const noexcept { return smartEdge_; }
    void setSmartEdge(SmartEdge edge);
    /// Whether objects keep the pixels over which another one is drawn or imported; `Replace` until
    /// it is chosen. A setting of the project.
    [[nodiscard]] Overlaps overlaps() const noexcept {
        return overlaps_.value_or(Overlaps::Replace);
    }
    void setOverlaps(Overlaps overlaps);
    /// None: never chosen in this project.
    [[nodiscard]] std::optional<Overlaps> chosenOverlaps() const noexcept { return overlaps_; }
    /// How the tools draw now.
    [[nodiscard]] DrawingRules rules() const {
        return {overlaps(), document_.state().objects.order()};
    }
    /// `pressure`: of a pen, 0..1. The radius is this share of the brush's, but at least 0.5 px.
    /// `picture`: the frame; without it the stroke does not snap.
    void beginStroke(FrameIndex frame, StrokeMode mode, PointF at, float pressure = 1.0F,
                     const FramePtr& picture = {});
    void extendStroke(PointF to, float pressure = 1.0F);
    void endStroke();
    void cancelStroke();
    [[nodiscard]] bool stroking() const noexcept { return stroke_ != nullptr; }

    // Other edits, each one undo step ------------------------------------------------------------
    /// Whether the frame may be changed; emits a notice if it is locked or the project read-only.
    [[nodiscard]] bool changeable(FrameIndex frame);
    /// Gives the pixels of `region` to the active object or, to erase, takes them from it; other
    /// objects keep theirs then.
    void paintRegion(FrameIndex frame, StrokeMode mode, const Region& region);
    /// Gives the connected area of one label around `at` to the active object or, to erase, makes
    /// it background. Outside of the picture nothing happens.
    void fill(FrameIndex frame, StrokeMode mode, PointPx at);
    /// Sets the mask of `frame` to one read from a file; its objects are added. While overlaps are
    /// kept, it is laid over the mask that the frame has. Throws
    /// `Error{Input}` if its size differs from the video's, `Error{Usage}` if the frame is locked.
    void importMask(FrameIndex frame, Mask mask);
    /// Masks of frames that an import of many frames does not have. Locked ones are kept.
    enum class OtherFrames { Keep, Clear };
    /// Sets the masks of many frames as one step; objects that do not exist are added with their
    /// names. Returns how many imported masks were left out because their frames are locked. Throws
    /// as `importMask`.
    int importMasks(const MaskTrack& imported, const std::vector<SetObject>& objects,
                    OtherFrames others = OtherFrames::Keep);
    /// Makes a prepared edit. Frames that are locked, or whose mask is no longer the one it was
    /// prepared from, are left as they are. Returns the edit, or none if nothing was left to do.
    std::optional<EditId> replacePrepared(const QString& text,
                                          const std::vector<PreparedMask>& masks);
    void clearFrame(FrameIndex frame);
    /// Removes the object from every mask and from the list; masks that become empty are removed.
    /// Locked frames keep it, and then the list does as well (`noticed` is emitted). Many masks are
    /// prepared in the background: see `preparing`.
    void removeObject(ObjectId id);
    /// Text for the edit being prepared; empty if there is none. Other edits are possible
    /// meanwhile.
    [[nodiscard]] QString preparing() const;
    /// Cancels the edit being prepared.
    void stopPreparing();
    enum class Lock { Off, On };
    void setLock(FrameIndex frame, Lock lock);

    // A preview: shown by `mask`, made by one edit when it is accepted -------------------------
    /// Shows a change instead of the one that is shown. Frames that are locked, or whose mask is
    /// not the one that the change was made from, are left out; none left: nothing is shown. The
    /// start of any edit drops the preview. Ignored during a stroke.
    void showPreview(MaskPreview preview);
    /// Null if none is shown; valid until it changes.
    [[nodiscard]] const MaskPreview* preview() const noexcept {
        return preview_ ? &*preview_ : nullptr;
    }
    /// Makes the change that is shown; one undo step.
    void acceptPreview();
    void dropPreview();

    // A propagation writes frame by frame and is one undo step, however it ends. Objects may be
    // added, renamed and recoloured meanwhile; an edit of masks ends it.
    /// Whether a propagation may write; emits a notice if the project is read-only.
    [[nodiscard]] bool mayPropagate() { return document_.mayEdit(); }
    void beginPropagation(const QString& text);
    [[nodiscard]] bool propagating() const noexcept { return propagation_.has_value(); }
    /// A frame that is locked by now is left as it is.
    void putPropagated(FrameIndex frame, const MaskEntry& entry, PropagationMethod method);
    void endPropagation();
    [[nodiscard]] const PropagationLog& propagations() const noexcept { return propagations_; }

    /// These first end a propagation; an unfinished stroke is cancelled.
    void undo();
    void redo();

Q_SIGNALS:
    /// The mask of `frame` changed, also during a stroke. Emitted once for an edit of several
    /// frames, with the first of them.
    void maskChanged(mcj::FrameIndex frame);
    void objectsChanged();
    void brushChanged();
    /// The user is about to edit masks: a propagation ends here.
    void editStarting();
    void propagationStarting();
    /// A propagation that wrote masks has ended; `edit` is its undo step.
    void propagated(mcj::EditId edit);
    void preparingChanged();
    void noticed(const mcj::Notice& notice);

private:
    struct Stroke;
    struct Change {
        std::uint64_t revision;
        FrameIndex frame;
        std::optional<BoxPx> box;
    };

    /// An edit that is prepared on the lane.
    struct Preparation {
        QString text;
        std::shared_ptr<std::atomic<bool>> stop;
    };
    struct Propagation {
        std::string label;
        std::optional<EditId> edit;  ///< set once a frame is written
    };
    using Entries = std::vector<std::pair<FrameIndex, PackedMaskPtr>>;
    /// A changed mask; null where it stays as it is. Runs on the lane.
    using MaskChange = std::function<PackedMaskPtr(const PackedMask&)>;
    /// Gets the masks that the change was made from and those that it made of them.
    using ChangesReady = std::function<void(const MaskTrack& seen, const Entries& ready)>;

    void documentReset();
    void documentEdited(const std::vector<EditPart>& parts);
    void remember(FrameIndex frame, std::optional<BoxPx> box);
    void note(FrameIndex frame, std::optional<BoxPx> box);
    /// The edit that changes a frame's mask from its current state to `after`.
    [[nodiscard]] MaskEdit changeOf(FrameIndex frame, std::optional<MaskEntry> after) const;
    [[nodiscard]] bool locked(FrameIndex frame) const;
    /// Adds to `edit` the objects of a new mask that do not exist yet.
    void addMissingObjects(const ObjectSet& ids, Edit& edit) const;
    /// `row` with the name and colour of a class.
    [[nodiscard]] MaskObject withClass(MaskObject row, const ObjectClass& kind) const;
    void changeObject(const MaskObject& changed, const QString& text);
    void startEdit();
    /// Reduces the stroke to the edges of its picture. Returns whether something is left.
    [[nodiscard]] bool snap(Stroke& stroke) const;
    void endLayeredStroke(const Stroke& stroke, const QString& text);
    /// Facts of a frame's mask after `object` was drawn on it by hand.
    [[nodiscard]] MaskFacts factsOfDrawing(FrameIndex frame, ObjectId object) const;
    /// Of the preview; null where it does not change the frame.
    [[nodiscard]] const MaskPreview::Frame* previewOf(FrameIndex frame) const;
    /// The masks on screen of these frames differ.
    void noteFrames(const std::vector<MaskPreview::Frame>& frames);
    /// Makes `packed`, with `mask` on top, the frame's mask, in which `object` was drawn by hand.
    /// One edit.
    void commitDrawn(FrameIndex frame, const MaskPtr& mask, const PackedMaskPtr& packed,
                     ObjectId object, const QString& text);
    /// The same with what is covered; nothing if the frame's mask is equal.
    void commitLayers(FrameIndex frame, const LayeredMask& after, ObjectId object,
                      const QString& text);
    /// A copy to draw on: of what is on top in the frame's mask, or an empty one.
    [[nodiscard]] std::shared_ptr<Mask> drawable(FrameIndex frame) const;
    /// The frame's mask with what is covered, or an empty one.
    [[nodiscard]] LayeredMask layersOf(FrameIndex frame) const;
    /// Whether drawing on the frame has to consider what is covered.
    [[nodiscard]] bool drawsLayers(FrameIndex frame) const;
    /// Changes all masks on the lane; `ready` follows, unless it is stopped.
    void prepareMasks(const QString& text, MaskChange change, ChangesReady ready);
    void finishMove(ObjectId id, StackMove move, const MaskTrack& seen, const Entries& ready);
    void finishRemoval(ObjectId id, const MaskTrack& seen, const Entries& ready);
    /// Says that `frames` locked frames still have the object.
    void tellKept(ObjectId id, qint64 frames);
    void chooseActive(const std::vector<EditPart>& parts);
    void rebuildPalette();

    Document& document_;
    ObjectId activeObject_ = 1;
    std::set<ObjectId> hidden_;
    Solo solo_ = Solo::Off;
    float brushRadiusPx_ = 12.0F;
    PenPressure penPressure_ = PenPressure::SizesBrush;
    SmartEdge smartEdge_ = SmartEdge::Off;
    std::optional<Overlaps> overlaps_;
    std::unique_ptr<Stroke> stroke_;
    std::optional<FrameIndex> painted_;   ///< of a stroke that is being committed
    std::optional<MaskPreview> preview_;  ///< with at least one frame
    std::optional<Propagation> propagation_;
    PropagationLog propagations_;
    mutable FrameIndex unpackedFrame_ = -1;  ///< of the mask kept unpacked for the canvas
    mutable MaskPtr unpacked_;
    mutable PackedMaskPtr coveredOf_;            ///< the mask to which `covered_` belongs
    mutable std::uint64_t coveredRevision_ = 0;  ///< of the palette, which changes with the order
    mutable MaskPtr covered_;
    std::array<std::array<std::uint8_t, 4>, 256> palette_{};
    std::uint64_t paletteRevision_ = 1;
    std::uint64_t revision_ = 1;
    std::deque<Change> changes_;
    std::optional<Preparation> preparation_;
    Lane lane_;
};

}  // namespace mcj
