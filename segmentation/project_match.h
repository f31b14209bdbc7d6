#pragma once

#include <array>
#include <string>

#include "media/base/stop_token.h"
#include "segmentation/project_file.h"

namespace mcj {

// Whether two projects belong to one clip, and which of their objects correspond.

/// A sentence on how the clips of two projects differ; empty if everything that is known of both is
/// equal. Paths do not count.
[[nodiscard]] std::string clipDifference(const VideoIdentity& a, const VideoIdentity& b);

/// The new number of each object; background and void keep theirs.
using ObjectNumbers = std::array<ObjectId, 256>;

/// The numbers by which the objects of `b` get those of the objects of `a` with the same names; the
/// others keep theirs where `a` does not use them, and get free ones otherwise. Of several objects
/// with one name the first ones belong together. Throws `Error{Input}` where no number is free.
[[nodiscard]] ObjectNumbers numbersByName(const ObjectTable& a, const ObjectTable& b);

/// The main track, objects and statuses of `state` with other numbers. `numbers` gives no number
/// twice.
[[nodiscard]] ProjectState renumbered(const ProjectState& state, const ObjectNumbers& numbers,
                                      const StopToken& stop);

}  // namespace mcj
