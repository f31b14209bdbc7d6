#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "media/base/frame.h"
#include "media/base/progress.h"

namespace mcj {

struct SourceOptions {
    int threads = 0;                                  ///< decoder threads; 0: as many as cores
    std::size_t cacheBytes = std::size_t{256} << 20;  ///< byte budget of decoded frames kept
};

/// A video file or a sequence of images, read by frame ordinal.
/// One thread at a time; frames it returns may be shared between threads.
class FrameSource {
public:
    virtual ~FrameSource() = default;

    /// What is known so far; complete after `scan` has returned true.
    [[nodiscard]] virtual const VideoInfo& info() const = 0;

    /// Decodes on for about `budget` to learn the count of frames and every timestamp, and returns
    /// true once the end is reached. Cheap to call again then. Damage met on the way goes into
    /// `info().damaged`. Does not disturb `read`.
    virtual bool scan(std::chrono::milliseconds budget) = 0;

    /// Frame `index`, the same pixels bit for bit in whatever order frames are asked for; null past
    /// the last readable frame. Throws `Error{Input}` where the file can no longer be read.
    [[nodiscard]] virtual FramePtr read(FrameIndex index) = 0;
};

/// Opens a file that FFmpeg reads, a folder of images, or a glob of images (natural order).
/// Only local files are opened. Throws `Error{Input}` with the path and what to do.
[[nodiscard]] std::unique_ptr<FrameSource> openSource(const std::string& path,
                                                      const SourceOptions& options = {});

/// Scans to the end; `progress` may be null.
void scanToEnd(FrameSource& source, const Progress& progress);

}  // namespace mcj
