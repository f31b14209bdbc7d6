#include "app/cli_commands/review_flow.h"

#include "app/cli_commands/command_context.h"
#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/error.h"

namespace mcj {

ReviewFlow reviewFlowOf(CommandContext& context, const FlowChoice& choice, bool given) {
    ReviewFlow flow{flowIdOf(choice), nullptr};
    const bool needed = flowProvider(flow.method).needsEngine;
    try {
        InferenceEngine& engine = context.engine();
        if (needed && given) requireFlow(engine, "--method dis");
        if (needed && !engine.info().hasFlow) {
            context.info("the model does not estimate flow: DIS is used");
            flow.method = kDisFlow;
        }
        flow.engine = &engine;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Interrupted || !context.options.model.empty() ||
            (needed && given)) {
            throw;
        }
        flow.method = needed ? kDisFlow : flow.method;
        context.warn(std::string("without a model, features are not compared") +
                     (needed ? " and flow by DIS: " : ": ") + error.what());
    }
    return flow;
}

}  // namespace mcj
