#include "segmentation/review_table.h"

#include <algorithm>

#include "inference/analysis/csv_number.h"

namespace mcj {

std::string reviewCsv(const std::vector<FrameReview>& reviews) {
    std::string text = "frame,object,area_px";
    for (const ReviewSignal signal : kReviewSignals) {
        text += ',';
        text += reviewSignalName(signal);
    }
    text += ",score\n";
    for (const FrameReview& review : reviews) {
        for (const ObjectReview& object : review.objects) {
            text += std::to_string(review.frame) + ',' + std::to_string(object.object) + ',' +
                    std::to_string(object.areaPx);
            for (const ReviewSignal signal : kReviewSignals) {
                text += ',';
                appendCsvNumber(text, object.signals.at(signal));
            }
            text += ',';
            appendCsvNumber(text, object.score);
            text += '\n';
        }
    }
    return text;
}

std::vector<Suspicion> suspicionsOf(const std::vector<FrameReview>& reviews, double threshold,
                                    const ReviewOptions& options) {
    std::vector<Suspicion> found;
    for (const FrameReview& review : reviews) {
        for (const ObjectReview& object : review.objects) {
            if (object.score < threshold || object.score <= 0.0) continue;
            found.push_back(
                {review.frame, object.object, object.score, mainReason(object.signals, options)});
        }
    }
    std::ranges::stable_sort(
        found, [](const Suspicion& a, const Suspicion& b) { return a.score > b.score; });
    return found;
}

std::string suspicionsCsv(const std::vector<Suspicion>& suspicions) {
    std::string text = "frame,object,score,reason\n";
    for (const Suspicion& one : suspicions) {
        text += std::to_string(one.frame) + ',' + std::to_string(one.object) + ',';
        appendCsvNumber(text, one.score);
        text += ',';
        text += reviewSignalName(one.reason);
        text += '\n';
    }
    return text;
}

}  // namespace mcj
