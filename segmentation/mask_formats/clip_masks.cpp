#include "segmentation/mask_formats/clip_masks.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "media/base/error.h"
#include "media/io/image_sequence_reader.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

using FrameOf = std::function<std::optional<FrameIndex>(std::size_t)>;

/// None unless `frameOf` gives every file a frame of its own.
std::optional<std::vector<FrameMaskFile>> matched(const std::vector<fs::path>& files,
                                                  FrameIndex frames, const FrameOf& frameOf) {
    std::vector<FrameMaskFile> found;
    std::set<FrameIndex> taken;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::optional<FrameIndex> frame = frameOf(i);
        if (!frame || *frame >= frames || !taken.insert(*frame).second) return std::nullopt;
        found.push_back({*frame, files[i]});
    }
    std::ranges::sort(found, {}, &FrameMaskFile::frame);
    return found;
}

/// The pictures of the clip; none if it is a video, or one file with several pictures.
std::vector<fs::path> picturesOf(const std::string& clip, FrameIndex frames) {
    try {
        std::vector<fs::path> pictures = listImages(clip);
        if (std::ssize(pictures) == frames) return pictures;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
    }
    return {};
}

}  // namespace

std::vector<FrameMaskFile> matchMasksToClip(const std::string& clip, FrameIndex frames,
                                            const std::vector<fs::path>& files) {
    if (const std::vector<fs::path> pictures = picturesOf(clip, frames); !pictures.empty()) {
        const FrameNames names(pictures);
        const auto byName = matched(files, frames, [&](std::size_t i) -> std::optional<FrameIndex> {
            const auto place = names.find(files[i]);
            if (!place) return std::nullopt;
            return static_cast<FrameIndex>(*place);
        });
        if (byName) return *byName;
    }
    if (std::ssize(files) == frames) {
        return *matched(files, frames,
                        [](std::size_t i) { return std::optional(static_cast<FrameIndex>(i)); });
    }
    const auto byNumber = matched(files, frames, [&](std::size_t i) -> std::optional<FrameIndex> {
        const auto name = numberedName(files[i]);
        if (!name) return std::nullopt;
        return name->number;
    });
    if (byNumber) return *byNumber;
    throw Error(
        ErrorCode::Input,
        "the " + std::to_string(files.size()) + " masks of " +
            (files.empty() ? std::string("no folder") : files.front().parent_path().string()) +
            " cannot be matched with the " + std::to_string(frames) + " frames of " + clip,
        "Name each mask like its image or by the frame's number from 0, or give one mask per "
        "frame.");
}

MaskReadRequest requestFor(const MaskedClip& clip, const fs::path& path,
                           const MaskReading& reading) {
    MaskReadRequest request;
    request.path = path;
    request.reading = reading;
    request.clipFrames = picturesOf(clip.path, clip.frames);
    request.clipLength = clip.frames;
    return request;
}

}  // namespace mcj
