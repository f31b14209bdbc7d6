#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "media/base/frame.h"
#include "media/io/atomic_file.h"
#include "segmentation/mask.h"

namespace mcj {

// Folders of indexed PNGs as the DAVIS challenges use them, and the layouts of data sets.

/// "00042.png"
[[nodiscard]] std::string davisFileName(FrameIndex frame);

/// Writes atomically, with the DAVIS palette. Throws `Error{Input}`.
void writeDavisMask(const std::filesystem::path& path, const Mask& mask,
                    Flush flush = Flush::AtCommit);

/// The raw labels of a palette or grey PNG: 255 is not interpreted. Throws `Error{Input}`.
[[nodiscard]] Mask readDavisMask(const std::filesystem::path& path);

/// The files of a folder that end in .png (any case), in natural order ("2.png" before "10.png").
/// Throws `Error{Input}` where the folder does not exist or has no such file.
[[nodiscard]] std::vector<std::filesystem::path> listMaskFiles(const std::filesystem::path& folder);

/// The number at the end of a file's stem, "frame_0012" -> 12; none if it does not end in a digit.
[[nodiscard]] std::optional<FrameIndex> trailingNumber(const std::string& stem);

/// One mask of a folder and the frame that it belongs to.
struct FrameMaskFile {
    FrameIndex frame = 0;
    std::filesystem::path path;
    friend bool operator==(const FrameMaskFile&, const FrameMaskFile&) = default;
};

/// Finds files by name: by the whole stem, else by the number at its end ("frame_0012" and "000012"
/// are both 12), unless several of the files end in that number.
class FrameNames {
public:
    explicit FrameNames(const std::vector<std::filesystem::path>& files);

    /// The position of the file that `path` is named after; none if there is no such file.
    [[nodiscard]] std::optional<std::size_t> find(const std::filesystem::path& path) const;

private:
    std::map<std::string, std::size_t> byStem_;
    std::map<FrameIndex, std::optional<std::size_t>> byNumber_;  ///< none: several
};

/// A sequence on disk.
struct SequenceLayout {
    std::string name;
    std::filesystem::path framesFolder;
    std::filesystem::path masksFolder;
    std::vector<std::filesystem::path> frames;  ///< natural order; position = frame index
    std::vector<FrameMaskFile> masks;           ///< by frame; matched to the frames by name

    /// Every frame has a true mask, so the sequence can be scored.
    [[nodiscard]] bool fullTruth() const noexcept { return masks.size() == frames.size(); }
};

/// The sequences under `root`, by name: `root` is a sequence (frames/ and masks/), a folder of
/// sequences, or DAVIS itself (JPEGImages/480p, Annotations/480p; the sequences of
/// ImageSets/2017/val.txt, 2016/val.txt or, without either, all). `setFile`, where it is not empty,
/// lists the sequences of DAVIS to take instead, by name. Throws `Error{Input}` where none is
/// found, naming the expected layout, or where a mask matches no frame.
[[nodiscard]] std::vector<SequenceLayout> discoverSequences(
    const std::filesystem::path& root, const std::filesystem::path& setFile = {});

}  // namespace mcj
