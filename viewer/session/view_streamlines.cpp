#include <algorithm>

#include "viewer/session/view.h"

namespace mcj {

FrameIndex View::streamEnd(const StreamLook& look, const std::string& flow) const {
    const FrameIndex first = frame_->index;
    FrameIndex end = first + look.frames;
    if (clipFrames_ > 0) end = std::min(end, clipFrames_ - 1);
    if (const FlowFilesPtr of = files(flow)) {
        FrameIndex reached = first;
        while (reached < end && of->has(reached)) ++reached;
        // Without any, the key says what is lacking.
        end = std::min(end, std::max(reached, first + 1));
    }
    return std::max(end, first);
}

ProductKey View::nextStreamlines(const ProductKey& whole) const {
    ProductKey key = whole;
    while (key.other > key.frame && !products_.find(key)) --key.other;
    key.other = std::min(key.other + 1, whole.other);
    return key;
}

StreamlinesPtr View::streamlines(const std::string& layer, Stage stage) const {
    std::optional<ProductKey> key = keyOf(layers_.layer(layer));
    if (!key || !layers_.layer(layer).is<StreamLook>()) return nullptr;
    for (; key->other > key->frame; --key->other) {
        if (const ProductPtr found = products_.find(*key)) return found->streamlines;
        if (stage == Stage::Final) break;
    }
    return nullptr;
}

}  // namespace mcj
