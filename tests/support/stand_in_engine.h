#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"

namespace mcj::test {

/// What a stand-in engine does, and has done, shared between a test and the engine of a session.
struct EngineScript {
    std::atomic<bool> hold{false};        ///< feature error and similarity wait while this is set
    std::atomic<bool> holdFlow{false};    ///< flow in full detail waits, and cannot be stopped
    std::atomic<int> flowMs{0};           ///< how long flow in full detail takes
    std::atomic<int> similarityMs{0};     ///< how long similarity takes
    std::atomic<int> failingQueryX{-1};   ///< the similarity of a query at this x fails
    std::atomic<int> slowFlows{0};        ///< calls for flow in full detail that have begun
    std::atomic<int> waiting{0};          ///< calls that wait
    std::atomic<int> featureCalls{0};     ///< calls that have begun
    std::atomic<int> similarityCalls{0};  ///< calls that have begun
};

/// Features that say what they are of.
struct StandInFeatures final : FeatureMap {
    StandInFeatures(const FramePtr& of, int ofLevel) : frame(of), level(ofLevel) {}
    [[nodiscard]] SizePx frameSize() const noexcept override { return frame->size(); }
    [[nodiscard]] std::size_t bytes() const noexcept override { return 1; }

    FramePtr frame;
    int level;
};

/// An engine without a network, whose values say what they were made from: flow is (detail or
/// level, second frame - first frame), the feature error is the level plus a thousandth of the
/// flow's detail plus the frames' numbers, similarity is a thousandth of x of the query plus the
/// same. Moments and projections are those of three channels of noise that differs by frame and
/// level.
class StandInEngine : public InferenceEngine {
public:
    /// On the device "cpu" previews by coarser methods are computed first.
    explicit StandInEngine(std::shared_ptr<EngineScript> script = std::make_shared<EngineScript>(),
                           std::string device = {})
        : script_(std::move(script)) {
        info_.modelName = "stand-in";
        info_.device = std::move(device);
    }
    [[nodiscard]] const EngineInfo& info() const override { return info_; }
    [[nodiscard]] WorkEstimate estimate(SizePx, FlowDetail) override { return {}; }
    [[nodiscard]] FlowField flow(const FramePtr& from, const FramePtr& to, FlowDetail detail,
                                 const StopToken& stop) override {
        if (detail == FlowDetail::Full) {
            ++script_->slowFlows;
            waitWhile(script_->holdFlow);
            pass(script_->flowMs, stop);
        }
        FlowField field(from->size());
        field.set(0, 0,
                  {detail == FlowDetail::Full ? 2.0F : 1.0F,
                   static_cast<float>(to->index - from->index)});
        return field;
    }
    /// (level, second frame - first frame).
    [[nodiscard]] FlowField flowAtLevel(const FramePtr& from, const FramePtr& to, int level,
                                        const StopToken&) override {
        FlowField field(from->size());
        field.set(0, 0, {static_cast<float>(level), static_cast<float>(to->index - from->index)});
        return field;
    }
    [[nodiscard]] FeatureMapPtr featureMap(const FramePtr& frame, int level,
                                           const StopToken&) override {
        ++script_->featureCalls;
        return std::make_shared<const StandInFeatures>(frame, level);
    }
    [[nodiscard]] ScalarMap featureError(const FeatureMap& first, const FeatureMap& second,
                                         const FlowField& flow) override {
        waitWhileHeld();
        const auto& from = dynamic_cast<const StandInFeatures&>(first);
        const auto& to = dynamic_cast<const StandInFeatures&>(second);
        return filled(first.frameSize(), static_cast<float>(from.level) +
                                             flow.at(0, 0).x / 1000.0F +
                                             10.0F * static_cast<float>(from.frame->index) +
                                             100.0F * static_cast<float>(to.frame->index));
    }
    [[nodiscard]] SimilarityResult similarity(const FeatureMap& query, PointF where,
                                              const FeatureMap& target) override {
        ++script_->similarityCalls;
        waitWhileHeld();
        pass(script_->similarityMs);
        if (static_cast<int>(where.x) == script_->failingQueryX) {
            throw Error(ErrorCode::Device, "the stand-in engine was told to fail");
        }
        const auto& from = dynamic_cast<const StandInFeatures&>(query);
        const auto& to = dynamic_cast<const StandInFeatures&>(target);
        return {filled(target.frameSize(), where.x / 1000.0F + static_cast<float>(from.level) +
                                               10.0F * static_cast<float>(from.frame->index) +
                                               100.0F * static_cast<float>(to.frame->index)),
                {where, where.y / 1000.0F}};
    }
    /// As the similarity of a point whose x is a hundred and the number of pixels inside.
    [[nodiscard]] SimilarityResult similarityOfRegion(const FeatureMap& query,
                                                      const Raster<std::uint8_t>& inside,
                                                      const FeatureMap& target) override {
        float pixels = 100.0F;
        for (const std::uint8_t value : inside.values()) pixels += value == 0 ? 0.0F : 1.0F;
        return similarity(query, {pixels, 0.0F}, target);
    }
    [[nodiscard]] FeatureMoments featureMoments(const FeatureMap& features,
                                                const StopToken&) override {
        const auto& of = dynamic_cast<const StandInFeatures&>(features);
        FeatureMoments moments{0, std::vector<double>(3), std::vector<double>(9)};
        for (int y = 0; y < of.frameSize().height; ++y) {
            for (int x = 0; x < of.frameSize().width; ++x) {
                ++moments.cells;
                for (std::size_t i = 0; i < 3; ++i) {
                    moments.sums[i] += static_cast<double>(noise(of, {x, y}, i));
                    for (std::size_t j = 0; j < 3; ++j) {
                        moments.products[3 * i + j] +=
                            static_cast<double>(noise(of, {x, y}, i) * noise(of, {x, y}, j));
                    }
                }
            }
        }
        return moments;
    }
    [[nodiscard]] Raster<float> projectFeatures(const FeatureMap& features,
                                                const FeatureProjection& projection) override {
        const auto& of = dynamic_cast<const StandInFeatures&>(features);
        Raster<float> values(of.frameSize(), 3);
        for (int y = 0; y < of.frameSize().height; ++y) {
            for (int x = 0; x < of.frameSize().width; ++x) {
                for (std::size_t c = 0; c < 3; ++c) {
                    for (std::size_t i = 0; i < 3; ++i) {
                        values.at(y, x, static_cast<int>(c)) +=
                            projection.axes[3 * c + i] *
                            (noise(of, {x, y}, i) - projection.origin[i]);
                    }
                }
            }
        }
        return values;
    }
    [[nodiscard]] LabelFeatures meanFeatures(const FeatureMap& features,
                                             const Raster<std::uint8_t>& labels) override {
        const auto& of = dynamic_cast<const StandInFeatures&>(features);
        LabelFeatures sums;
        std::map<std::uint8_t, float> counts;
        for (int y = 0; y < labels.height(); ++y) {
            for (int x = 0; x < labels.width(); ++x) {
                const std::uint8_t label = labels.at(y, x);
                std::vector<float>& sum = sums[label];
                sum.resize(3);
                for (std::size_t i = 0; i < 3; ++i) sum[i] += noise(of, {x, y}, i);
                counts[label] += 1.0F;
            }
        }
        for (auto& [label, sum] : sums) {
            for (float& value : sum) value /= counts[label];
        }
        return sums;
    }
    [[nodiscard]] std::unique_ptr<LabelPropagation> startPropagation(
        const LabelPropagationOptions&) override {
        throw Error(ErrorCode::Internal, "the stand-in engine carries no masks");
    }

private:
    /// In [-1, 1].
    static float noise(const StandInFeatures& of, PointPx at, std::size_t channel) {
        auto state = static_cast<std::uint32_t>(of.frame->index * 7919 + of.level * 104729 +
                                                at.y * 65537 + at.x * 257) +
                     static_cast<std::uint32_t>(channel);
        for (int round = 0; round < 3; ++round) {
            state = (state ^ (state >> 15U)) * 0x2c1b3c6dU + 0x297a2d39U;
        }
        return static_cast<float>(state >> 8U) / static_cast<float>(1U << 23U) - 1.0F;
    }
    /// Looks at `stop` every millisecond, as the engine does between bands.
    static void pass(int ms, const StopToken& stop = {}) {
        for (int passed = 0; passed < ms; ++passed) {
            stop.throwIfStopped("computing");
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    void waitWhileHeld() { waitWhile(script_->hold); }
    void waitWhile(const std::atomic<bool>& held) {
        ++script_->waiting;
        while (held) pass(1);
        --script_->waiting;
    }
    static ScalarMap filled(SizePx size, float value) {
        ScalarMap map(size, "stand-in", "", 0.0F, 1.0F);
        for (float& each : map.values.values()) each = value;
        return map;
    }

    std::shared_ptr<EngineScript> script_;
    EngineInfo info_;
};

}  // namespace mcj::test
