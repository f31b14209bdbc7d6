#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace mcj {

/// Counts pixels by their true and their predicted class. Pixels whose truth is `kVoidLabel` are
/// not counted.
class ConfusionMatrix {
public:
    ConfusionMatrix(int classes, at::Device device);

    /// Both of one shape: `predicted` int64, classes; `truth` uint8, classes or void.
    void add(const at::Tensor& predicted, const at::Tensor& truth);
    void add(const ConfusionMatrix& other);

    /// int64 [classes, classes]: the row is the truth.
    [[nodiscard]] const at::Tensor& counts() const noexcept { return counts_; }

private:
    at::Tensor counts_;
};

/// Scores of one class over the pixels of all pictures together (PASCAL VOC's rule).
struct ClassScore {
    double iou = 0.0;              ///< both / (truth + predicted - both)
    std::int64_t truthPixels = 0;  ///< 0: the class is absent and its IoU is not counted
};

struct SegmentationScores {
    std::vector<ClassScore> classes;
    double meanIou = 0.0;        ///< over the classes in the truth
    double pixelAccuracy = 0.0;  ///< share of the pixels that are not void
    std::int64_t pixels = 0;
};

[[nodiscard]] SegmentationScores scoresOf(const ConfusionMatrix& matrix);

}  // namespace mcj
