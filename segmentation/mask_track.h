#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/packed_mask.h"

namespace mcj {

/// Where a frame's mask came from. Painted and Imported masks are anchors of propagation.
enum class MaskOrigin { Painted, Propagated, Imported };

/// See `MaskFacts::confidence`.
constexpr float kUnknownConfidence = -1.0F;

/// The facts about one frame's mask besides its labels.
struct MaskFacts {
    MaskOrigin origin = MaskOrigin::Painted;
    bool locked = false;   ///< reviewed: a propagation starts from it and never changes it
    bool partial = false;  ///< may lack objects: a propagation adds those that it carries
    /// Mean over the objects' pixels, 0..1; 1 for painted and imported. `kUnknownConfidence` for
    /// masks that another program has propagated: a propagation may replace them.
    float confidence = 1.0F;
    /// Whether another program has propagated it.
    [[nodiscard]] bool foreign() const noexcept {
        return origin == MaskOrigin::Propagated && confidence < 0.0F;
    }
    friend bool operator==(const MaskFacts&, const MaskFacts&) = default;
};

/// One frame's mask. Cheap to copy.
struct MaskEntry {
    PackedMaskPtr packed;  ///< never null in a track
    MaskFacts facts;

    /// What is on top.
    [[nodiscard]] MaskPtr mask() const { return packed->unpack(); }
    /// A propagation starts from this frame and does not write it.
    [[nodiscard]] bool anchor() const noexcept {
        return facts.locked || facts.origin != MaskOrigin::Propagated;
    }
    friend bool operator==(const MaskEntry& a, const MaskEntry& b) {
        return a.facts == b.facts && (a.packed == b.packed || *a.packed == *b.packed);
    }
};

[[nodiscard]] MaskEntry makeEntry(const Mask& mask, MaskFacts facts);

/// The masks of a video by frame. A value: a copy is a snapshot that costs one pointer and does not
/// see later changes. One owner writes (the GUI thread, or the command line's loop); snapshots may
/// be read from any thread.
class MaskTrack {
public:
    using Entries = std::map<FrameIndex, MaskEntry>;

    MaskTrack() : entries_(std::make_shared<Entries>()) {}

    [[nodiscard]] bool empty() const noexcept { return entries_->empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_->size(); }
    [[nodiscard]] const Entries& entries() const noexcept { return *entries_; }

    /// Null where the frame has no mask; valid until the track changes.
    [[nodiscard]] const MaskEntry* find(FrameIndex frame) const noexcept;
    /// The same as a value; none where the frame has no mask.
    [[nodiscard]] std::optional<MaskEntry> entryAt(FrameIndex frame) const;
    /// What is on top in the frame's mask, unpacked; null where it has none.
    [[nodiscard]] MaskPtr mask(FrameIndex frame) const;

    void set(FrameIndex frame, MaskEntry entry);
    void erase(FrameIndex frame);
    /// Does nothing on a frame without a mask.
    void lock(FrameIndex frame);
    void unlock(FrameIndex frame);

    /// Frames that propagation starts from, ascending.
    [[nodiscard]] std::vector<FrameIndex> anchors() const;
    /// Every object that occurs anywhere, also covered.
    [[nodiscard]] ObjectSet objects() const;
    /// Bytes of all packed masks.
    [[nodiscard]] std::size_t bytes() const noexcept;

    friend bool operator==(const MaskTrack& a, const MaskTrack& b) {
        return a.entries_ == b.entries_ || *a.entries_ == *b.entries_;
    }

private:
    Entries& writable();

    std::shared_ptr<Entries> entries_;  ///< copied on the first write after a snapshot
};

}  // namespace mcj
