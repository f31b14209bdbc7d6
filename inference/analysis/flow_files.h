#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

/// Flow of a clip from files, one per pair of frames: ground truth, or the results of another
/// method. Files of every `FlowFormat` are read; the file with number n holds the flow from frame
/// n - b to the other frame of its pair, where b is the number of frame 0:
///
/// - the number of a file is the last group of digits in its name that differs between the files
///   (in KITTI's 000003_10.png it is 3); a single file may lack a number and belongs to frame 0;
/// - files in a folder of `mcjepa analyze`, which has a manifest.json beside it, have the numbers
///   of their frames, b = 0;
/// - otherwise, b is the number of the first picture where the clip is a sequence of numbered
///   pictures and no file has a lower number;
/// - otherwise, b is 1 where the lowest number is 1 (Sintel), else 0.
///
/// The files do not state how far apart the frames of a pair are: a caller that compares frames
/// that are several frames apart has to give flow over the same distance. Immutable, so that
/// threads can share it.
class FlowFiles {
public:
    /// `path`: a file, a folder or a glob. `firstPicture`: `firstPictureNumber` of the clip. Throws
    /// `Error{Input}` that names `path` where it has no flow, where a file has no number, or where
    /// two files have the same.
    [[nodiscard]] static std::shared_ptr<const FlowFiles> open(
        const std::string& path, std::optional<std::int64_t> firstPicture = {});

    /// As it was opened.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// The id of this flow where the id of a method may stand, as in product keys:
    /// "files:PATH#STAMP". The stamp changes with names, sizes and times of the files.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    [[nodiscard]] bool has(FrameIndex frame) const { return files_.contains(frame); }
    /// The frames at which a pair with flow begins, in ascending order.
    [[nodiscard]] std::vector<FrameIndex> frames() const;
    /// Their files, in the same order.
    [[nodiscard]] std::vector<std::filesystem::path> files() const;
    /// The flow of the pair that begins at `frame`, on a grid of `size`. Throws `Error{Input}`
    /// that names the file where it is unreadable or has another size, or the folder where it has
    /// no flow for this frame.
    [[nodiscard]] FlowField read(FrameIndex frame, SizePx size) const;

private:
    FlowFiles() = default;

    std::string path_;
    std::string id_;
    std::map<FrameIndex, std::filesystem::path> files_;
};
using FlowFilesPtr = std::shared_ptr<const FlowFiles>;

/// Whether a flow id is that of `FlowFiles` and not that of a method.
[[nodiscard]] bool isFlowFiles(const std::string& flow);

/// Whether flow of this id is computed by the network. Throws `Error{Usage}` for an id that is
/// neither a method nor files.
[[nodiscard]] bool flowNeedsEngine(const std::string& flow);

/// Those of `files` that have the id `flow`, or null.
[[nodiscard]] FlowFilesPtr findFlowFiles(std::span<const FlowFilesPtr> files,
                                         const std::string& flow);

/// The lowest number in the names of the pictures of a clip that was opened from `path`; none for
/// a video, and where the pictures have no numbers.
[[nodiscard]] std::optional<std::int64_t> firstPictureNumber(const std::string& path);

}  // namespace mcj
