#pragma once

#include <string>
#include <vector>

#include "segmentation/review.h"

namespace mcj {

/// "frame,object,area_px,inconsistency,mask_warp,color_warp,margin_loss,area_jump,feature_drop,
/// score"; one line per object and frame. Numbers read back exactly; what is not known is empty.
[[nodiscard]] std::string reviewCsv(const std::vector<FrameReview>& reviews);

/// An object of a frame whose score reaches a threshold.
struct Suspicion {
    FrameIndex frame = 0;
    ObjectId object = 0;
    double score = 0.0;
    ReviewSignal reason = ReviewSignal::MaskWarp;  ///< `mainReason`
};

/// Those with a score of at least `threshold` (above 0), the most doubtful first; equal scores by
/// frame and object.
[[nodiscard]] std::vector<Suspicion> suspicionsOf(const std::vector<FrameReview>& reviews,
                                                  double threshold,
                                                  const ReviewOptions& options = {});

/// "frame,object,score,reason"; one line each.
[[nodiscard]] std::string suspicionsCsv(const std::vector<Suspicion>& suspicions);

}  // namespace mcj
