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

/// The mask of one frame appears, changes or goes away (none: the frame has no mask).
struct MaskEdit {
    TrackId track = kMainTrack;
    FrameIndex frame = 0;
    std::optional<MaskEntry> before;
    std::optional<MaskEntry> after;
    friend bool operator==(const MaskEdit&, const MaskEdit&) = default;
};

/// What is known of one frame's mask changes, its labels stay: a lock.
struct FactsEdit {
    TrackId track = kMainTrack;
    FrameIndex frame = 0;
    MaskFacts before;
    MaskFacts after;
    friend bool operator==(const FactsEdit&, const FactsEdit&) = default;
};

/// An object appears, is renamed or recoloured, or goes away.
struct ObjectEdit {
    std::optional<MaskObject> before;
    std::optional<MaskObject> after;
    [[nodiscard]] ObjectId id() const noexcept { return before ? before->id : after->id; }
    friend bool operator==(const ObjectEdit&, const ObjectEdit&) = default;
};

using EditPart = std::variant<MaskEdit, FactsEdit, ObjectEdit>;

/// One step of undo: a stroke, a lock, an import, a removed object, or a whole propagation. Masks
/// are shared with the states before and after, so an edit of thousands of frames is applied and
/// reverted by exchanging pointers.
struct Edit {
    EditId id = 0;      ///< given by the log that takes it
    std::string label;  ///< for the menu: "Paint object 2"
    std::vector<EditPart> parts;
    friend bool operator==(const Edit&, const Edit&) = default;
};

// Pure functions of the state. They throw `Error{Internal}` where the state is not what the edit
// started from; the state is then as it was before the call.
void applyEdit(ProjectState& state, const Edit& edit);
void applyParts(ProjectState& state, std::span<const EditPart> parts);
/// Walks the parts backwards, so one frame may occur more than once.
void revertEdit(ProjectState& state, const Edit& edit);

/// Bytes of the masks that were there before the edit: once it is done, nothing else may need them.
[[nodiscard]] std::size_t bytesBefore(const Edit& edit) noexcept;

// How facts and objects lie in project files. The decoders throw `Error{Input}` for anything else.
[[nodiscard]] std::vector<std::uint8_t> encodeFacts(const MaskFacts& facts);
[[nodiscard]] MaskFacts decodeFacts(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::vector<std::uint8_t> encodeObject(const MaskObject& object);
[[nodiscard]] MaskObject decodeObject(std::span<const std::uint8_t> bytes);

}  // namespace mcj
