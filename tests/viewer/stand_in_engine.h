#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"

namespace mcj::test {

/// What a stand-in engine does, and has done, shared between a test and the engine of a session.
struct EngineScript {
    std::atomic<bool> hold{false};        ///< feature error and similarity wait while this is set
    std::atomic<int> flowMs{0};           ///< how long flow in full detail takes
    std::atomic<int> similarityMs{0};     ///< how long similarity takes
    std::atomic<int> failingQueryX{-1};   ///< the similarity of a query at this x fails
    std::atomic<int> waiting{0};          ///< calls that wait
    std::atomic<int> similarityCalls{0};  ///< calls that have begun
};

/// An engine without a network, whose values say what they were made from: flow is (detail, 0), the
/// feature error is the level, similarity is x of the query over 1000.
class StandInEngine : public InferenceEngine {
public:
    explicit StandInEngine(std::shared_ptr<EngineScript> script) : script_(std::move(script)) {
        info_.modelName = "stand-in";
    }
    [[nodiscard]] const EngineInfo& info() const override { return info_; }
    [[nodiscard]] WorkEstimate estimate(SizePx, FlowDetail) override { return {}; }
    [[nodiscard]] FlowField flow(const FramePtr& from, const FramePtr&,
                                 FlowDetail detail) override {
        if (detail == FlowDetail::Full) pass(script_->flowMs);
        FlowField field(from->size());
        field.set(0, 0, {detail == FlowDetail::Full ? 2.0F : 1.0F, 0.0F});
        return field;
    }
    [[nodiscard]] ScalarMap featureError(const FramePtr& first, const FramePtr&, const FlowField&,
                                         int level) override {
        waitWhileHeld();
        return filled(first->size(), static_cast<float>(level));
    }
    [[nodiscard]] SimilarityResult similarity(const FramePtr&, PointF where, const FramePtr& target,
                                              int) override {
        ++script_->similarityCalls;
        waitWhileHeld();
        pass(script_->similarityMs);
        if (static_cast<int>(where.x) == script_->failingQueryX) {
            throw Error(ErrorCode::Device, "the stand-in engine was told to fail");
        }
        return {filled(target->size(), where.x / 1000.0F), where, 0.5F};
    }
    [[nodiscard]] std::unique_ptr<LabelPropagation> startPropagation(
        const LabelPropagationOptions&) override {
        throw Error(ErrorCode::Internal, "the stand-in engine carries no masks");
    }

private:
    static void pass(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
    void waitWhileHeld() {
        ++script_->waiting;
        while (script_->hold) pass(1);
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
