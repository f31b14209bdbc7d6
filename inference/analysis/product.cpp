#include "inference/analysis/product.h"

#include <algorithm>
#include <array>
#include <utility>

#include "inference/analysis/flow_metrics.h"
#include "inference/analysis/map_difference.h"
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

Product madeOf(FlowField flow) {
    Product product;
    product.flow = std::make_shared<const FlowField>(std::move(flow));
    product.mean = meanLengthPx(*product.flow);
    product.flowPercentilePx = flowMagnitudePercentile(*product.flow, 99.0F);
    return product;
}

Product makeFlow(const ProductKey& key, const BoundInputs& in, const StopToken& stop) {
    if (in.files.empty()) {
        return madeOf(estimateFlow(key.flow, in.frames[0], in.frames[1], in.engine, stop));
    }
    if (key.other < key.frame) {
        throw Error(ErrorCode::Input,
                    "\"" + in.files[0]->path() + "\" has no flow to earlier frames",
                    "Use a flow method for maps that need it, or leave them out.");
    }
    return madeOf(in.files[0]->read(key.frame, in.frames[0]->size()));
}

Product makeTruth(const ProductKey& key, const BoundInputs& in, const StopToken&) {
    return madeOf(in.files[0]->read(key.frame, in.frames[0]->size()));
}

Product makeAccuracy(const ProductKey&, const BoundInputs& in, const StopToken&) {
    Product product;
    product.accuracy =
        measureAccuracy(*in.products[0]->flow, *in.products[1]->flow, *in.frames[0], *in.frames[1]);
    return product;
}

Product makeFeatures(const ProductKey& key, const BoundInputs& in, const StopToken& stop) {
    Product product;
    product.features = in.engine->featureMap(in.frames[0], key.level, stop);
    return product;
}

Product makeSimilarity(const ProductKey& key, const BoundInputs& in, const StopToken&) {
    SimilarityResult result =
        similarityOf(*key.query, *in.engine, *in.products[0]->features, *in.products[1]->features);
    Product product = madeOf(std::move(result.map));
    product.match = result.best;
    return product;
}

Product makeMoments(const ProductKey& key, const BoundInputs& in, const StopToken& stop) {
    Product product;
    const FeatureMapPtr features = in.engine->featureMap(in.frames[0], key.level, stop);
    product.moments =
        std::make_shared<const FeatureMoments>(in.engine->featureMoments(*features, stop));
    return product;
}

ProductInputs momentsOfClip(const ProductKey& key) {
    ProductInputs inputs;
    for (const FrameIndex frame : featureBasisFrames(key.clipFrames)) {
        ProductKey at = key;
        at.frame = frame;
        inputs.products.push_back(productKey("feature-moments", at));
    }
    return inputs;
}

Product makeBasis(const ProductKey&, const BoundInputs& in, const StopToken&) {
    std::vector<FeatureMomentsPtr> moments;
    for (const ProductPtr& input : in.products) moments.push_back(input->moments);
    Product product;
    product.basis = std::make_shared<const FeatureBasis>(fitFeatureBasis(moments));
    return product;
}

ProductInputs pairOfFrames(const ProductKey& key) {
    ProductInputs inputs{{key.frame, key.other}, {}, flowNeedsEngine(key.flow)};
    if (isFlowFiles(key.flow)) inputs.files = {key.flow};
    return inputs;
}

ProductInputs flowAndTruth(const ProductKey& key) {
    return {{}, {productKey("flow", key), productKey("truth", key)}, false};
}

ProductInputs bothFlows(const ProductKey& key) {
    return {{}, {productKey("flow", key), backwardFlow(key)}, false};
}

/// Those that end one frame earlier and the flow from there: of a chain over many frames each flow
/// is needed only once.
ProductInputs chainOfFlow(const ProductKey& key) {
    const FrameIndex step = key.other < key.frame ? -1 : 1;
    ProductKey last = key;
    last.frame = key.other - step;
    ProductInputs inputs;
    if (last.frame != key.frame) {
        ProductKey shorter = key;
        shorter.other = last.frame;
        inputs.products.push_back(productKey("streamlines", shorter));
    }
    inputs.products.push_back(productKey("flow", last));
    return inputs;
}

Product makeStreamlines(const ProductKey&, const BoundInputs& in, const StopToken&) {
    const FlowField& flow = *in.products.back()->flow;
    const Streamlines before =
        in.products.size() == 1 ? streamGrid(flow.size()) : *in.products.front()->streamlines;
    Product product;
    product.streamlines = std::make_shared<const Streamlines>(extended(before, flow));
    return product;
}

constexpr std::array<ProductKind, 16> kKinds{{
    {"flow", "flow", true, true, true, false, false, false, false, false, false, false,
     pairOfFrames, makeFlow},
    {"features", "features", true, false, false, false, true, true, false, false, false, false,
     [](const ProductKey& key) { return ProductInputs{{key.frame}, {}, true}; }, makeFeatures},
    {"warp-error", "maps", true, true, true, false, false, false, false, false, false, false,
     [](const ProductKey& key) {
         return ProductInputs{{key.frame, key.other}, {productKey("flow", key)}, false};
     },
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(warpError(*in.frames[0], *in.frames[1], *in.products[0]->flow));
     }},
    {"feature-error", "maps", true, true, true, false, true, true, false, false, false, false,
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
    {"consistency", "maps", true, true, true, false, false, false, false, false, false, false,
     bothFlows,
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(forwardBackwardError(*in.products[0]->flow, *in.products[1]->flow));
     }},
    {"occlusion", "maps", true, true, true, false, false, false, false, false, true, false,
     bothFlows,
     [](const ProductKey& key, const BoundInputs& in, const StopToken&) {
         return madeOf(occlusion(*in.products[0]->flow, *in.products[1]->flow, key.rule));
     }},
    {"similarity", "similarity", true, false, false, false, true, true, true, false, false, false,
     [](const ProductKey& key) {
         return ProductInputs{
             {}, {featuresAt(key, key.query->frame), featuresAt(key, key.frame)}, true};
     },
     makeSimilarity},
    // From the frame, not from its features: the cache keeps the inputs of what is missing, and the
    // features of all frames of the basis at a fine level would take its whole budget.
    {"feature-moments", "feature colours", true, false, false, false, true, true, false, false,
     false, false, [](const ProductKey& key) { return ProductInputs{{key.frame}, {}, true}; },
     makeMoments},
    {"feature-basis", "feature colours", false, false, false, false, true, true, false, true, false,
     false, momentsOfClip, makeBasis},
    {"feature-colors", "feature colours", true, false, false, false, true, true, false, true, false,
     false,
     [](const ProductKey& key) {
         return ProductInputs{
             {}, {productKey("feature-basis", key), featuresAt(key, key.frame)}, true};
     },
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         Product product;
         product.colors = std::make_shared<const Raster<std::uint8_t>>(
             featureColors(*in.engine, *in.products[1]->features, *in.products[0]->basis));
         return product;
     }},
    {"streamlines", "streamlines", true, true, true, false, false, false, false, false, false,
     false, chainOfFlow, makeStreamlines},
    {"difference", "difference of maps", false, false, false, false, false, false, false, false,
     false, true, [](const ProductKey& key) { return ProductInputs{{}, key.terms, false}; },
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(mapDifference(*in.products[0]->map, *in.products[1]->map));
     }},
    // The files do not depend on the other frame of the pair.
    {"truth", "flow", true, false, false, true, false, false, false, false, false, false,
     [](const ProductKey& key) { return ProductInputs{{key.frame}, {}, false, {key.truth}}; },
     makeTruth},
    {"flow-error", "maps", true, true, true, true, false, false, false, false, false, false,
     flowAndTruth,
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(endPointErrorMap(*in.products[0]->flow, *in.products[1]->flow));
     }},
    {"flow-angle-error", "maps", true, true, true, true, false, false, false, false, false, false,
     flowAndTruth,
     [](const ProductKey&, const BoundInputs& in, const StopToken&) {
         return madeOf(angularErrorMap(*in.products[0]->flow, *in.products[1]->flow));
     }},
    {"accuracy", "accuracy", true, true, true, true, false, false, false, false, false, false,
     [](const ProductKey& key) {
         ProductInputs inputs = flowAndTruth(key);
         inputs.frames = {key.frame, key.other};
         return inputs;
     },
     makeAccuracy},
}};

}  // namespace

std::size_t Product::bytes() const noexcept {
    return (flow ? flow->vectors.bytes() : 0) + (map ? map->values.bytes() : 0) +
           (features ? features->bytes() : 0) +
           (moments ? moments->products.size() * sizeof(double) : 0) +
           (basis ? basis->projection.axes.size() * sizeof(float) : 0) +
           (colors ? colors->bytes() : 0) + (streamlines ? streamlines->bytes() : 0) +
           (accuracy ? sizeof(*accuracy) : 0);
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
    if (of.ofFrame) key.frame = all.frame;
    key.other = of.ofPair ? all.other : key.frame;
    if (of.byFlow) key.flow = all.flow;
    if (of.byTruth) key.truth = all.truth;
    if (of.byEngine || (of.byFlow && flowNeedsEngine(all.flow))) key.engine = all.engine;
    if (of.byLevel) key.level = all.level;
    if (of.byQuery) key.query = all.query;
    if (of.byClip) key.clipFrames = all.clipFrames;
    if (of.byRule) key.rule = all.rule;
    if (of.byTerms) {
        key.terms = all.terms;
        key.frame = all.terms.at(0).frame;
        key.other = key.frame;
    }
    return key;
}

ProductInputs inputsOf(const ProductKey& key) { return productKind(key.product).inputs(key); }

SimilarityResult similarityOf(const SimilarityQuery& query, InferenceEngine& engine,
                              const FeatureMap& from, const FeatureMap& to) {
    return query.region ? engine.similarityOfRegion(from, query.region->inside(), to)
                        : engine.similarity(from, query.where, to);
}

bool lacksFlow(const ProductKey& key, std::span<const FlowFilesPtr> files) {
    const ProductInputs inputs = inputsOf(key);
    for (const std::string& id : inputs.files) {
        const FlowFilesPtr of = findFlowFiles(files, id);
        if (!of || !of->has(key.frame) || key.other < key.frame) return true;
    }
    return std::any_of(inputs.products.begin(), inputs.products.end(),
                       [files](const ProductKey& input) { return lacksFlow(input, files); });
}

Product produce(const ProductKey& key, const BoundInputs& inputs, const StopToken& stop) {
    const ProductKind& kind = productKind(key.product);
    stop.throwIfStopped(std::string("computing ") + kind.work);
    const ProductInputs wanted = kind.inputs(key);
    const auto given = [](const auto& pointer) { return pointer != nullptr; };
    if (inputs.frames.size() != wanted.frames.size() ||
        inputs.products.size() != wanted.products.size() ||
        inputs.files.size() != wanted.files.size() ||
        !std::all_of(inputs.files.begin(), inputs.files.end(), given) ||
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
    for (std::size_t i = 0; i < wanted.files.size(); ++i) {
        if (inputs.files[i]->id() != wanted.files[i]) {
            throw Error(ErrorCode::Internal,
                        "\"" + key.product + "\" was given files that are not in its key");
        }
    }
    return kind.make(key, inputs, stop);
}

}  // namespace mcj
