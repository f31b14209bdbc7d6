#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <tuple>

#include "segmentation/mask_propagator.h"
#include "segmentation/mask_track.h"

namespace mcj {

/// By which method the propagations of this session wrote their masks; a project file keeps only
/// that a mask was propagated. A mask is known again by its content: one that was changed since is
/// not what the method wrote, and one that undo brings back is. GUI thread.
class PropagationLog {
public:
    void clear() noexcept { methods_.clear(); }
    void add(FrameIndex frame, const MaskEntry& entry, PropagationMethod method);
    /// None where no propagation of this session wrote this mask.
    [[nodiscard]] std::optional<PropagationMethod> methodOf(FrameIndex frame,
                                                            const MaskEntry& entry) const;

private:
    /// The last is a hash of the packed mask: the masks themselves would stay in memory for good.
    using Key = std::tuple<FrameIndex, MaskOrigin, std::size_t>;
    [[nodiscard]] static Key keyOf(FrameIndex frame, const MaskEntry& entry);

    std::map<Key, PropagationMethod> methods_;
};

}  // namespace mcj
