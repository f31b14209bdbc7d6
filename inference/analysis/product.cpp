#include "inference/analysis/product.h"

#include <algorithm>
#include <array>
#include <utility>

#include "inference/analysis/pair_summary.h"
#include "inference/engine/flow_maps.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "media/base/flow_color.h"

namespace mcj {
namespace {

ScalarMapPtr shared(ScalarMap map) { return std::make_shared<const ScalarMap>(std::move(map)); }

ProductKey backwardFlow(const ProductKey& key) {
    ProductKey backward = key;
    std::swap(backward.frame, backward.other);
    return productKey("flow", backward);
}

ProductKey featuresAt(const ProductKey& key, FrameIndex frame) {
    ProductKey at = key;
    at.frame = frame;
    return productKey("features", at);
}

Product madeOf(ScalarMap map) {
    Product product;
    product.mean = meanOfKnown(map.values);
    product.map = shared(std::move(map));
    return product;
}

Product makeFlow(const ProductKey& key, const BoundInputs& in, const StopToken& stop) {
    Product product;
    product.flow = std::make_shared<const FlowField>(
        estimateFlow(key.flow, in.frames[0], in.frames[1], in.engine, stop));
    product.mean = meanLengthPx(*product.flow);
    product.flowPercentilePx = flowMagnitudePercentile(*product.flow, 99.0F);
    return product;
}

Product makeFeatures(const ProductKey& key, const BoundInputs& in, const StopToken& stop) {
    Product product;
    product.features = in.engine->featureMap(in.frames[0], key.level, stop);
    return product;
}

Product makeSimilarity(const ProductKey& key, const BoundInputs& in, const StopToken&) {
    SimilarityResult result = in.engine->similarity(*in.products[0]->features, key.query->where,
                                                    *in.products[1]->features);
    Product product = madeOf(std::move(result.map));
    product.match = result.best;
    return product;
}

ProductInputs pairOfFrames(const ProductKey& key) {
    return {{key.frame, key.other}, {}, flowProvider(key.flow).needsEngine};
}

ProductInputs bothFlows(const ProductKey& key) {
    return {{}, {productKey("flow", key), backwardFlow(key)}, false};
}

constexpr std::array<ProductKind, 7> kKinds{{
    {"flow", "flow", true, true, false, false, false, pairOfFrames, makeFlow},
    {"features", "features", false, false, true, true, false,
     [](const ProductKey& key) { return ProductInputs{{key.frame}, {}, true}; }, makeFeatures},
    {"warp-error", "maps", true, true, false, false, false,
     [](const ProductKey& key) {
         return ProductInputs{{key.frame, key.other}, {productKey("flow", key)}, false};
     },
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(warpError(*in.frames[0], *in.frames[1], *in.products[0]->flow));
     }},
    {"feature-error", "maps", true, true, true, true, false,
     [](const ProductKey& key) {
         return ProductInputs{
             {},
             {productKey("flow", key), featuresAt(key, key.frame), featuresAt(key, key.other)},
             true};
     },
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(in.engine->featureError(*in.products[1]->features, *in.products[2]->features,
                                               *in.products[0]->flow));
     }},
    {"consistency", "maps", true, true, false, false, false, bothFlows,
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(forwardBackwardError(*in.products[0]->flow, *in.products[1]->flow));
     }},
    {"occlusion", "maps", true, true, false, false, false, bothFlows,
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(occlusion(*in.products[0]->flow, *in.products[1]->flow));
     }},
    {"similarity", "similarity", false, false, true, true, true,
     [](const ProductKey& key) {
         return ProductInputs{
             {}, {featuresAt(key, key.query->frame), featuresAt(key, key.frame)}, true};
     },
     makeSimilarity},
}};

}  // namespace

std::size_t Product::bytes() const noexcept {
    return (flow ? flow->vectors.bytes() : 0) + (map ? map->values.bytes() : 0) +
           (features ? features->bytes() : 0);
}

std::span<const ProductKind> productKinds() { return kKinds; }

const ProductKind& productKind(const std::string& id) {
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                     [&id](const ProductKind& kind) { return id == kind.id; });
    if (found == kKinds.end()) {
        throw Error(ErrorCode::Internal, "unknown kind of product \"" + id + "\"");
    }
    return *found;
}

ProductKey productKey(const std::string& kind, const ProductKey& all) {
    const ProductKind& of = productKind(kind);
    ProductKey key;
    key.product = kind;
    key.source = all.source;
    key.frame = all.frame;
    key.other = of.ofPair ? all.other : all.frame;
    if (of.byFlow) key.flow = all.flow;
    if (of.byEngine || (of.byFlow && flowProvider(all.flow).needsEngine)) key.engine = all.engine;
    if (of.byLevel) key.level = all.level;
    if (of.byQuery) key.query = all.query;
    return key;
}

ProductInputs inputsOf(const ProductKey& key) { return productKind(key.product).inputs(key); }

Product produce(const ProductKey& key, const BoundInputs& inputs, const StopToken& stop) {
    const ProductKind& kind = productKind(key.product);
    stop.throwIfStopped(std::string("computing ") + kind.work);
    const ProductInputs wanted = kind.inputs(key);
    const auto given = [](const auto& pointer) { return pointer != nullptr; };
    if (inputs.frames.size() != wanted.frames.size() ||
        inputs.products.size() != wanted.products.size() ||
        !std::all_of(inputs.frames.begin(), inputs.frames.end(), given) ||
        !std::all_of(inputs.products.begin(), inputs.products.end(), given) ||
        (wanted.engine && inputs.engine == nullptr)) {
        throw Error(ErrorCode::Internal, "an input of \"" + key.product + "\" is missing");
    }
    for (std::size_t i = 0; i < wanted.frames.size(); ++i) {
        if (inputs.frames[i]->index != wanted.frames[i] || inputs.frames[i]->source != key.source) {
            throw Error(ErrorCode::Internal,
                        "\"" + key.product + "\" was given a frame that is not in its key");
        }
    }
    return kind.make(key, inputs, stop);
}

}  // namespace mcj
