#pragma once

#include <cstdint>
#include <map>

#include "segmentation/mask_track.h"
#include "segmentation/object_table.h"
#include "segmentation/status_table.h"

namespace mcj {

/// Identifies one set of masks of a video. The programs write the main track; files may have more.
using TrackId = std::uint32_t;
constexpr TrackId kMainTrack = 0;

/// The masks of every track of a project, the objects in them, and what was noted about frames and
/// objects. A value: a copy costs one pointer per track and the rows of both tables, and does not
/// see later changes; masks are shared.
struct ProjectState {
    std::map<TrackId, MaskTrack> tracks{{kMainTrack, MaskTrack()}};  ///< always has the main track
    ObjectTable objects;
    StatusTable statuses;

    [[nodiscard]] const MaskTrack& track() const { return tracks.at(kMainTrack); }
    friend bool operator==(const ProjectState&, const ProjectState&) = default;
};

}  // namespace mcj
