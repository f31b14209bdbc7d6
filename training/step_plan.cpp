#include "training/step_plan.h"

#include <algorithm>

namespace mcj {
namespace {

/// The number of flow steps among the steps since flow began.
struct FlowTurns {
    bool now = false;
    std::int64_t before = 0;
};

FlowTurns flowTurns(const Recipe& recipe, std::int64_t since) {
    const bool alternates = recipe.content.batch > 0 && recipe.sampling != Sampling::Combined;
    if (!alternates) return {true, since};
    const std::int64_t length =
        recipe.sampling == Sampling::BatchAlternation ? 1 : recipe.epochSteps;
    const std::int64_t within = since % (2 * length);
    return {within < length, since / (2 * length) * length + std::min(within, length)};
}

}  // namespace

StepPlan planStep(const Recipe& recipe, std::int64_t step) {
    StepPlan plan;
    plan.content = recipe.content.batch > 0;
    if (!recipe.model.hasFlow() || step < recipe.flowStart) return plan;
    const auto turns = flowTurns(recipe, step - recipe.flowStart);
    if (!turns.now) return plan;
    plan.content = plan.content && recipe.sampling == Sampling::Combined;
    plan.synthetic = recipe.syntheticBatch > 0;
    plan.real =
        recipe.realEvery > 0 && step >= recipe.realStart && turns.before % recipe.realEvery == 0;
    return plan;
}

BatchCounts batchesBefore(const Recipe& recipe, std::int64_t step) {
    BatchCounts counts;
    for (std::int64_t s = 0; s < step; ++s) {
        const auto plan = planStep(recipe, s);
        counts.synthetic += plan.synthetic ? 1 : 0;
        counts.real += plan.real ? 1 : 0;
        counts.content += plan.content ? 1 : 0;
    }
    return counts;
}

double risenShare(std::int64_t step, std::int64_t start, std::int64_t ramp) {
    if (step < start) return 0.0;
    if (ramp <= 0) return 1.0;
    return std::min(1.0, static_cast<double>(step - start + 1) / static_cast<double>(ramp));
}

}  // namespace mcj
