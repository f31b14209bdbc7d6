#include "training/crop_supervision.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/warp.h"
#include "training/visibility.h"

namespace mcj {
namespace {

/// 1 where forward and backward flow agree and the target is visible, towards 0 where not.
at::Tensor agreement(const at::Tensor& flow, const at::Tensor& back, double sigma) {
    const auto height = static_cast<double>(flow.size(2));
    const auto width = static_cast<double>(flow.size(3));
    const auto gap = (flow + warp(back, flow)).square().sum(1, true);
    const double scale = sigma * sigma * (height * height + width * width);
    return (gap / -scale).exp() * insideMask(flow);
}

at::Tensor cropped(const at::Tensor& map, const CropWindow& window, std::int64_t cell) {
    return map.narrow(2, window.y * cell, window.height * cell)
        .narrow(3, window.x * cell, window.width * cell);
}

/// The window of a map of flow cells at the size of the whole map.
at::Tensor enlarged(const at::Tensor& map, const CropWindow& window) {
    return at::upsample_bilinear2d(cropped(map, window, 1), {map.size(2), map.size(3)}, false);
}

}  // namespace

CropWindow drawCrop(std::int64_t height, std::int64_t width, const CropSupervision& settings,
                    SampleRng& rng) {
    const auto shorter = std::min(height, width);
    const auto wanted = std::lround(settings.marginShare * static_cast<double>(shorter));
    // At least one cell is cut off, and at least half of the picture is kept.
    const auto margin = std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, shorter / 4));
    CropWindow window;
    window.y = rng.integer(0, static_cast<int>(2 * margin));
    window.x = rng.integer(0, static_cast<int>(2 * margin));
    window.height = height - 2 * margin;
    window.width = width - 2 * margin;
    return window;
}

at::Tensor cropError(const at::Tensor& teacher, const at::Tensor& teacherBack,
                     const at::Tensor& student, const at::Tensor& studentBack,
                     const CropWindow& window, const CropSupervision& settings) {
    at::Tensor target;
    at::Tensor counts;
    {
        const at::NoGradGuard noGrad;
        target = enlarged(teacher, window);
        target.select(1, 0).mul_(static_cast<double>(teacher.size(3)) /
                                 static_cast<double>(window.width));
        target.select(1, 1).mul_(static_cast<double>(teacher.size(2)) /
                                 static_cast<double>(window.height));
        const auto right = enlarged(agreement(teacher, teacherBack, settings.teacherSigma), window);
        counts = right * (1 - agreement(student, studentBack, settings.studentSigma));
    }
    const auto error = ((student - target).square() + 0.001 * 0.001).sqrt();
    // UFlow divides by all cells, not only those that count, so that few cells have little weight.
    return (error * counts).sum(1).mean();
}

LossTerms cropSupervisionLoss(McJepa model, const FlowPass& teacher,
                              const CropSupervision& settings, SampleRng rng) {
    const auto& [level, forward] = *teacher.forward.levels.begin();
    const auto& backward = teacher.backward.levels.at(level);
    const auto window = drawCrop(forward.size(2), forward.size(3), settings, rng);
    const auto part = [&](const at::Tensor& image) {
        return at::upsample_bilinear2d(cropped(image, window, std::int64_t{1} << level),
                                       {image.size(2), image.size(3)}, false);
    };
    const auto pass = estimateBothWays(model, part(teacher.first), part(teacher.second));
    const auto& there = pass.forward.levels.at(level);
    const auto& back = pass.backward.levels.at(level);
    const auto both = cropError(forward, backward, there, back, window, settings) +
                      cropError(backward, forward, back, there, window, settings);
    LossTerms terms;
    terms.add("self_supervision", both * 0.5);
    return terms;
}

}  // namespace mcj
