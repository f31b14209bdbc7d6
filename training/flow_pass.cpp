#include "training/flow_pass.h"

#include <ATen/ATen.h>

#include "inference/model/preprocess.h"

namespace mcj {
namespace {

FlowPyramid flowInFull(FlowPyramid flow) {
    for (auto& [level, map] : flow.levels) map = fullPrecision(map);
    flow.full = fullPrecision(flow.full);
    return flow;
}

FeaturePyramid featuresInFull(FeaturePyramid features) {
    for (auto& map : features.levels) {
        if (map.defined()) map = fullPrecision(map);
    }
    return features;
}

}  // namespace

at::Tensor fullPrecision(const at::Tensor& value) {
    const auto type = value.scalar_type();
    return type == at::kHalf || type == at::kBFloat16 ? value.to(at::kFloat) : value;
}

FlowPass estimateForward(McJepa model, const at::Tensor& first, const at::Tensor& second,
                         LevelGradients gradients) {
    const auto both = model->encode(normalizeImages(at::cat({first, second}, 0)));
    const std::int64_t batch = first.size(0);
    FlowPass pass{first, second, both.slice(0, batch), both.slice(batch, batch), {}, {}};
    pass.forward =
        flowInFull(model->estimateFlow(pass.firstFeatures, pass.secondFeatures, gradients));
    pass.firstFeatures = featuresInFull(pass.firstFeatures);
    pass.secondFeatures = featuresInFull(pass.secondFeatures);
    return pass;
}

FlowPass estimateBothWays(McJepa model, const at::Tensor& first, const at::Tensor& second) {
    FlowPass pass = estimateForward(model, first, second, LevelGradients::Joined);
    pass.backward = flowInFull(
        model->estimateFlow(pass.secondFeatures, pass.firstFeatures, LevelGradients::Joined));
    return pass;
}

}  // namespace mcj
