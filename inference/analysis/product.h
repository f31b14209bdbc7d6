#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "inference/analysis/feature_colors.h"
#include "inference/analysis/flow_accuracy.h"
#include "inference/analysis/flow_files.h"
#include "inference/analysis/product_key.h"
#include "inference/analysis/streamlines.h"
#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/raster.h"
#include "media/base/scalar_map.h"
#include "media/base/stop_token.h"

namespace mcj {

/// A picture on a frame's grid, H x W x 3.
using RgbPtr = std::shared_ptr<const Raster<std::uint8_t>>;

/// A computed result. Each kind of product sets the members that it has; the rest is empty.
struct Product {
    FlowPtr flow;
    float flowPercentilePx = 0.0F;  ///< 99th percentile of the flow's length
    ScalarMapPtr map;
    /// Of the map's known values, or of the lengths of the flow's known vectors; none where nothing
    /// is known.
    std::optional<double> mean;
    std::optional<BestMatch> match;  ///< of similarity
    FeatureMapPtr features;
    FeatureMomentsPtr moments;
    FeatureBasisPtr basis;
    RgbPtr colors;
    StreamlinesPtr streamlines;
    std::optional<FlowAccuracy> accuracy;
    [[nodiscard]] std::size_t bytes() const noexcept;
};
using ProductPtr = std::shared_ptr<const Product>;

/// The inputs of a product, from its key.
struct ProductInputs {
    std::vector<FrameIndex> frames;
    std::vector<ProductKey> products;  ///< the most informative one first
    bool engine = false;
    std::vector<std::string> files = {};  ///< ids of `FlowFiles`
};

/// The inputs themselves, in the same order.
struct BoundInputs {
    std::vector<FramePtr> frames;
    std::vector<ProductPtr> products;
    InferenceEngine* engine = nullptr;  ///< may be null where no engine is needed
    std::vector<FlowFilesPtr> files = {};
};

/// One kind of product: the content of its keys, and how it is computed.
struct ProductKind {
    const char* id;
    const char* work;  ///< its name in messages: "flow"
    bool ofFrame;      ///< the booleans: which parts of a key it depends on
    bool ofPair;
    bool byFlow;
    bool byTruth;
    bool byEngine;  ///< always; a flow provider may need an engine as well
    bool byLevel;
    bool byQuery;
    bool byClip;   ///< on the number of frames of the clip
    bool byRule;   ///< on the thresholds of occlusion
    bool byTerms;  ///< on two other products alone; it is on the grid of the first one
    ProductInputs (*inputs)(const ProductKey& key);
    Product (*make)(const ProductKey& key, const BoundInputs& inputs, const StopToken& stop);
};

/// "flow", "features", "warp-error", "feature-error", "consistency", "occlusion", "similarity",
/// "feature-moments", "feature-basis", "feature-colors", "difference" (of two maps), "streamlines"
/// (from `frame` to `other`, over all frames between them), and with ground truth "truth" (flow),
/// "flow-error" (px), "flow-angle-error" (degrees) and "accuracy" (numbers).
[[nodiscard]] std::span<const ProductKind> productKinds();
/// Throws `Error{Internal}` for an unknown kind.
[[nodiscard]] const ProductKind& productKind(const std::string& id);

/// The key of a product of this kind, with those parts of `all` that the kind depends on. A kind
/// that depends on a query must be given one, a kind that depends on terms two keys of maps.
[[nodiscard]] ProductKey productKey(const std::string& kind, const ProductKey& all);

[[nodiscard]] ProductInputs inputsOf(const ProductKey& key);

/// The map and best match of `query` in a frame: `from` are the features of the query's frame,
/// `to` those of the other one. Throws what the engine throws.
[[nodiscard]] SimilarityResult similarityOf(const SimilarityQuery& query, InferenceEngine& engine,
                                            const FeatureMap& from, const FeatureMap& to);

/// Whether the product or one of its inputs is flow that `files` do not have: of a frame without a
/// file, or from a later frame to an earlier one.
[[nodiscard]] bool lacksFlow(const ProductKey& key, std::span<const FlowFilesPtr> files);

/// Computes the product. Throws what the engine, the flow providers and `FlowFiles` throw, and
/// `Error{Interrupted}` once a stop is asked for.
[[nodiscard]] Product produce(const ProductKey& key, const BoundInputs& inputs,
                              const StopToken& stop = {});

}  // namespace mcj
