#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/base/stop_token.h"
#include "segmentation/edit.h"

namespace mcj {

/// A frame's mask before and after an edit; none: it had none.
struct FrameRewrite {
    FrameIndex frame = 0;
    std::optional<MaskEntry> before;
    std::optional<MaskEntry> after;
};

/// The frames of the main track that `parts` write, ascending. A frame that is written more than
/// once is listed once, from its first state to its last.
[[nodiscard]] std::vector<FrameRewrite> rewritesOf(std::span<const EditPart> parts);

/// How an edit changed one object.
struct ObjectChange {
    ObjectId object = 0;
    std::int64_t changedPx = 0;  ///< that the object gained or lost, over all frames
    std::int64_t eitherPx = 0;   ///< that it had before or has after, over all frames
    FrameIndex frames = 0;       ///< with a changed pixel
    [[nodiscard]] double share() const noexcept {
        return eitherPx > 0 ? static_cast<double>(changedPx) / static_cast<double>(eitherPx) : 0.0;
    }
};

/// The objects that changed, by ascending id. Throws `Error{Interrupted}` once `stop` asks for it.
[[nodiscard]] std::vector<ObjectChange> changesByObject(std::span<const FrameRewrite> rewrites,
                                                        const StopToken& stop = {});

/// `now` with one object as it was before: each pixel that is the object's now or was before gets
/// the label it had before, and what it covers or covered comes from before as well, as far as
/// something still lies on top. If this is done for all objects, the result is the mask from
/// before. If the result is blank and the frame had no mask before, there is no mask. Facts are
/// those of `now`, or of `before` where the labels equal it. Throws `Error{Input}` where the sizes
/// differ.
[[nodiscard]] std::optional<MaskEntry> withObjectFrom(const std::optional<MaskEntry>& before,
                                                      const MaskEntry& now, ObjectId object);

}  // namespace mcj
