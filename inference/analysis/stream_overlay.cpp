#include "inference/analysis/stream_overlay.h"

namespace mcj {

void StreamOverlay::add(const FramePtr& frame, const FlowField& flow) {
    waiting_.push_back({frame, streamGrid(frame->size())});
    for (Waiting& each : waiting_) each.lines = extended(each.lines, flow);
    if (waiting_.size() >= static_cast<std::size_t>(look_.frames)) drawFirst();
}

void StreamOverlay::drawFirst() {
    const Waiting& first = waiting_.front();
    Raster<std::uint8_t> picture = first.frame->rgb;
    drawMotionLines(picture, streamLines(first.lines, look_));
    sink_(*first.frame, picture);
    waiting_.pop_front();
}

void StreamOverlay::finish() {
    while (!waiting_.empty()) drawFirst();
}

}  // namespace mcj
