#pragma once

#include <string>
#include <vector>

#include "media/base/flow_field.h"
#include "media/base/frame.h"

namespace mcj {

class InferenceEngine;

/// Ways to get a flow field.
enum class FlowMethod { Model, Dis, Farneback, Zero };

[[nodiscard]] std::string flowMethodName(FlowMethod method);
/// "model", "dis", "farneback", "zero"; throws `Error{Usage}` that lists them.
[[nodiscard]] FlowMethod parseFlowMethod(const std::string& name);

/// Flow from `from` to `to`. `engine` may be null unless `method` is Model. DIS is OpenCV's medium
/// preset, Farneback its documented defaults (pyramid 0.5, 5 levels, window 15, 3 iterations, 7, 1.5).
[[nodiscard]] FlowField estimateFlow(FlowMethod method, const FramePtr& from, const FramePtr& to,
                                     InferenceEngine* engine);

}  // namespace mcj
