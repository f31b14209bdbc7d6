#include "app/cli_commands/video_opening.h"

#include <sys/resource.h>

#include "app/cli_commands/command_context.h"
#include "inference/engine/inference_engine.h"
#include "media/io/frame_index.h"

namespace mcj {
namespace {

// Commands go through a clip once or twice and keep the frames they need: a cache that grows with
// the clip would only make memory depend on its length. When reading backwards, the cache avoids
// decoding a group of pictures again for each of its frames.
constexpr std::size_t kForwardCacheBytes = std::size_t{4} << 20;
constexpr std::size_t kBothWaysCacheBytes = std::size_t{16} << 20;

/// The usable frames of a damaged source: for a video all that were found, for pictures those that
/// are not damaged.
std::string usableText(const VideoInfo& info) {
    if (!info.firstUnreadable) return "; the frames that can be decoded are used";
    return "; " + std::to_string(*info.frames - info.unreadableFrames) + " of " +
           std::to_string(*info.frames) + " frames can be read, " +
           std::to_string(*info.firstUnreadable) + " of them before the damage";
}

}  // namespace

std::unique_ptr<FrameSource> openScanned(CommandContext& context, const std::string& path,
                                         Reading reading) {
    SourceOptions options;
    options.threads = context.options.threads;
    options.cacheBytes = reading == Reading::Forward ? kForwardCacheBytes : kBothWaysCacheBytes;
    options.indexFolder = userFrameIndexFolder();
    auto source = openSource(path, options);
    scanToEnd(*source, context.progress("reading " + path));
    context.endProgress();
    const VideoInfo& info = source->info();
    for (const std::string& warning : info.warnings) context.warn(warning);
    if (info.frames.value_or(0) == 0) {
        throw Error(ErrorCode::Input,
                    path + " has no frame that can be read" +
                        (info.damaged ? ": " + *info.damaged : std::string{}),
                    "Check the file with a player, or copy it again.");
    }
    if (info.damaged) {
        context.warn(path + " is damaged: " + *info.damaged + usableText(info));
    }
    return source;
}

std::unique_ptr<FrameSource> openUnscanned(CommandContext& context, const std::string& path) {
    SourceOptions options;
    options.threads = context.options.threads;
    options.cacheBytes = kForwardCacheBytes;
    options.indexFolder = userFrameIndexFolder();
    auto source = openSource(path, options);
    for (const std::string& warning : source->info().warnings) context.warn(warning);
    return source;
}

Manifest manifestOf(const CommandContext& context, const std::string& program,
                    const std::string& video, const InferenceEngine* engine) {
    Manifest manifest;
    manifest.program = program;
    manifest.version = MCJ_VERSION;
    manifest.sourcePath = video;
    describeSource(video, manifest, context.stopToken());
    if (engine != nullptr) {
        manifest.modelSha256 = engine->info().modelSha256;
        manifest.modelName = engine->info().modelName;
        manifest.precision = engine->info().precision;
    }
    return manifest;
}

std::uint64_t freeBytesAt(const std::filesystem::path& path) {
    std::error_code failed;
    std::filesystem::path place = std::filesystem::absolute(path, failed);
    while (!place.empty() && !std::filesystem::exists(place, failed)) {
        if (place == place.parent_path()) break;
        place = place.parent_path();
    }
    const auto space = std::filesystem::space(place, failed);
    return failed ? 0 : space.available;
}

std::uint64_t peakMemoryBytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in KiB
}

}  // namespace mcj
