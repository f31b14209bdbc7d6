#pragma once

#include <cstddef>
#include <functional>
#include <list>

#include "inference/model/feature_pyramid.h"
#include "media/base/frame.h"

namespace mcj {

/// The encoder's output for one frame, and how its grid maps to the picture.
struct FrameFeatures {
    FeaturePyramid pyramid;
    SizePx frameSize;    ///< of the frame
    SizePx networkSize;  ///< of the picture the network saw, before padding
};

/// Features of recent frames within a byte budget; the least recently used are dropped first.
/// Frames are identified by (source, index). One caller at a time.
class FeatureCache {
public:
    explicit FeatureCache(std::size_t budgetBytes) : budgetBytes_(budgetBytes) {}

    /// The frame's features, computed by `encode` if they are not cached. The reference is valid
    /// until the second call after this one, so that both frames of a pair can be used together.
    const FrameFeatures& get(const Frame& frame,
                             const std::function<FrameFeatures(const Frame&)>& encode);

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    struct Entry {
        SourceId source;
        FrameIndex index;
        std::size_t bytes;
        FrameFeatures features;
    };
    std::list<Entry> entries_;  ///< most recent first
    std::size_t budgetBytes_;
    std::size_t bytes_ = 0;
};

}  // namespace mcj
