#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inference/engine/flow_metrics.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// How pairs with true flow lie on disk.
enum class PairLayout {
    Folders,  ///< folders with pictures frame1.* and frame2.*, and flow.flo, or flow.png in KITTI's
              ///< coding
    Sintel,   ///< [training/]{clean,final}/SCENE/frame_0001.png,
              ///< [training/]flow/SCENE/frame_0001.flo
    Kitti,    ///< [training/]{image_2,colored_0,image_0}/000000_10.png and _11.png, flow_occ/...
};

/// Whether a pair of `PairLayout::Folders` may come without true flow.
enum class TruthRule { Required, Optional };

/// One pair of frames, with true flow and what a benchmark lays beside it; paths are empty where
/// there is nothing.
struct FlowPairFiles {
    std::string name;  ///< the folder's path below the root; "clean/SCENE/0001"; "000000"
    std::filesystem::path first;
    std::filesystem::path second;
    std::filesystem::path truth;
    std::string pass;                  ///< Sintel: "clean" or "final"
    std::filesystem::path occlusions;  ///< Sintel: white where a pixel has no counterpart
    std::filesystem::path invalid;     ///< Sintel: white where the truth is not to be used
    std::filesystem::path truthNoc;    ///< KITTI: the truth of pixels that have a counterpart
    std::filesystem::path objectMap;   ///< KITTI 2015: not 0 on objects that move by themselves
};

/// A pair in memory. The frames' source ids lie in a range that `openSource` does not hand out.
struct FlowPair {
    FramePtr first;
    FramePtr second;
    FlowField truth;      ///< on the grid of `first`; NaN where unknown; empty where there is none
    FlowRegions regions;  ///< as far as the files know them
};

/// Every pair in or below `root`, by name in natural order. Throws `Error{Input}` where there is
/// none, where a benchmark's folder is missing (it is named), or where a folder of one pair has
/// frames but no truth and `rule` requires it.
[[nodiscard]] std::vector<FlowPairFiles> findFlowPairs(const std::filesystem::path& root,
                                                       PairLayout layout = PairLayout::Folders,
                                                       TruthRule rule = TruthRule::Required);

/// Reads pair number `ordinal` of a list. Pixels that `invalid` names become unknown in the truth.
/// Throws `Error{Input}` for unreadable files and where the sizes of frames, truth and masks
/// differ.
[[nodiscard]] FlowPair readFlowPair(const FlowPairFiles& files, std::size_t ordinal);

}  // namespace mcj
