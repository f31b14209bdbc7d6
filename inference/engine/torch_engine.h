#pragma once

#include <map>

#include <ATen/core/Tensor.h>

#include "inference/engine/feature_cache.h"
#include "inference/engine/inference_engine.h"
#include "inference/engine/memory_guard.h"
#include "inference/model/mc_jepa.h"

namespace mcj {

/// The engine on LibTorch, in the shared library that the loader opens.
class TorchEngine final : public InferenceEngine {
public:
    /// `memory` is checked before pictures are computed on the CPU.
    explicit TorchEngine(const EngineOptions& options, MemoryGuard memory = MemoryGuard());

    [[nodiscard]] const EngineInfo& info() const override { return info_; }
    [[nodiscard]] WorkEstimate estimate(SizePx size, FlowDetail detail) override;
    [[nodiscard]] FlowField flow(const FramePtr& from, const FramePtr& to, FlowDetail detail,
                                 const StopToken& stop = {}) override;
    [[nodiscard]] FlowField flowAtLevel(const FramePtr& from, const FramePtr& to, int level,
                                        const StopToken& stop = {}) override;
    [[nodiscard]] FeatureMapPtr featureMap(const FramePtr& frame, int level,
                                           const StopToken& stop = {}) override;
    [[nodiscard]] ScalarMap featureError(const FeatureMap& first, const FeatureMap& second,
                                         const FlowField& flow) override;
    [[nodiscard]] SimilarityResult similarity(const FeatureMap& query, PointF where,
                                              const FeatureMap& target) override;
    [[nodiscard]] SimilarityResult similarityOfRegion(const FeatureMap& query,
                                                      const Raster<std::uint8_t>& inside,
                                                      const FeatureMap& target) override;
    [[nodiscard]] FeatureMoments featureMoments(const FeatureMap& features,
                                                const StopToken& stop = {}) override;
    [[nodiscard]] Raster<float> projectFeatures(const FeatureMap& features,
                                                const FeatureProjection& projection) override;
    [[nodiscard]] LabelFeatures meanFeatures(const FeatureMap& features,
                                             const Raster<std::uint8_t>& labels) override;
    [[nodiscard]] std::unique_ptr<LabelPropagation> startPropagation(
        const LabelPropagationOptions& options) override;

    /// The frame's features, from the cache if possible.
    const FrameFeatures& features(const Frame& frame, const StopToken& stop = {});
    /// Level `level` without the cells that are entirely in the padding: [1, C, h, w].
    [[nodiscard]] at::Tensor levelMap(const FrameFeatures& features, int level) const;
    /// The same, standardised over the picture, for cosines.
    [[nodiscard]] at::Tensor comparableMap(const FrameFeatures& features, int level) const;
    /// The features for label propagation on the grid of `level`: that level joined with the next
    /// finer one, if any (`joinLevels`).
    [[nodiscard]] at::Tensor propagationMap(const FrameFeatures& features, int level) const;
    /// Flow on the grid of `level` in its cells, [1, 2, h, w], from flow in frame pixels; `network`
    /// is the size of the picture that the network saw, before padding.
    [[nodiscard]] at::Tensor flowOnLevel(const FlowField& flow, SizePx network, int level) const;
    void checkLevel(int level) const;

private:
    /// The picture that the network sees, not yet padded, and its size.
    struct NetworkPicture;
    [[nodiscard]] NetworkPicture networkPicture(const Frame& frame) const;
    /// The frame's features at twice the size, from a separate cache.
    const FrameFeatures& doubledFeatures(const Frame& frame, const StopToken& stop);
    /// Both throw `Error{Device}` where the CPU's memory is insufficient for frames of that size.
    void requireMemoryToEncode(SizePx frame);
    void requireMemoryForFlow(SizePx frame, FlowDetail detail);
    void requireMemory(const MemoryRequest& request);

    EngineInfo info_;
    McJepa model_{nullptr};
    c10::Device device_;
    int maxSidePx_;
    FeatureCache cache_;
    FeatureCache doubledCache_;
    MemoryGuard memory_;
    std::map<FlowDetail, double> secsPerPx_;  ///< of a pair; measured on the first estimate
};

}  // namespace mcj
