#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "media/base/frame.h"

namespace mcj {

/// A clicked point: its feature is looked for in other frames.
struct SimilarityQuery {
    FrameIndex frame = 0;
    PointF where;  ///< pixels of that frame
    friend bool operator==(const SimilarityQuery&, const SimilarityQuery&) = default;
};

/// Everything that a product is computed from, and nothing else: two products with equal keys are
/// equal, and a product that is found under its key is never out of date. Make keys with
/// `productKey`.
struct ProductKey {
    std::string product;   ///< id of its kind: "flow", "similarity" ... (`productKinds`)
    SourceId source = 0;   ///< the video
    FrameIndex frame = 0;  ///< the product stands on the grid of this frame
    FrameIndex other = 0;  ///< the other frame of a pair, later or earlier; else `frame`
    std::string flow;      ///< id of the flow provider; empty: no flow takes part
    std::string engine;    ///< id of the engine; empty: no network takes part
    int level = 0;         ///< of features; 0: none take part
    std::optional<SimilarityQuery> query;
    friend bool operator==(const ProductKey&, const ProductKey&) = default;
};

struct ProductKeyHash {
    [[nodiscard]] std::size_t operator()(const ProductKey& key) const noexcept;
};

}  // namespace mcj
