#include "training/segmentation_scores.h"

#include <ATen/ATen.h>

#include "media/base/label_runs.h"

namespace mcj {

ConfusionMatrix::ConfusionMatrix(int classes, at::Device device)
    : counts_(at::zeros({classes, classes}, at::TensorOptions(at::kLong).device(device))) {}

void ConfusionMatrix::add(const at::Tensor& predicted, const at::Tensor& truth) {
    const std::int64_t classes = counts_.size(0);
    const at::Tensor cells = truth.to(at::kLong) * classes + predicted;
    const at::Tensor counted = at::masked_select(cells, truth != kVoidLabel);
    counts_ += at::bincount(counted, {}, classes * classes).view({classes, classes});
}

void ConfusionMatrix::add(const ConfusionMatrix& other) { counts_ += other.counts_; }

SegmentationScores scoresOf(const ConfusionMatrix& matrix) {
    const at::Tensor counts = matrix.counts().to(at::kCPU);
    const auto table = counts.accessor<std::int64_t, 2>();
    SegmentationScores scores;
    std::int64_t right = 0;
    std::int64_t present = 0;
    for (std::int64_t c = 0; c < table.size(0); ++c) {
        std::int64_t truth = 0;
        std::int64_t predicted = 0;
        for (std::int64_t other = 0; other < table.size(0); ++other) {
            truth += table[c][other];
            predicted += table[other][c];
        }
        const std::int64_t either = truth + predicted - table[c][c];
        ClassScore score{0.0, truth};
        if (either > 0) {
            score.iou = static_cast<double>(table[c][c]) / static_cast<double>(either);
        }
        if (truth > 0) {
            scores.meanIou += score.iou;
            ++present;
        }
        right += table[c][c];
        scores.pixels += truth;
        scores.classes.push_back(score);
    }
    if (scores.pixels > 0) {
        scores.meanIou /= static_cast<double>(present);
        scores.pixelAccuracy = static_cast<double>(right) / static_cast<double>(scores.pixels);
    }
    return scores;
}

}  // namespace mcj
