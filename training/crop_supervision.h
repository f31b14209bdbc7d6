#pragma once

#include "training/flow_pass.h"
#include "training/loss_terms.h"
#include "training/sample_rng.h"

namespace mcj {

class Collective;

/// Self-supervision by cropping (UFlow, Jonschkowski et al. 2020, section 3; SMURF): the flow of
/// the whole picture supervises that of a crop, which does not see pixels beyond its border.
struct CropSupervision {
    double marginShare = 1.0 / 7.0;  ///< cut off each side, of the shorter one: UFlow's 64 of 448
    /// The required forward-backward consistency, exp(-|f + b'|^2 / (sigma^2 (h^2 + w^2))): strict
    /// for the teacher, which must be consistent; lax for the student, which must be inconsistent.
    double teacherSigma = 0.003;
    double studentSigma = 0.03;
};

/// A crop in cells of the finest flow.
struct CropWindow {
    std::int64_t y = 0;
    std::int64_t x = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
};

/// A random crop of a flow field of `height` x `width` cells (UFlow's window is central, but may be
/// shifted). All processes draw the same crop.
[[nodiscard]] CropWindow drawCrop(std::int64_t height, std::int64_t width,
                                  const CropSupervision& settings, SampleRng& rng);

/// The error of `student`, the flow of the crop resized to the teacher's size, against `teacher`,
/// a scalar: sqrt(e^2 + 0.001^2) of both components where the teacher is consistent and the
/// student is not, over all cells. Forward and backward flow, [B, 2, h, w] in cells; the teacher
/// gets no gradient.
[[nodiscard]] at::Tensor cropError(const at::Tensor& teacher, const at::Tensor& teacherBack,
                                   const at::Tensor& student, const at::Tensor& studentBack,
                                   const CropWindow& window, const CropSupervision& settings);

/// Runs the model on a crop of the pictures of `teacher` and compares, both ways. Part:
/// self_supervision. Unweighted.
[[nodiscard]] LossTerms cropSupervisionLoss(McJepa model, const FlowPass& teacher,
                                            const CropSupervision& settings, SampleRng rng);

}  // namespace mcj
