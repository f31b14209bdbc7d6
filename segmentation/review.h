#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "segmentation/mask.h"

namespace mcj {

// How doubtful the mask of an object is in a frame, judged without ground truth. The evidence of a
// frame depends on its mask, the mask before it and what lies between the two frames; the scores
// depend on the evidence of the frames before as well, and are cheap. See docs/reviewing.md.

/// What speaks against a mask. All are 0 for a perfect mask, and larger where it is more doubtful.
enum class ReviewSignal {
    Inconsistency,  ///< share of the object's pixels whose motion fails the round trip, 0..1
    MaskWarp,       ///< 1 - IoU of the mask before, carried by flow, with this mask, 0..1
    ColorWarp,      ///< mean warp error inside the mask, levels of 255
    Margin,         ///< 1 - mean margin between the best and the second label, 0..1
    AreaJump,       ///< |ln| of the area over the running median of the frames before
    FeatureDrop,    ///< 1 - cosine of the object's mean feature with that of the reference, 0..2
};
inline constexpr std::array kReviewSignals{ReviewSignal::Inconsistency, ReviewSignal::MaskWarp,
                                           ReviewSignal::ColorWarp,     ReviewSignal::Margin,
                                           ReviewSignal::AreaJump,      ReviewSignal::FeatureDrop};

/// "inconsistency", "mask_warp", "color_warp", "margin_loss", "area_jump", "feature_drop": columns
/// of tables and keys of JSON.
[[nodiscard]] std::string_view reviewSignalName(ReviewSignal signal);

/// One value per signal; NaN where it is not known.
class ReviewSignals {
public:
    ReviewSignals() { values_.fill(std::numeric_limits<double>::quiet_NaN()); }
    [[nodiscard]] double at(ReviewSignal signal) const { return values_[place(signal)]; }
    void set(ReviewSignal signal, double value) { values_[place(signal)] = value; }

private:
    [[nodiscard]] static std::size_t place(ReviewSignal signal) {
        return static_cast<std::size_t>(signal);
    }
    std::array<double, kReviewSignals.size()> values_{};
};

/// The part of a signal in the score.
struct ReviewTerm {
    double weight = 0.0;
    double full = 1.0;  ///< the value from which on the signal counts fully
};

struct ReviewOptions {
    /// In the order of `kReviewSignals`. Chosen by hand on three sequences of the selection half
    /// (car-shadow, tennis_small, libby; masks by `studio`, DIS flow): there the margin follows 1 -
    /// J most closely, then MaskWarp and AreaJump; Inconsistency and ColorWarp follow the motion
    /// rather than the errors. FeatureDrop was not tried.
    std::array<ReviewTerm, kReviewSignals.size()> terms{{
        {0.03, 0.50},  // half of the object fails the round trip
        {0.25, 0.20},  // the IoU of neighbours is 0.8
        {0.02, 32.0},  // an eighth of the range of colours
        {0.45, 0.80},  // the second label is nearly as likely
        {0.15, 0.69},  // twice or half the area
        {0.10, 0.50},  // 60 degrees between the mean features
    }};
    int medianFrames = 7;  ///< of the running median, frames in which the object has an area
};

/// The score from which on a mask is called suspicious unless the user chooses another.
inline constexpr double kSuspiciousScore = 0.4;

/// The weighted mean of the known signals, each divided by `full` and limited to 1; 0..1, and 0
/// where no signal is known.
[[nodiscard]] double reviewScore(const ReviewSignals& signals, const ReviewOptions& options = {});

/// The signal that contributes most to the score; the first of the known ones on a tie.
[[nodiscard]] ReviewSignal mainReason(const ReviewSignals& signals,
                                      const ReviewOptions& options = {});

/// What lies between a frame and the one before it, whatever their masks are. All on one grid.
struct PairEvidence {
    FlowField backward;  ///< from the frame to the one before
    ScalarMap failed;    ///< `occlusion` of backward and forward flow: 1 where the round trip fails
    ScalarMap colorError;  ///< `warpError` of the frame and the one before
};

/// By the flow provider `flow`. Throws what `estimateFlow` throws.
[[nodiscard]] PairEvidence pairEvidence(const FramePtr& before, const FramePtr& frame,
                                        const std::string& flow, InferenceEngine* engine,
                                        const StopToken& stop = {});

struct ObjectEvidence {
    std::int64_t areaPx = 0;     ///< 0: the object is absent, but was in the mask before
    ReviewSignals signals;       ///< without AreaJump and FeatureDrop
    std::vector<float> feature;  ///< the mean over its pixels; empty where not known
};

/// What is known about the masks of one frame.
struct FrameEvidence {
    FrameIndex frame = 0;
    /// A person has made or accepted the mask: its score is 0, and its features become the
    /// reference of the frames after it.
    bool trusted = false;
    std::map<ObjectId, ObjectEvidence> objects;
};

/// Evidence of the objects that occur in `mask` or in `before`, in one pass over the pixels, for
/// any number of objects. Void pixels count for nothing, nor do pixels that come from outside the
/// picture. MaskWarp is decided by the pixels whose motion passes the round trip: elsewhere the
/// flow carries no label. An object that has no such pixel in either mask has no MaskWarp; one that
/// is absent has no Inconsistency and no ColorWarp. `before` and `between` are both null for the
/// first mask: then only areas are known. Throws `Error{Input}` where sizes differ.
[[nodiscard]] FrameEvidence maskEvidence(FrameIndex frame, const Mask& mask, const Mask* before,
                                         const PairEvidence* between);

/// Sets Margin of each object from a propagation's confidence (H x W x 1, 0..1). Throws
/// `Error{Input}` where sizes differ.
void addMargins(FrameEvidence& evidence, const Mask& mask, const ScalarMap& confidence);

/// Sets the mean feature of each object at `level` (1..6).
void addFeatures(FrameEvidence& evidence, const FramePtr& frame, const Mask& mask, int level,
                 InferenceEngine& engine, const StopToken& stop = {});

struct ObjectReview {
    ObjectId object = 0;
    std::int64_t areaPx = 0;
    ReviewSignals signals;
    double score = 0.0;
};

struct FrameReview {
    FrameIndex frame = 0;
    bool trusted = false;
    std::vector<ObjectReview> objects;  ///< by id

    /// That of the most doubtful object; 0 if there is none.
    [[nodiscard]] double score() const;
};

/// The reviews of frames in order, frame by frame. AreaJump compares with the median area of the
/// frames before in which the object was present: ln((area + 1) / (median + 1)), so that an object
/// that vanishes has one, too. The reference of FeatureDrop is the object in the newest trusted
/// frame before, or the first frame in which it occurs. A review depends on no later frame.
class ReviewSequence {
public:
    explicit ReviewSequence(const ReviewOptions& options = {}) : options_(options) {}

    [[nodiscard]] FrameReview add(const FrameEvidence& evidence);

private:
    struct History {
        std::vector<std::int64_t> areas;  ///< the newest last, at most `medianFrames`
        std::vector<float> reference;
    };

    ReviewOptions options_;
    std::map<ObjectId, History> histories_;
};

/// The cosine of two vectors; NaN where their lengths differ or one is zero.
[[nodiscard]] double cosineOf(std::span<const float> a, std::span<const float> b);

}  // namespace mcj
