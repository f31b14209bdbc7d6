#pragma once

#include <cstdint>
#include <map>

#include "segmentation/mask_track.h"
#include "segmentation/object_table.h"

namespace mcj {

/// Names one set of masks of a video. The programs write the main track; files may hold more.
using TrackId = std::uint32_t;
constexpr TrackId kMainTrack = 0;

/// What a project knows of its video: the masks of every track and the objects in them. A value:
/// a copy costs one pointer for each track and does not see later changes; masks are shared.
struct ProjectState {
    std::map<TrackId, MaskTrack> tracks{{kMainTrack, MaskTrack()}};  ///< the main one is there
    ObjectTable objects;

    [[nodiscard]] const MaskTrack& track() const { return tracks.at(kMainTrack); }
    friend bool operator==(const ProjectState&, const ProjectState&) = default;
};

}  // namespace mcj
