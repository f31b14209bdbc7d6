#pragma once

#include <optional>
#include <string>
#include <vector>

#include "media/io/image_file.h"
#include "segmentation/mask.h"
#include "segmentation/object_order.h"

namespace mcj {

/// One object that is followed through the video.
struct MaskObject {
    ObjectId id = 1;
    std::string name;  ///< UTF-8
    Rgb8 color{};
    /// Where objects overlap, those of a lower depth lie on top, and of one depth those with higher
    /// ids: see `ObjectOrder`.
    std::uint8_t depth = 0;
    friend bool operator==(const MaskObject&, const MaskObject&) = default;
};

/// A change of an object's place in the order.
enum class StackMove { Forward, Backward, ToFront, ToBack };

enum class ObjectColors {
    Davis,       ///< the palette of DAVIS, a colour of its own for every object
    VisionSafe,  ///< Okabe and Ito's seven without black, for colour-blind readers; they repeat
};

/// The colour of object `id`, 1..254, in a set.
[[nodiscard]] Rgb8 objectColor(ObjectColors colors, ObjectId id);

/// "Object 3" in its colour of the DAVIS palette.
[[nodiscard]] MaskObject defaultObject(ObjectId id);

/// The objects of a project, by ascending id. A value.
class ObjectTable {
public:
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] const std::vector<MaskObject>& rows() const noexcept { return rows_; }
    /// Null if the object does not exist; valid until the table changes.
    [[nodiscard]] const MaskObject* find(ObjectId id) const noexcept;
    /// The lowest id that is not taken; none if all 254 are taken.
    [[nodiscard]] std::optional<ObjectId> freeId() const noexcept;

    [[nodiscard]] ObjectOrder order() const noexcept;
    /// The ids in drawing order: each object lies on top of those before it.
    [[nodiscard]] std::vector<ObjectId> backToFront() const;
    /// The rows whose depth a move of `id` changes, with their new depths; empty where it is at
    /// that end already, or does not exist.
    [[nodiscard]] std::vector<MaskObject> moved(ObjectId id, StackMove move) const;

    /// Adds the object or replaces the one with its id. Throws `Error{Internal}` for the ids of
    /// background and void.
    void set(MaskObject object);
    void erase(ObjectId id);
    /// Adds a default object for each id that is missing.
    void addMissing(const ObjectSet& ids);

    friend bool operator==(const ObjectTable&, const ObjectTable&) = default;

private:
    std::vector<MaskObject> rows_;
};

}  // namespace mcj
