#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <tuple>

#include "segmentation/mask_propagator.h"
#include "segmentation/mask_track.h"

namespace mcj {

/// The method by which each mask was propagated in this session; a project file records only that a
/// mask was propagated. A mask is identified by its content: a mask that was changed since does not
/// match, and one restored by undo does. GUI thread.
class PropagationLog {
public:
    void clear() noexcept { methods_.clear(); }
    void add(FrameIndex frame, const MaskEntry& entry, PropagationMethod method);
    /// `nullopt` if no propagation of this session wrote this mask.
    [[nodiscard]] std::optional<PropagationMethod> methodOf(FrameIndex frame,
                                                            const MaskEntry& entry) const;

private:
    /// The last is a hash of the packed mask; storing the masks themselves would keep them in
    /// memory.
    using Key = std::tuple<FrameIndex, MaskOrigin, std::size_t>;
    [[nodiscard]] static Key keyOf(FrameIndex frame, const MaskEntry& entry);

    std::map<Key, PropagationMethod> methods_;
};

}  // namespace mcj
