#pragma once

#include <memory>
#include <string>

#include "media/io/frame_source.h"
#include "media/io/manifest.h"

namespace mcj {

class CommandContext;
class InferenceEngine;

/// The order in which a command reads its video.
enum class Reading { Forward, BothWays };

/// Opens a video and reads it once completely, so that the number of frames, every timestamp and
/// damage are known; reports warnings and damage on standard error. The result is kept in the
/// user's cache folder, so that the next opening need not read it again. Throws `Error{Input}`
/// where no frame can be read.
[[nodiscard]] std::unique_ptr<FrameSource> openScanned(CommandContext& context,
                                                       const std::string& path,
                                                       Reading reading = Reading::Forward);

/// Opens a video and reads only its first frame. Other values are from an earlier opening that
/// counted the frames, or else from the file's header. Reports warnings on standard error.
[[nodiscard]] std::unique_ptr<FrameSource> openUnscanned(CommandContext& context,
                                                         const std::string& path);

/// The manifest's identity part: program, version, source, and the model if `engine` is not null.
/// The caller adds the options. Throws `Error{Interrupted}` where the user stops the hashing.
[[nodiscard]] Manifest manifestOf(const CommandContext& context, const std::string& program,
                                  const std::string& video, const InferenceEngine* engine);

/// Free space of the file system that holds `path` or its nearest existing parent; 0 where unknown.
[[nodiscard]] std::uint64_t freeBytesAt(const std::filesystem::path& path);

/// The peak memory of this process, in bytes.
[[nodiscard]] std::uint64_t peakMemoryBytes();

}  // namespace mcj
