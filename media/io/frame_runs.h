#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mcj {

/// Consecutive pictures in one folder: the frames of a clip, or the two of a pair.
struct FrameRun {
    std::string name;                          ///< folder and names' pattern: "alley_1/frame_#"
    std::vector<std::filesystem::path> files;  ///< in the order of their numbers
};

/// The runs among `files`, in the order of their first files. A run is the files of one folder
/// whose names differ only in their last number, which has a constant step: "frame_0001" and
/// "frame_0002" of Sintel, "000000_10" and "000000_11" of KITTI, "00001_img1" and "00001_img2" of
/// Flying Chairs. A step longer than the most frequent one (of several the shortest) begins a new
/// run. A single file is not a run and is counted in `alone`. Names are relative to `folder`.
[[nodiscard]] std::vector<FrameRun> frameRunsOf(const std::vector<std::filesystem::path>& files,
                                                const std::filesystem::path& folder, int& alone);

}  // namespace mcj
