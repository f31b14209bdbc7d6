#pragma once

#include <string>

#include "app/cli_commands/flow_choice.h"

namespace mcj {

class CommandContext;
class InferenceEngine;

/// The flow of a review where none is chosen and a model is there.
inline constexpr const char* kReviewFlow = "model-fast";

/// The flow of a review, and the engine of its features.
struct ReviewFlow {
    std::string method;                 ///< a flow provider's id
    InferenceEngine* engine = nullptr;  ///< null: there is no model, so no features
};

/// The chosen flow. `given`: the user chose it. Otherwise, where the model cannot be loaded or has
/// no flow, DIS is used, with a warning. A chosen method that needs no model is used with the
/// features of the model if it can be loaded. Throws what loading throws where --model or a method
/// that needs the model was given.
[[nodiscard]] ReviewFlow reviewFlowOf(CommandContext& context, const FlowChoice& choice,
                                      bool given);

}  // namespace mcj
