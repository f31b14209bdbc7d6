#include "inference/model/mc_jepa.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "inference/model/preprocess.h"
#include "inference/model/row_bands.h"
#include "inference/ops/doubled_size.h"
#include "media/base/error.h"

namespace mcj {

namespace {

/// Bicubic, a band of rows after the other, so that a stop takes effect soon.
at::Tensor doubledInBands(const at::Tensor& images, const StopToken& stop) {
    constexpr std::int64_t kBand = 128;
    constexpr std::int64_t kReach = 4;  // rows that a doubled row reads on either side, and more
    const std::int64_t rows = images.size(2);
    if (!images.is_cpu() || rows <= kBand) return doubledSize(images);
    std::vector<at::Tensor> parts;
    for (std::int64_t from = 0; from < rows; from += kBand) {
        lookAtStop(stop);
        const std::int64_t to = std::min(rows, from + kBand);
        const std::int64_t top = std::max<std::int64_t>(0, from - kReach);
        const std::int64_t bottom = std::min(rows, to + kReach);
        parts.push_back(doubledSize(images.narrow(2, top, bottom - top))
                            .narrow(2, 2 * (from - top), 2 * (to - from)));
    }
    return at::cat(parts, 2);
}

}  // namespace

McJepaImpl::McJepaImpl(ModelConfig config) : config_(std::move(config)) {
    encoder = register_module("encoder", makeEncoder(config_.encoder));
    if (config_.hasFlow()) {
        estimator =
            register_module("estimator", FlowEstimator(config_.estimator, config_.encoder.widths));
    }
    if (!config_.expander.empty()) {
        expander =
            register_module("expander", Expander(config_.encoder.widths.back(), config_.expander));
    }
    for (const int level : config_.localLevels) {
        const std::int64_t width = config_.encoder.widths[static_cast<std::size_t>(level - 1)];
        localExpanders->push_back(Expander(width, config_.localExpander));
    }
    register_module("local", localExpanders);
}

FlowEstimatorImpl& McJepaImpl::flowEstimator() {
    if (!estimator) {
        throw Error(ErrorCode::Usage, "the model \"" + config_.name + "\" has no flow estimator",
                    "It was trained only for content; choose another model or --method dis.");
    }
    return *estimator;
}

FlowPyramid McJepaImpl::estimateFlow(const FeaturePyramid& first, const FeaturePyramid& second,
                                     LevelGradients gradients, const StopToken& stop) {
    return flowEstimator().forward(first, second, gradients, stop);
}

FeaturePyramid McJepaImpl::encodeDoubled(const at::Tensor& images, const StopToken& stop) {
    lookAtStop(stop);
    const auto padded = padToMultiple(images, std::int64_t{1} << config_.estimator.finestLevel);
    const auto doubled = doubledInBands(padded, stop);
    return encoder->forward(doubled, flowEstimator().coarsestRefinedLevel(), stop);
}

at::Tensor McJepaImpl::refineFlow(const FeaturePyramid& firstDoubled,
                                  const FeaturePyramid& secondDoubled, const FlowPyramid& coarse,
                                  const StopToken& stop) {
    return flowEstimator().refine(firstDoubled, secondDoubled, coarse, stop);
}

at::Tensor McJepaImpl::expand(const FeaturePyramid& pyramid) {
    if (!expander) {
        throw Error(ErrorCode::Usage, "the model \"" + config_.name + "\" has no expander");
    }
    return expander->forward(pyramid.level(config_.encoder.levels()).mean({2, 3}));
}

at::Tensor McJepaImpl::expandLocally(const FeaturePyramid& pyramid, int level) {
    const auto& levels = config_.localLevels;
    const auto found = std::find(levels.begin(), levels.end(), level);
    if (found == levels.end()) {
        throw Error(ErrorCode::Usage, "the model \"" + config_.name +
                                          "\" has no local expander at level " +
                                          std::to_string(level));
    }
    const auto place = static_cast<std::size_t>(found - levels.begin());
    const auto places = pyramid.level(level).permute({0, 2, 3, 1});
    return localExpanders->at<ExpanderImpl>(place).forward(places).permute({0, 3, 1, 2});
}

std::int64_t McJepaImpl::parameterCount() const {
    std::int64_t count = 0;
    for (const auto& parameter : parameters()) count += parameter.numel();
    return count;
}

}  // namespace mcj
