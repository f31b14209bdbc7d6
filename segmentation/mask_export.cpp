#include "segmentation/mask_export.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "media/base/error.h"
#include "media/base/partial_path.h"
#include "media/io/atomic_file.h"
#include "media/io/image_file.h"
#include "media/io/scratch_folder.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_manifest.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr Rgb8 kVoidGrey{128, 128, 128};

/// Moves `from` to `to`. If `to` exists, the two are exchanged atomically; the old content is then
/// in `from` and is deleted with it.
void moveIntoPlace(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    int problem = errno;
    if (problem == ENOTEMPTY || problem == EEXIST) {
        if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return;
        problem = errno;
    }
    throw Error(ErrorCode::Input,
                "the folder " + to.string() + " cannot be replaced: " + std::strerror(problem),
                "Choose another folder.");
}

fs::path normalized(const fs::path& folder) {
    fs::path path = fs::absolute(folder).lexically_normal();
    // A slash at the end makes an empty file name.
    return path.has_filename() ? path : path.parent_path();
}

void checkRequest(const MaskExportRequest& request, const fs::path& target) {
    if (request.begin < 0 || request.begin >= request.end) {
        throw Error(ErrorCode::Usage, "the range of frames to export is empty",
                    "Give a range whose end is after its beginning.");
    }
    if (request.existing == ExistingFolder::Refuse && fs::exists(target)) {
        throw Error(ErrorCode::Usage, "the folder " + target.string() + " exists already",
                    "Choose another folder, or allow it to be replaced.");
    }
    if (fs::exists(target) && !fs::is_directory(target)) {
        throw Error(ErrorCode::Usage, target.string() + " is a file, not a folder",
                    "Choose another folder.");
    }
}

Mask maskToWrite(const MaskTrack& track, const MaskExportRequest& request, FrameIndex frame) {
    const MaskPtr mask = track.mask(frame);
    if (mask == nullptr) return Mask(request.size);
    if (mask->size() == request.size) return *mask;
    throw Error(ErrorCode::Input,
                "the mask of frame " + std::to_string(frame) + " does not have the video's size");
}

/// Pixels of `mask` within `width` of a pixel with a different label, along rows and columns.
bool onContour(const Mask& mask, int y, int x, int width) {
    const SizePx size = mask.size();
    const ObjectId label = mask.labels.at(y, x);
    for (int step = 1; step <= width; ++step) {
        if (x >= step && mask.labels.at(y, x - step) != label) return true;
        if (x + step < size.width && mask.labels.at(y, x + step) != label) return true;
        if (y >= step && mask.labels.at(y - step, x) != label) return true;
        if (y + step < size.height && mask.labels.at(y + step, x) != label) return true;
    }
    return false;
}

}  // namespace

MaskExportReport exportMasks(const MaskTrack& track, const MaskExportRequest& request,
                             const Progress& progress) {
    const fs::path target = normalized(request.folder);
    checkRequest(request, target);
    const ScratchFolder scratch(partialPath(target, ".", ".partial-" + std::to_string(::getpid())));
    MaskExportReport report;
    Manifest manifest = request.manifest;
    for (FrameIndex frame = request.begin; frame < request.end; ++frame) {
        if (progress && !progress(report.files, request.end - request.begin)) {
            throw Error(ErrorCode::Interrupted, "the export to " + target.string() + " was stopped",
                        "No files were left there; start it again.");
        }
        const Mask mask = maskToWrite(track, request, frame);
        const fs::path file = scratch.path() / davisFileName(frame);
        writeDavisMask(file, mask, Flush::WithFolder);
        if (readDavisMask(file) != mask) {
            throw Error(ErrorCode::Input,
                        "the mask of frame " + std::to_string(frame) +
                            " differs from the file read back in " + target.string(),
                        "The disk may be full or failing.");
        }
        manifest.files.push_back(davisFileName(frame));
        ++report.files;
        if (track.find(frame) == nullptr) ++report.emptyFrames;
    }
    describeMasks(track, request.begin, request.end, manifest);
    manifest.complete = true;
    // Before the folder is renamed, so that masks never appear without their manifest.
    writeManifest(scratch.path() / "manifest.json", manifest);
    flushFolder(scratch.path());
    moveIntoPlace(scratch.path(), target);
    if (progress) progress(report.files, report.files);
    return report;
}

Raster<std::uint8_t> blendMask(const Raster<std::uint8_t>& rgb, const Mask& mask,
                               const BlendOptions& options) {
    if (rgb.size() != mask.size() || rgb.channels() != 3) {
        throw Error(ErrorCode::Input, "a mask can only be drawn over a picture of its size");
    }
    const std::vector<Rgb8>& palette = davisPalette();
    const int weight = static_cast<int>(std::clamp(options.opacity, 0.0F, 1.0F) * 256.0F + 0.5F);
    Raster<std::uint8_t> blended = rgb;
    for (int y = 0; y < rgb.height(); ++y) {
        for (int x = 0; x < rgb.width(); ++x) {
            const ObjectId label = mask.labels.at(y, x);
            if (label == kBackground) continue;
            const Rgb8 color = label == kVoid ? kVoidGrey : palette[label];
            const bool outline = label != kVoid && onContour(mask, y, x, options.contourPx);
            const int share = outline ? 256 : weight;
            for (int c = 0; c < 3; ++c) {
                std::uint8_t& value = blended.at(y, x, c);
                value = static_cast<std::uint8_t>(
                    (value * (256 - share) + color[static_cast<std::size_t>(c)] * share + 128) >>
                    8);
            }
        }
    }
    return blended;
}

}  // namespace mcj
