#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "segmentation/project_state.h"

namespace mcj {

using EditId = std::int64_t;

/// The mask of one frame is added, changed or removed (none: the frame has no mask).
struct MaskEdit {
    TrackId track = kMainTrack;
    FrameIndex frame = 0;
    std::optional<MaskEntry> before;
    std::optional<MaskEntry> after;
    friend bool operator==(const MaskEdit&, const MaskEdit&) = default;
};

/// The facts of one frame's mask change, not its labels: a lock.
struct FactsEdit {
    TrackId track = kMainTrack;
    FrameIndex frame = 0;
    MaskFacts before;
    MaskFacts after;
    friend bool operator==(const FactsEdit&, const FactsEdit&) = default;
};

/// An object is added, renamed, recoloured or removed.
struct ObjectEdit {
    std::optional<MaskObject> before;
    std::optional<MaskObject> after;
    [[nodiscard]] ObjectId id() const noexcept { return before ? before->id : after->id; }
    friend bool operator==(const ObjectEdit&, const ObjectEdit&) = default;
};

/// The status or the note of a frame or an object changes. Blank ones are not stored.
struct StatusEdit {
    StatusSubject subject;
    StatusNote before;
    StatusNote after;
    friend bool operator==(const StatusEdit&, const StatusEdit&) = default;
};

using EditPart = std::variant<MaskEdit, FactsEdit, ObjectEdit, StatusEdit>;

/// One step of undo: a stroke, a lock, a status, an import, a removed object, or a whole
/// propagation. Masks are shared with the states before and after, so an edit of thousands of
/// frames is applied and reverted by exchanging pointers.
struct Edit {
    EditId id = 0;      ///< assigned by the log
    std::string label;  ///< for the menu: "Paint object 2"
    std::vector<EditPart> parts;
    friend bool operator==(const Edit&, const Edit&) = default;
};

// They throw `Error{Internal}` where the state is not the one that the edit starts from; the state
// is then unchanged.
void applyEdit(ProjectState& state, const Edit& edit);
void applyParts(ProjectState& state, std::span<const EditPart> parts);
/// Walks the parts backwards, so one frame may occur more than once.
void revertEdit(ProjectState& state, const Edit& edit);

/// Bytes of the masks from before the edit, which only the edit may keep once it is done.
[[nodiscard]] std::size_t bytesBefore(const Edit& edit) noexcept;

// The encoding of facts and objects in project files. The decoders throw `Error{Input}` for
// anything else.
[[nodiscard]] std::vector<std::uint8_t> encodeFacts(const MaskFacts& facts);
[[nodiscard]] MaskFacts decodeFacts(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::vector<std::uint8_t> encodeObject(const MaskObject& object);
[[nodiscard]] MaskObject decodeObject(std::span<const std::uint8_t> bytes);

}  // namespace mcj
