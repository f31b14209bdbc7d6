#pragma once

#include <filesystem>
#include <vector>

#include "inference/analysis/flow_pairs.h"

namespace mcj {

// The folders of MPI-Sintel (Butler et al. 2012) and KITTI (Geiger et al. 2012, Menze and Geiger
// 2015) as they are unpacked. Each function throws `Error{Input}` that names the missing folder.

/// ROOT/[training/]{clean,final}/SCENE/frame_0001.png with flow/SCENE/frame_0001.flo, and
/// occlusions/ and invalid/ if they exist. Every pair is listed once per pass, in no particular
/// order.
[[nodiscard]] std::vector<FlowPairFiles> sintelPairs(const std::filesystem::path& root);

/// ROOT/[training/]{image_2,colored_0,image_0}/000000_10.png and _11.png with flow_occ/, and
/// flow_noc/ and obj_map/ if they exist. In no particular order.
[[nodiscard]] std::vector<FlowPairFiles> kittiPairs(const std::filesystem::path& root);

/// A pair of the test part, whose truth only the benchmark's server has.
struct FlowTestPair {
    FlowPairFiles files;               ///< without truth
    std::filesystem::path submission;  ///< path of its flow below the submission's folder
};

/// ROOT/{test,testing}/{clean,final}/SCENE/frame_0001.png -> clean/SCENE/frame0001.flo (the name
/// that Sintel's bundler looks for); ROOT/testing/image_2/000000_10.png -> flow/000000_10.png. By
/// name in natural order. `layout` is Sintel or Kitti.
[[nodiscard]] std::vector<FlowTestPair> findTestPairs(const std::filesystem::path& root,
                                                      PairLayout layout);

}  // namespace mcj
