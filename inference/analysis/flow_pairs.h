#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inference/analysis/flow_metrics.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// The layout of pairs with true flow on disk.
enum class PairLayout {
    Folders,  ///< folders with pictures frame1.* and frame2.*, and flow.flo, or flow.png in KITTI's
              ///< encoding
    Sintel,   ///< [training/]{clean,final}/SCENE/frame_0001.png,
              ///< [training/]flow/SCENE/frame_0001.flo
    Kitti,    ///< [training/]{image_2,colored_0,image_0}/000000_10.png and _11.png, flow_occ/...
};

/// Whether a pair of `PairLayout::Folders` may lack true flow.
enum class TruthRule { Required, Optional };

/// One pair of frames, with true flow and a benchmark's further files; paths are empty where a file
/// does not exist.
struct FlowPairFiles {
    std::string name;  ///< the folder's path below the root; "clean/SCENE/0001"; "000000"
    std::filesystem::path first;
    std::filesystem::path second;
    std::filesystem::path truth;
    std::string pass;                  ///< Sintel: "clean" or "final"
    std::filesystem::path occlusions;  ///< Sintel: white where a pixel has no counterpart
    std::filesystem::path invalid;     ///< Sintel: white where the truth must not be used
    std::filesystem::path truthNoc;    ///< KITTI: the truth of pixels that have a counterpart
    std::filesystem::path objectMap;   ///< KITTI 2015: not 0 on independently moving objects
};

/// A pair in memory. The frames' source ids are in a range that `openSource` does not use.
struct FlowPair {
    FramePtr first;
    FramePtr second;
    FlowField truth;      ///< on the grid of `first`; NaN where unknown; empty if there is no truth
    FlowRegions regions;  ///< those that the files contain
};

/// Every pair in or below `root`, by name in natural order. Throws `Error{Input}` where no pair
/// exists, where a benchmark's folder is missing (it is named), or where a folder of one pair has
/// frames but no truth and `rule` requires it.
[[nodiscard]] std::vector<FlowPairFiles> findFlowPairs(const std::filesystem::path& root,
                                                       PairLayout layout = PairLayout::Folders,
                                                       TruthRule rule = TruthRule::Required);

/// Reads pair number `ordinal` of a list. Pixels marked in `invalid` become unknown in the truth.
/// Throws `Error{Input}` for unreadable files and where the sizes of frames, truth and masks
/// differ.
[[nodiscard]] FlowPair readFlowPair(const FlowPairFiles& files, std::size_t ordinal);

}  // namespace mcj
