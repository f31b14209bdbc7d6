#include "training/vicreg.h"

#include <ATen/ATen.h>

#include "training/collective.h"
#include "training/variance_covariance.h"

namespace mcj {

double attainableDeviation(const VicregSettings& settings, std::int64_t batch, std::int64_t dims) {
    // The loss averages the views' hinges, but adds their covariances.
    return attainableDeviation(LevelVc{settings.variance, 2 * settings.covariance}, batch, dims);
}

LossTerms vicregLoss(const at::Tensor& first, const at::Tensor& second,
                     const VicregSettings& settings, Collective& processes) {
    LossTerms terms;
    // A mean over samples needs no gathering: the average over processes is the mean over all.
    terms.add("invariance", (first - second).square().mean() * settings.invariance);
    const auto a = centredRows(gatherRows(first, processes));
    const auto b = centredRows(gatherRows(second, processes));
    // The hinges of both views are averaged, the covariances added (VICRegL halves these as well).
    terms.add("variance", (varianceHinge(a) + varianceHinge(b)) * (0.5 * settings.variance));
    terms.add("covariance", (covariancePenalty(a) + covariancePenalty(b)) * settings.covariance);
    return terms;
}

}  // namespace mcj
