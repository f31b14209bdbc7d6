#include "training/objectives.h"

#include <ATen/ATen.h>

#include "inference/model/preprocess.h"
#include "training/augmentation_regularization.h"
#include "training/crop_supervision.h"
#include "training/mixed_precision.h"

namespace mcj {
namespace {

void addWeighted(LossTerms& terms, const LossTerms& more, double weight) {
    for (const auto& [name, value] : more.parts) terms.add(name, value * weight);
}

/// The local criterion at one level.
LossTerms localTerms(McJepa model, const FeaturePyramid& pyramid, const ContentViews& views,
                     int level, const ContentLossSettings& settings, Collective& processes) {
    const auto expanded = fullPrecision(model->expandLocally(pyramid, level));
    const std::int64_t batch = views.first.size(0);
    const double cells =
        static_cast<double>(views.first.size(3)) / static_cast<double>(std::int64_t{1} << level);
    const auto flow = [&](const at::Tensor& from, const at::Tensor& to) {
        return viewFlow(from, to, expanded.size(2), expanded.size(3), cells);
    };
    const auto terms = inFullPrecision([&] {
        return localContentLoss(expanded.narrow(0, 0, batch), expanded.narrow(0, batch, batch),
                                flow(views.firstCrops, views.secondCrops),
                                flow(views.secondCrops, views.firstCrops), settings.vicreg,
                                processes);
    });
    LossTerms named;
    const double share = settings.local.weight / static_cast<double>(settings.local.levels.size());
    for (const auto& [name, value] : terms.parts) {
        named.add(name + "." + std::to_string(level), value * share);
    }
    return named;
}

}  // namespace

LossTerms contentObjective(McJepa model, const ContentViews& views,
                           const ContentLossSettings& settings, Collective& processes) {
    const std::int64_t batch = views.first.size(0);
    // Not padded, because a repeated border would affect the mean over the picture.
    const auto images = normalizeImages(at::cat({views.first, views.second}, 0));
    const auto pyramid = model->encode(images);
    const auto expanded = fullPrecision(model->expand(pyramid));
    auto all = inFullPrecision([&] {
        auto terms = vicregLoss(expanded.narrow(0, 0, batch), expanded.narrow(0, batch, batch),
                                settings.vicreg, processes);
        if (settings.pooled.variance > 0 || settings.pooled.covariance > 0) {
            const int coarsest = model->config().encoder.levels();
            const auto pooled = fullPrecision(pyramid.level(coarsest)).mean({2, 3}, true);
            // Separately for each view, as VICReg's statistics.
            terms.add(
                "pooled_vc",
                (varianceCovariance(pooled.narrow(0, 0, batch), settings.pooled, processes) +
                 varianceCovariance(pooled.narrow(0, batch, batch), settings.pooled, processes)) *
                    0.5);
        }
        return terms;
    });
    if (settings.local.weight > 0) {
        for (const int level : settings.local.levels) {
            addWeighted(all, localTerms(model, pyramid, views, level, settings, processes), 1.0);
        }
    }
    return all;
}

LossTerms flowObjective(McJepa model, const FramePairs& pairs, const FlowLossSettings& settings,
                        const FlowStep& step, Collective& processes) {
    auto pass = estimateBothWays(model, pairs.frame1, pairs.frame2);
    if (pairs.plain1.defined()) {
        pass.first = pairs.plain1;
        pass.second = pairs.plain2;
    }
    auto terms = inFullPrecision([&] {
        return selfSupervisedFlowLoss(pass, settings, step.occlusion, step.vcShare, processes);
    });
    // Separate streams, so that one option does not change the other's draws.
    SampleRng rng = step.rng;
    const SampleRng cropRng(rng.bits(), 0, 0);
    const SampleRng viewRng(rng.bits(), 0, 0);
    if (const double weight = settings.selfSupervision * step.selfSupervisionShare; weight > 0) {
        addWeighted(terms, cropSupervisionLoss(model, pass, {}, cropRng), weight);
    }
    if (const double weight = settings.augmentation * step.selfSupervisionShare; weight > 0) {
        // Without a floor: flow that is consistent nowhere has nothing to teach. A range map does
        // not tell whether flow is consistent.
        const auto use = step.occlusion == OcclusionUse::OutsideOnly
                             ? OcclusionUse::OutsideOnly
                             : OcclusionUse::ForwardBackward;
        const auto visible = visiblePixels(
            pass.forward.full, pass.backward.full,
            {.use = use, .alpha = settings.occlusionAlpha, .beta = settings.occlusionBeta});
        addWeighted(terms, augmentationLoss(model, pass, visible, {}, viewRng, processes), weight);
    }
    return terms;
}

}  // namespace mcj
