#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// One pair of frames with true flow on disk: a folder with frame1.*, frame2.* and flow.flo, or
/// flow.png in KITTI's coding.
struct FlowPairFiles {
    std::string name;  ///< the folder's path below the root
    std::filesystem::path first;
    std::filesystem::path second;
    std::filesystem::path truth;
};

/// A pair in memory. The frames' source ids lie in a range that `openSource` does not hand out.
struct FlowPair {
    FramePtr first;
    FramePtr second;
    FlowField truth;  ///< on the grid of `first`; NaN where unknown
};

/// Every pair in or below `root`, by name in natural order. Throws `Error{Input}` where there is none,
/// or where a folder has frames but no truth.
[[nodiscard]] std::vector<FlowPairFiles> findFlowPairs(const std::filesystem::path& root);

/// Reads pair number `ordinal` of a list. Throws `Error{Input}` for unreadable files and where the
/// sizes of frames and truth differ.
[[nodiscard]] FlowPair readFlowPair(const FlowPairFiles& files, std::size_t ordinal);

/// True where `a` comes before `b` when runs of digits are read as numbers.
[[nodiscard]] bool naturalLess(const std::string& a, const std::string& b);

}  // namespace mcj
