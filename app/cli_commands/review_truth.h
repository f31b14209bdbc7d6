#pragma once

#include <optional>
#include <string>
#include <vector>

#include "segmentation/mask.h"
#include "segmentation/review.h"

namespace mcj {

/// J of reviewed frames against truth, and how well the scores predict it.
class ReviewTruth {
public:
    struct Row {
        FrameIndex frame = 0;
        double score = 0.0;
        double j = 0.0;     ///< mean over the objects of the first true mask
        double drop = 0.0;  ///< J of the row before minus this J
    };

    /// Frames in order. The first one is not a row, because its mask is usually the truth.
    void add(const FrameReview& review, const Mask& mask, const Mask& truth);

    [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }
    /// Spearman's correlation of score and 1 - J; NaN where it is not defined.
    [[nodiscard]] double lossCorrelation() const;
    /// Spearman's correlation of score and drop.
    [[nodiscard]] double dropCorrelation() const;
    /// `worstTenthFound` of the scores, by 1 - J.
    [[nodiscard]] double worstTenth() const;
    /// "frame,score,j,drop"; one line per row.
    [[nodiscard]] std::string csv() const;

private:
    [[nodiscard]] std::vector<double> column(double Row::* member) const;
    [[nodiscard]] std::vector<double> losses() const;

    std::optional<ObjectSet> objects_;
    double before_ = 1.0;
    std::vector<Row> rows_;
};

}  // namespace mcj
