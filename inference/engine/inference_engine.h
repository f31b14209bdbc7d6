#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "media/base/stop_token.h"

namespace mcj {

struct EngineOptions {
    std::filesystem::path
        model;  ///< a .safetensors file; empty: the one that ships with the program
    std::string device = "auto";  ///< "auto", "cpu", "cuda" or "cuda:N"
    int threads = 0;              ///< 0: one per core
    /// "auto", "float32" or "bfloat16", for computing on the CPU: the type in which wide layers
    /// multiply; sums, norms and flow are float32. "auto" is bfloat16 where the processor has
    /// instructions for it (AMX). A GPU computes in float32.
    std::string precision = "auto";
    int maxSidePx = 0;  ///< longer pictures are computed at this size and scaled back; 0: never
    std::size_t featureCacheBytes = std::size_t{512} << 20;
};

/// The loaded model and device, for `doctor`, manifests and the window's title.
struct EngineInfo {
    std::filesystem::path modelPath;
    std::string modelSha256;
    std::string modelName;  ///< "small", "convnext-t", or the name in the file
    std::string mode;       ///< "mc-jepa", "m-jepa", "vicreg" or "arflow"
    bool hasFlow = true;
    std::int64_t parameters = 0;
    std::string device;       ///< "cpu", or the GPU's name
    std::string precision;    ///< "float32" or "bfloat16", see EngineOptions
    std::string noGpuReason;  ///< why "auto" chose the CPU; empty otherwise
    std::string noGpuHint;    ///< what to do about it; empty if there is no GPU
    int levels = 6;           ///< feature levels 1..levels, level l has stride 2^l
    int finestFlowLevel = 2;  ///< flow is estimated at this and all coarser levels up to the next
    int coarsestFlowLevel = 6;
    std::map<std::string, std::string>
        metadata;  ///< the checkpoint's header: recipe, figures, licence
};

/// The detail of flow. `Fast` ends with the network's own levels. `Full` also runs the same weights
/// on the pictures at twice their size: small motions become more exact, and it takes about four
/// times as long.
enum class FlowDetail { Fast, Full };

/// Time and memory for one frame pair of a size, measured on small input and scaled.
struct WorkEstimate {
    double secsPerPair = 0.0;
    std::uint64_t peakBytes = 0;
};

/// Features of one frame at one level, each channel standardised over the picture, for cosines.
/// Immutable; the content is private to the engine that made it, which it may outlive.
class FeatureMap {
public:
    virtual ~FeatureMap() = default;
    [[nodiscard]] virtual SizePx frameSize() const noexcept = 0;
    [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
};
using FeatureMapPtr = std::shared_ptr<const FeatureMap>;

/// Sums over the cells of a feature map, from which a basis of several maps is fitted.
struct FeatureMoments {
    std::int64_t cells = 0;
    std::vector<double> sums;      ///< one per channel
    std::vector<double> products;  ///< of two channels, C x C, row by row; symmetric
    friend bool operator==(const FeatureMoments&, const FeatureMoments&) = default;
};

/// An affine map from C channels to three values: axes * (feature - origin).
struct FeatureProjection {
    std::vector<float> origin;  ///< C values
    std::vector<float> axes;    ///< 3 x C, row by row
    friend bool operator==(const FeatureProjection&, const FeatureProjection&) = default;
};

/// The most similar position in a frame.
struct BestMatch {
    PointF where;        ///< pixels of that frame
    float score = 0.0F;  ///< cosine
};

/// A feature for each label of a mask: C values.
using LabelFeatures = std::map<std::uint8_t, std::vector<float>>;

struct SimilarityResult {
    ScalarMap map;  ///< cosine in [-1, 1] on the target's pixel grid
    BestMatch best;
};

/// Settings of label propagation. The defaults are DINO's (eval_video_segmentation.py), but DINO
/// compares one level only.
struct LabelPropagationOptions {
    int level = 3;  ///< its grid carries the labels (stride 2^level); features of this level
                    ///< and the next finer one (if any) are compared
    int contextFrames = 7;  ///< last frames kept beside the permanent ones
    int radiusCells = 12;   ///< square search window, cells of the level
    int topK = 5;
    float temperature = 0.1F;
    bool guideByFlow = false;  ///< centre the window of the newest frame where flow points
};

/// The votes for a label in a frame.
struct LabelVotes {
    std::uint8_t label = 0;
    float peak = 0.0F;  ///< the greatest share of a cell's votes, 0..1
    float sum = 0.0F;   ///< of the shares of all cells, so in cells
};

struct PropagatedLabels {
    Raster<std::uint8_t> labels;  ///< H x W x 1, ids of the conditioning masks
    ScalarMap confidence;         ///< margin between the best and the second label, 0..1
    Raster<std::uint8_t> second;  ///< H x W x 1, the second label; empty where there is only one
    /// The side of a cell of the raster that decided them, in pixels of the frame: the stride of
    /// the level, and more where the network sees the frame at a smaller size.
    float cellPx = 0.0F;
    /// One entry for each label of the conditioning masks. `labels` is decided by shares that are
    /// stretched to 0..1 label by label, so it has a place even for an object that no cell votes
    /// for; this tells the two apart.
    std::vector<LabelVotes> votes;
};

/// One running propagation: condition on masks, then step through frames in the order of travel.
/// Belongs to the engine that made it and shares its thread rule. A call that was stopped changed
/// nothing and can be made again.
class LabelPropagation {
public:
    virtual ~LabelPropagation() = default;
    /// Takes `labels` (H x W x 1, of the frame's size; 255 is void and does not vote) as correct
    /// for `frame`, which stays in the context permanently.
    virtual void condition(const FramePtr& frame, const Raster<std::uint8_t>& labels,
                           const StopToken& stop = {}) = 0;
    /// Labels of `frame` from the context; the frame then joins the context's queue.
    [[nodiscard]] virtual PropagatedLabels step(const FramePtr& frame,
                                                const StopToken& stop = {}) = 0;
};

/// All computations that need the network. Owns model, device and feature cache; frames are
/// identified by (source, index), so a frame is encoded only once while it is cached. One caller at
/// a time. Functions with a stop token check it between bands of a layer (1080p on two CPU cores:
/// at most about 70 ms apart, see bench_stop) and throw `Error{Interrupted}`; the engine's state is
/// unchanged. Errors: `Error{Device}` when memory runs out, `Error{Usage}` for a level or point
/// that does not exist.
class InferenceEngine {
public:
    virtual ~InferenceEngine() = default;

    [[nodiscard]] virtual const EngineInfo& info() const = 0;
    [[nodiscard]] virtual WorkEstimate estimate(SizePx size, FlowDetail detail) = 0;

    /// Flow from `from` to `to` on the grid of `from`, at its full size. `Error{Usage}` where the
    /// model has no flow (`!info().hasFlow`).
    [[nodiscard]] virtual FlowField flow(const FramePtr& from, const FramePtr& to,
                                         FlowDetail detail, const StopToken& stop = {}) = 0;

    /// The same as the network estimates it at one of its levels, before the finer ones correct it,
    /// enlarged to the size of `from`. At the finest level it is the flow of `FlowDetail::Fast`.
    /// `Error{Usage}` where the model has no flow at that level.
    [[nodiscard]] virtual FlowField flowAtLevel(const FramePtr& from, const FramePtr& to, int level,
                                                const StopToken& stop = {}) = 0;

    /// The features of `frame` at `level`, the input of the functions below.
    [[nodiscard]] virtual FeatureMapPtr featureMap(const FramePtr& frame, int level,
                                                   const StopToken& stop = {}) = 0;

    /// 1 - cosine between the features of `first` and those of `second` warped to it by `flow`
    /// (pixels, grid of `first`), drawn on the grid of `first`; NaN where the warp leaves the
    /// picture. `Error{Input}` where the sizes differ.
    [[nodiscard]] virtual ScalarMap featureError(const FeatureMap& first, const FeatureMap& second,
                                                 const FlowField& flow) = 0;

    /// Cosine of the feature at `where` (pixels) in `query` with every feature of `target`.
    /// `Error{Usage}` for a point outside the picture.
    [[nodiscard]] virtual SimilarityResult similarity(const FeatureMap& query, PointF where,
                                                      const FeatureMap& target) = 0;

    /// The same for an object: each feature of `query` is scaled to length 1, and the query is
    /// their mean, weighted by the number of pixels of `inside` (H x W x 1 of the frame's size,
    /// other than 0) in each cell. `Error{Usage}` for another size or without a pixel inside.
    [[nodiscard]] virtual SimilarityResult similarityOfRegion(const FeatureMap& query,
                                                              const Raster<std::uint8_t>& inside,
                                                              const FeatureMap& target) = 0;

    /// Sums over all cells of `features` that are at least partly inside the picture.
    [[nodiscard]] virtual FeatureMoments featureMoments(const FeatureMap& features,
                                                        const StopToken& stop = {}) = 0;
    /// The three values of every pixel of the frame, H x W x 3, bilinear between the cells.
    /// `Error{Internal}` where `projection` does not have the channels of `features`.
    [[nodiscard]] virtual Raster<float> projectFeatures(const FeatureMap& features,
                                                        const FeatureProjection& projection) = 0;

    /// The mean feature over the pixels of each label that occurs in `labels` (H x W x 1, of the
    /// frame's size); a pixel has the feature of the cell that it lies in. `Error{Input}` where the
    /// sizes differ.
    [[nodiscard]] virtual LabelFeatures meanFeatures(const FeatureMap& features,
                                                     const Raster<std::uint8_t>& labels) = 0;

    [[nodiscard]] virtual std::unique_ptr<LabelPropagation> startPropagation(
        const LabelPropagationOptions& options) = 0;
};

/// Loads LibTorch (on the first call) and the model. Takes 0.5 to 2 s: never on the GUI thread.
/// Throws `Error{Input}` for an invalid model file, `Error{Device}` for a missing device.
[[nodiscard]] std::unique_ptr<InferenceEngine> loadEngine(const EngineOptions& options);

/// The path of the shipped model: beside the program, in the installed tree, or $MCJ_MODEL.
[[nodiscard]] std::filesystem::path shippedModelPath();

}  // namespace mcj
