#include "media/io/frame_source.h"

#include <atomic>
#include <filesystem>
#include <system_error>
#include <utility>

#include "media/base/error.h"
#include "media/io/image_sequence_reader.h"
#include "media/io/picture_header.h"
#include "media/io/picture_look.h"
#include "media/io/source_id.h"
#include "media/io/video_reader.h"

namespace mcj {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kScanSlice{200};

bool looksLikeUrl(const std::string& path) {
    const auto colon = path.find("://");
    if (colon == std::string::npos || colon == 0) return false;
    return path.find('/') == colon + 1;
}

bool looksLikeGlob(const std::string& path) {
    return path.find_first_of("*?[") != std::string::npos;
}

/// Files with one or several still pictures go to the picture readers whatever their name;
/// everything else goes to FFmpeg.
std::unique_ptr<FrameSource> openRegularFile(const std::string& path,
                                             const SourceOptions& options) {
    bool isPicture = false;
    switch (pictureKindOf(fs::path(path))) {
    case PictureKind::Png: isPicture = !isAnimatedPng(path); break;
    case PictureKind::Tiff:
    case PictureKind::WebP: isPicture = true; break;
    case PictureKind::Gif: break;
    // Motion JPEG begins as a JPEG does, and FFmpeg tells them apart.
    case PictureKind::Jpeg: isPicture = hasImageExtension(path) || !holdsSeveralJpegs(path); break;
    // These begin with too few fixed bytes to trust them alone.
    default: isPicture = hasImageExtension(path); break;
    }
    if (isPicture) return openImageSequence(path, {fs::path(path)}, options);
    return openVideoFile(path, options);
}

}  // namespace

SourceId nextSourceId() noexcept {
    // Identity needs one counter for the whole process; nothing reads it back.
    static std::atomic<SourceId> last{0};
    return ++last;
}

std::unique_ptr<FrameSource> openSource(const std::string& path, const SourceOptions& options) {
    if (path.empty()) throw Error(ErrorCode::Input, "no video was given");
    std::error_code failure;
    const fs::file_status status = fs::status(path, failure);
    if (!fs::exists(status)) {
        if (looksLikeUrl(path)) {
            throw Error(ErrorCode::Input, "\"" + path + "\" is an address, not a local file",
                        "Download it first: only local files can be opened.");
        }
        if (looksLikeGlob(path)) return openImageSequence(path, listImages(path), options);
        if (failure && status.type() != fs::file_type::not_found) {
            throw Error(ErrorCode::Input,
                        "\"" + path + "\" cannot be opened: " + failure.message());
        }
        throw Error(ErrorCode::Input, "\"" + path + "\" does not exist",
                    "Check the spelling and the folder.");
    }
    if (fs::is_directory(status)) return openImageSequence(path, listImages(path), options);
    if (!fs::is_regular_file(status)) {
        throw Error(ErrorCode::Input, "\"" + path + "\" is not a regular file");
    }
    if (fs::file_size(path, failure) == 0 && !failure) {
        throw Error(ErrorCode::Input, "\"" + path + "\" is empty",
                    "Copy it again from its source.");
    }
    return openRegularFile(path, options);
}

FramePtr FrameSource::read(FrameIndex index, const StopToken& stop) {
    ReadLimit limit;
    limit.stop = stop;
    while (true) {
        FrameRead read = this->read(index, limit);
        if (read.state != ReadState::NotYet) return std::move(read.frame);
        stop.throwIfStopped("reading \"" + info().path + "\"");
    }
}

void scanToEnd(FrameSource& source, const Progress& progress) {
    while (!source.scan(kScanSlice)) {
        if (!progress) continue;
        const VideoInfo& info = source.info();
        const auto done = static_cast<std::int64_t>(info.pts.size());
        const std::int64_t total = info.estimatedFrames > done ? info.estimatedFrames : 0;
        if (!progress(done, total)) {
            throw Error(ErrorCode::Interrupted, "stopped while reading \"" + info.path + "\"");
        }
    }
}

}  // namespace mcj
