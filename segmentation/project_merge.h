#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "media/base/stop_token.h"
#include "segmentation/project_file.h"

namespace mcj {

enum class MergeSide { A, B };

/// How two projects of one clip become one. A frame that only one of them has comes from that one.
/// Where both have one and the masks differ, the first rule that decides is used: the project in
/// which the frame is locked; the one in which it is done; the one in which it was painted or
/// imported while it is propagated in the other; `otherwise`, and the frame is a conflict.
struct MergeRules {
    MergeSide otherwise = MergeSide::A;
    /// The pixels of these objects come from one project on all frames that it has, whatever the
    /// rules say, except on locked frames.
    std::map<ObjectId, MergeSide> objects = {};
};

/// What no rule decided.
struct MergeConflict {
    StatusSubject subject;
    std::string what;  ///< "the masks differ; A was taken"
};

struct MergeResult {
    ProjectContent content;
    std::vector<MergeConflict> conflicts;
    std::int64_t equal = 0;  ///< frames with the same mask in both
    std::int64_t onlyA = 0;  ///< frames that only this project has
    std::int64_t onlyB = 0;
    std::int64_t fromA = 0;  ///< frames whose masks differ, by the project that was taken
    std::int64_t fromB = 0;
};

/// Project A with the masks, objects, statuses and notes of B merged into it as one undo step.
/// Objects belong together by their numbers (see `renumbered`). Frames in conflict become doubtful,
/// with a note. Throws `Error{Usage}` where a rule names an object that neither project has,
/// `Error{Input}` where the masks differ in size, `Error{Interrupted}` when stopped.
[[nodiscard]] MergeResult mergeProjects(const ProjectContent& a, const ProjectState& b,
                                        const MergeRules& rules, const StopToken& stop);

}  // namespace mcj
