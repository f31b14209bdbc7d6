#pragma once

#include <deque>
#include <functional>

#include "inference/analysis/streamlines.h"
#include "media/base/frame.h"

namespace mcj {

/// Draws the streamlines of consecutive frames while their flow is computed. Each picture waits for
/// the flow of the frames after it: up to `StreamLook::frames` frames are in memory. One thread.
class StreamOverlay {
public:
    /// Takes the pictures in the order of their frames.
    using Sink = std::function<void(const Frame& frame, const Raster<std::uint8_t>& picture)>;

    StreamOverlay(StreamLook look, Sink sink) : look_(look), sink_(std::move(sink)) {}

    /// `flow`: from `frame` to the next frame that is added. Throws what the sink throws.
    void add(const FramePtr& frame, const FlowField& flow);
    /// Draws what still waits: near the end of a clip lines are shorter.
    void finish();

private:
    struct Waiting {
        FramePtr frame;
        Streamlines lines;
    };
    void drawFirst();

    StreamLook look_;
    Sink sink_;
    std::deque<Waiting> waiting_;
};

}  // namespace mcj
