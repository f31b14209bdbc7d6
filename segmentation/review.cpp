#include "segmentation/review.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "inference/engine/flow_maps.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

constexpr std::size_t kLabels = 256;

/// A mean that may have no values.
struct Average {
    double sum = 0.0;
    std::int64_t count = 0;

    void add(float value) {
        if (std::isnan(value)) return;
        sum += double{value};
        ++count;
    }
    [[nodiscard]] double mean() const {
        return count == 0 ? std::numeric_limits<double>::quiet_NaN()
                          : sum / static_cast<double>(count);
    }
};

/// What is counted for one label.
struct Tally {
    std::int64_t area = 0;
    std::int64_t areaBefore = 0;
    std::int64_t both = 0;
    std::int64_t either = 0;
    Average failed;
    Average color;
};
using Tallies = std::array<Tally, kLabels>;

bool isObject(ObjectId label) { return label != kBackground && label != kVoid; }

void requireSize(SizePx expected, SizePx size, FrameIndex frame) {
    if (expected == size) return;
    throw Error(ErrorCode::Input,
                "the mask of frame " + std::to_string(frame) + " is " + sizeText(expected) +
                    " pixels, but its neighbour, frame or map is " + sizeText(size),
                "Masks need the size of the video's frames.");
}

/// The pixel of the frame before from which a pixel comes; none where that lies outside the
/// picture or is not known.
std::optional<PointPx> sourceOf(const FlowField& backward, int y, int x) {
    const PointF motion = backward.at(y, x);
    const float fromX = static_cast<float>(x) + motion.x;
    const float fromY = static_cast<float>(y) + motion.y;
    const SizePx size = backward.size();
    // Compared before rounding, because a number that no int holds has no defined rounding, and so
    // that unknown motion fails it.
    if (!(fromX > -0.5F && fromY > -0.5F && fromX < static_cast<float>(size.width) - 0.5F &&
          fromY < static_cast<float>(size.height) - 0.5F)) {
        return std::nullopt;
    }
    return PointPx{std::clamp(static_cast<int>(std::lround(fromX)), 0, size.width - 1),
                   std::clamp(static_cast<int>(std::lround(fromY)), 0, size.height - 1)};
}

void countPair(Tallies& tallies, const Mask& mask, const Mask& before,
               const PairEvidence& between) {
    const SizePx size = mask.size();
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const ObjectId label = mask.labels.at(y, x);
            if (label == kVoid) continue;
            const std::optional<PointPx> source = sourceOf(between.backward, y, x);
            if (!source) continue;
            const float failed = between.failed.values.at(y, x);
            Tally& here = tallies[label];
            here.failed.add(failed);
            here.color.add(between.colorError.values.at(y, x));
            // Written so that an unknown round trip fails it as well.
            if (!(failed < 0.5F)) continue;
            const ObjectId carried = before.labels.at(source->y, source->x);
            if (carried == kVoid) continue;
            ++here.either;
            if (carried == label) {
                ++here.both;
            } else {
                ++tallies[carried].either;
            }
        }
    }
}

/// The middle one of the areas, the lower of the two in the middle of an even number.
std::int64_t medianOf(std::vector<std::int64_t> areas) {
    const auto middle = areas.begin() + (std::ssize(areas) - 1) / 2;
    std::nth_element(areas.begin(), middle, areas.end());
    return *middle;
}

/// The part of the score, before it is divided by the weight of the known signals.
double contribution(const ReviewSignals& signals, ReviewSignal signal,
                    const ReviewOptions& options) {
    const ReviewTerm& term = options.terms[static_cast<std::size_t>(signal)];
    return term.weight * std::clamp(signals.at(signal) / term.full, 0.0, 1.0);
}

}  // namespace

std::string_view reviewSignalName(ReviewSignal signal) {
    switch (signal) {
    case ReviewSignal::Inconsistency: return "inconsistency";
    case ReviewSignal::MaskWarp: return "mask_warp";
    case ReviewSignal::ColorWarp: return "color_warp";
    case ReviewSignal::Margin: return "margin_loss";
    case ReviewSignal::AreaJump: return "area_jump";
    case ReviewSignal::FeatureDrop: break;
    }
    return "feature_drop";
}

double reviewScore(const ReviewSignals& signals, const ReviewOptions& options) {
    double sum = 0.0;
    double weights = 0.0;
    for (const ReviewSignal signal : kReviewSignals) {
        if (std::isnan(signals.at(signal))) continue;
        sum += contribution(signals, signal, options);
        weights += options.terms[static_cast<std::size_t>(signal)].weight;
    }
    return weights > 0.0 ? sum / weights : 0.0;
}

ReviewSignal mainReason(const ReviewSignals& signals, const ReviewOptions& options) {
    ReviewSignal reason = kReviewSignals.front();
    double most = -1.0;
    for (const ReviewSignal signal : kReviewSignals) {
        if (std::isnan(signals.at(signal))) continue;
        const double part = contribution(signals, signal, options);
        if (part <= most) continue;
        most = part;
        reason = signal;
    }
    return reason;
}

PairEvidence pairEvidence(const FramePtr& before, const FramePtr& frame, const std::string& flow,
                          InferenceEngine* engine, const StopToken& stop) {
    PairEvidence between;
    between.backward = estimateFlow(flow, frame, before, engine, stop);
    const FlowField forward = estimateFlow(flow, before, frame, engine, stop);
    between.failed = occlusion(between.backward, forward);
    between.colorError = warpError(*frame, *before, between.backward);
    return between;
}

FrameEvidence maskEvidence(FrameIndex frame, const Mask& mask, const Mask* before,
                           const PairEvidence* between) {
    const auto tallies = std::make_unique<Tallies>();
    for (const ObjectId label : mask.labels.values()) ++(*tallies)[label].area;
    if (before != nullptr && between != nullptr) {
        requireSize(mask.size(), before->size(), frame);
        requireSize(mask.size(), between->backward.size(), frame);
        for (const ObjectId label : before->labels.values()) ++(*tallies)[label].areaBefore;
        countPair(*tallies, mask, *before, *between);
    }
    FrameEvidence evidence;
    evidence.frame = frame;
    for (std::size_t label = 0; label < kLabels; ++label) {
        const Tally& tally = (*tallies)[label];
        const auto object = static_cast<ObjectId>(label);
        if (!isObject(object) || (tally.area == 0 && tally.areaBefore == 0)) continue;
        ObjectEvidence& found = evidence.objects[object];
        found.areaPx = tally.area;
        found.signals.set(ReviewSignal::Inconsistency, tally.failed.mean());
        found.signals.set(ReviewSignal::ColorWarp, tally.color.mean());
        if (tally.either == 0) continue;
        found.signals.set(ReviewSignal::MaskWarp, 1.0 - static_cast<double>(tally.both) /
                                                            static_cast<double>(tally.either));
    }
    return evidence;
}

void addMargins(FrameEvidence& evidence, const Mask& mask, const ScalarMap& confidence) {
    requireSize(mask.size(), confidence.size(), evidence.frame);
    std::array<Average, kLabels> averages{};
    const auto labels = mask.labels.values();
    const auto values = confidence.values.values();
    for (std::size_t i = 0; i < labels.size(); ++i) averages[labels[i]].add(values[i]);
    for (auto& [object, found] : evidence.objects) {
        found.signals.set(ReviewSignal::Margin, 1.0 - averages[object].mean());
    }
}

void addFeatures(FrameEvidence& evidence, const FramePtr& frame, const Mask& mask, int level,
                 InferenceEngine& engine, const StopToken& stop) {
    const FeatureMapPtr features = engine.featureMap(frame, level, stop);
    LabelFeatures means = engine.meanFeatures(*features, mask.labels);
    for (auto& [object, found] : evidence.objects) {
        if (const auto mean = means.find(object); mean != means.end()) {
            found.feature = std::move(mean->second);
        }
    }
}

double FrameReview::score() const {
    double most = 0.0;
    for (const ObjectReview& object : objects) most = std::max(most, object.score);
    return most;
}

FrameReview ReviewSequence::add(const FrameEvidence& evidence) {
    FrameReview review;
    review.frame = evidence.frame;
    review.trusted = evidence.trusted;
    for (const auto& [object, found] : evidence.objects) {
        History& history = histories_[object];
        ObjectReview& row = review.objects.emplace_back();
        row.object = object;
        row.areaPx = found.areaPx;
        row.signals = found.signals;
        if (!history.areas.empty()) {
            const auto median = static_cast<double>(medianOf(history.areas));
            const auto area = static_cast<double>(found.areaPx);
            row.signals.set(ReviewSignal::AreaJump,
                            std::abs(std::log((area + 1.0) / (median + 1.0))));
        }
        if (!history.reference.empty() && !found.feature.empty()) {
            row.signals.set(ReviewSignal::FeatureDrop,
                            1.0 - cosineOf(found.feature, history.reference));
        }
        if (!evidence.trusted) row.score = reviewScore(row.signals, options_);
        if (found.areaPx > 0) {
            history.areas.push_back(found.areaPx);
            if (std::ssize(history.areas) > std::max(1, options_.medianFrames)) {
                history.areas.erase(history.areas.begin());
            }
        }
        if (!found.feature.empty() && (evidence.trusted || history.reference.empty())) {
            history.reference = found.feature;
        }
    }
    return review;
}

double cosineOf(std::span<const float> a, std::span<const float> b) {
    if (a.size() != b.size()) return std::numeric_limits<double>::quiet_NaN();
    double product = 0.0;
    double squaresA = 0.0;
    double squaresB = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += double{a[i]} * double{b[i]};
        squaresA += double{a[i]} * double{a[i]};
        squaresB += double{b[i]} * double{b[i]};
    }
    // 0 / 0 is the NaN of a vector without a direction.
    return product / std::sqrt(squaresA * squaresB);
}

}  // namespace mcj
