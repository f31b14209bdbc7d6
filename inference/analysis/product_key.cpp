#include "inference/analysis/product_key.h"

#include <functional>
#include <utility>

namespace mcj {
namespace {

template <typename T>
void mix(std::size_t& hash, const T& value) {
    // Boost's hash_combine with its 64-bit constant.
    hash ^= std::hash<T>{}(value) + 0x9e3779b97f4a7c15ULL + (hash << 6U) + (hash >> 2U);
}

}  // namespace

std::size_t ProductKeyHash::operator()(const ProductKey& key) const noexcept {
    std::size_t hash = 0;
    mix(hash, key.product);
    mix(hash, key.source);
    mix(hash, key.frame);
    mix(hash, key.other);
    mix(hash, key.flow);
    mix(hash, key.truth);
    mix(hash, key.engine);
    mix(hash, key.level);
    mix(hash, key.clipFrames);
    mix(hash, key.rule.alpha);
    mix(hash, key.rule.beta);
    for (const ProductKey& term : key.terms) mix(hash, ProductKeyHash{}(term));
    if (key.query) {
        mix(hash, key.query->frame);
        mix(hash, key.query->where.x);
        mix(hash, key.query->where.y);
        if (const QueryRegionPtr& region = key.query->region) {
            mix(hash, region->object());
            mix(hash, region->contentHash());
        }
    }
    return hash;
}

SimilarityQuery regionQuery(FrameIndex frame, QueryRegionPtr region) {
    const PointF centre = region->centre();
    return {frame, centre, std::move(region)};
}

}  // namespace mcj
