#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// How pairs with true flow lie on disk.
enum class PairLayout {
    Folders,  ///< folders with frame1.*, frame2.* and flow.flo, or flow.png in KITTI's coding
    Sintel,   ///< [training/]{clean,final}/SCENE/frame_0001.png, [training/]flow/SCENE/frame_0001.flo
    Kitti,    ///< [training/]{image_2,colored_0}/000000_10.png and _11.png, flow_occ/000000_10.png
};

/// One pair of frames with true flow.
struct FlowPairFiles {
    std::string name;  ///< the folder's path below the root; "clean/SCENE/0001"; "000000"
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
/// or where a folder of one pair has frames but no truth.
[[nodiscard]] std::vector<FlowPairFiles> findFlowPairs(const std::filesystem::path& root,
                                                       PairLayout layout = PairLayout::Folders);

/// Reads pair number `ordinal` of a list. Throws `Error{Input}` for unreadable files and where the
/// sizes of frames and truth differ.
[[nodiscard]] FlowPair readFlowPair(const FlowPairFiles& files, std::size_t ordinal);

/// True where `a` comes before `b` when runs of digits are read as numbers.
[[nodiscard]] bool naturalLess(const std::string& a, const std::string& b);

}  // namespace mcj
