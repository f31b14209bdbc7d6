#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/query_region.h"
#include "inference/engine/flow_maps.h"
#include "media/base/frame.h"

namespace mcj {

/// What is searched in other frames: the feature at a clicked point, or the mean of the features
/// of an object.
struct SimilarityQuery {
    FrameIndex frame = 0;
    PointF where;  ///< pixels of that frame; of an object, the place that stands for it
    QueryRegionPtr region = nullptr;  ///< the object's pixels; null for a point
    friend bool operator==(const SimilarityQuery& a, const SimilarityQuery& b) noexcept {
        const bool sameRegion =
            a.region == b.region || (a.region && b.region && *a.region == *b.region);
        return a.frame == b.frame && a.where == b.where && sameRegion;
    }
};

/// The query of an object on `frame`.
[[nodiscard]] SimilarityQuery regionQuery(FrameIndex frame, QueryRegionPtr region);

/// Exactly the values that a product depends on: products with equal keys are equal, and a product
/// that is found by its key is never outdated. Create keys with `productKey`.
struct ProductKey {
    std::string product;        ///< id of its kind: "flow", "similarity" ... (`productKinds`)
    SourceId source = 0;        ///< the video
    FrameIndex frame = 0;       ///< the product is on the grid of this frame; 0 for one of the clip
    FrameIndex other = 0;       ///< the other frame of a pair, later or earlier; else `frame`
    std::string flow;           ///< id of a flow provider or of `FlowFiles`; empty: no flow is used
    std::string truth;          ///< id of the `FlowFiles` with ground truth; empty: none is used
    std::string engine;         ///< id of the engine; empty: no network is used
    int level = 0;              ///< of features; 0: no features are used
    FrameIndex clipFrames = 0;  ///< frames of the clip that a basis is chosen for; 0: none is used
    std::optional<SimilarityQuery> query;
    OcclusionRule rule;             ///< of occlusion; the default where it is not used
    std::vector<ProductKey> terms;  ///< of a difference: what it is of, and what is taken away
    friend bool operator==(const ProductKey&, const ProductKey&) = default;
};

struct ProductKeyHash {
    [[nodiscard]] std::size_t operator()(const ProductKey& key) const noexcept;
};

}  // namespace mcj
