#pragma once

#include <memory>
#include <string>

#include "media/io/frame_source.h"
#include "media/io/manifest.h"

namespace mcj {

class CommandContext;
class InferenceEngine;

/// How a command goes through its video.
enum class Reading { Forward, BothWays };

/// Opens a video and reads it through once, so that the count of frames, every timestamp and damage
/// are known; says warnings and damage on standard error. What it found is kept for the next
/// opening in the user's cache folder, which spares that the reading. Throws `Error{Input}` where
/// not one frame can be read.
[[nodiscard]] std::unique_ptr<FrameSource> openScanned(CommandContext& context,
                                                       const std::string& path,
                                                       Reading reading = Reading::Forward);

/// Opens a video and reads its first frame alone: the rest is known where an earlier opening
/// counted the frames, and otherwise as the file says. Says warnings on standard error.
[[nodiscard]] std::unique_ptr<FrameSource> openUnscanned(CommandContext& context,
                                                         const std::string& path);

/// The manifest's identity part: program, version, source, and the model where `engine` is not
/// null. Options are the caller's. Throws `Error{Interrupted}` where the user stops the hashing.
[[nodiscard]] Manifest manifestOf(const CommandContext& context, const std::string& program,
                                  const std::string& video, const InferenceEngine* engine);

/// Free space of the file system that holds `path` or its nearest existing parent; 0 where unknown.
[[nodiscard]] std::uint64_t freeBytesAt(const std::filesystem::path& path);

/// The most memory this process has held, in bytes.
[[nodiscard]] std::uint64_t peakMemoryBytes();

}  // namespace mcj
