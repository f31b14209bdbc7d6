#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/mask.h"

namespace mcj {

// Folders of indexed PNG as the DAVIS challenges use them, and the folder layouts around them.

/// "00042.png"
[[nodiscard]] std::string davisFileName(FrameIndex frame);

/// Whole or not there; DAVIS palette. Throws `Error{Input}`.
void writeDavisMask(const std::filesystem::path& path, const Mask& mask);

/// The raw labels of a palette or grey PNG: 255 is not interpreted. Throws `Error{Input}`.
[[nodiscard]] Mask readDavisMask(const std::filesystem::path& path);

/// The files of a folder that end in .png (any case), in natural order ("2.png" before "10.png").
/// Throws `Error{Input}` where there is no such folder or no such file in it.
[[nodiscard]] std::vector<std::filesystem::path> listMaskFiles(const std::filesystem::path& folder);

/// One mask of a folder and the frame that it belongs to.
struct FrameMaskFile {
    FrameIndex frame = 0;
    std::filesystem::path path;
    friend bool operator==(const FrameMaskFile&, const FrameMaskFile&) = default;
};

/// Files found by name: by the whole stem, else by the number at its end ("frame_0012" and
/// "000012" are both 12), unless several of the files end in that number.
class FrameNames {
public:
    explicit FrameNames(const std::vector<std::filesystem::path>& files);

    /// The position of the file that `path` is named after; nothing where there is none.
    [[nodiscard]] std::optional<std::size_t> find(const std::filesystem::path& path) const;

private:
    std::map<std::string, std::size_t> byStem_;
    std::map<FrameIndex, std::optional<std::size_t>> byNumber_;  ///< nothing: several
};

/// A sequence on disk.
struct SequenceLayout {
    std::string name;
    std::filesystem::path framesFolder;
    std::filesystem::path masksFolder;
    std::vector<std::filesystem::path> frames;  ///< natural order; position = frame index
    std::vector<FrameMaskFile> masks;           ///< by frame; matched to the frames by name

    /// Truth on every frame: it can be scored.
    [[nodiscard]] bool fullTruth() const noexcept { return masks.size() == frames.size(); }
};

/// The sequences under `root`, by name: `root` is a sequence (frames/ and masks/), a folder of
/// sequences, or DAVIS itself (JPEGImages/480p, Annotations/480p; the sequences of
/// ImageSets/2017/val.txt, 2016/val.txt or, without either, all). `setFile`, where it is not empty,
/// lists the sequences of DAVIS to take instead, by name. Throws `Error{Input}` with what was
/// looked for, or where a mask matches no frame.
[[nodiscard]] std::vector<SequenceLayout> discoverSequences(
    const std::filesystem::path& root, const std::filesystem::path& setFile = {});

}  // namespace mcj
