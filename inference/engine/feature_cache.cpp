#include "inference/engine/feature_cache.h"

#include <algorithm>

namespace mcj {

const FrameFeatures& FeatureCache::get(const Frame& frame,
                                       const std::function<FrameFeatures(const Frame&)>& encode) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.source == frame.source && entry.index == frame.index;
    });
    if (found != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, found);
        return entries_.front().features;
    }
    auto features = encode(frame);
    std::size_t bytes = 0;
    for (const auto& level : features.pyramid.levels) {
        if (level.defined()) bytes += level.nbytes();
    }
    entries_.push_front({frame.source, frame.index, bytes, std::move(features)});
    bytes_ += bytes;
    // A pair needs two entries, regardless of the budget.
    while (bytes_ > budgetBytes_ && entries_.size() > 2) {
        bytes_ -= entries_.back().bytes;
        entries_.pop_back();
    }
    return entries_.front().features;
}

}  // namespace mcj
