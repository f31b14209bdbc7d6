#pragma once

#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

class InferenceEngine;
enum class FlowDetail;

/// Ways to get a flow field.
enum class FlowMethod { Model, ModelFast, Dis, Farneback, Zero };

/// Whether it takes an engine.
[[nodiscard]] bool usesModel(FlowMethod method) noexcept;
/// How far the model goes; `Fast` where its flow is not asked for.
[[nodiscard]] FlowDetail detailOf(FlowMethod method) noexcept;

/// Throws `Error{Usage}` where the engine's model learnt content alone; the hint names `instead`
/// ("--method dis"). Commands ask before they write.
void requireFlow(const InferenceEngine& engine, const std::string& instead);

[[nodiscard]] std::string flowMethodName(FlowMethod method);
/// "model", "model-fast", "dis", "farneback", "zero"; throws `Error{Usage}` that lists them.
[[nodiscard]] FlowMethod parseFlowMethod(const std::string& name);

/// Flow from `from` to `to`. `engine` may be null unless `usesModel(method)`. DIS is OpenCV's
/// medium preset, Farneback its documented defaults (pyramid 0.5, 5 levels, window 15, 3
/// iterations, 7, 1.5).
[[nodiscard]] FlowField estimateFlow(FlowMethod method, const FramePtr& from, const FramePtr& to,
                                     InferenceEngine* engine);

}  // namespace mcj
