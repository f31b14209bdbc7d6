#include "segmentation/mask_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

using Bits = Raster<std::uint8_t>;

void requireSameSize(SizePx result, SizePx truth, const std::string& what = "a result") {
    if (result == truth) return;
    throw Error(
        ErrorCode::Input,
        what + " is " + sizeText(result) + " pixels, but its ground truth is " + sizeText(truth),
        "Give masks of the size of the ground truth.");
}

/// 1-pixel boundaries: a pixel is one where it differs from the pixel to the right, below, or right
/// and below; the last row looks right only, the last column down only, the corner never.
Bits boundaryOf(const Bits& mask) {
    const SizePx size = mask.size();
    Bits boundary(size, 1);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* here = mask.row(y);
        const std::uint8_t* below = mask.row(std::min(y + 1, size.height - 1));
        std::uint8_t* out = boundary.row(y);
        // In the last row `below` is `here`, which leaves the look to the right.
        for (int x = 0; x + 1 < size.width; ++x) {
            out[x] = static_cast<std::uint8_t>((here[x] ^ here[x + 1]) | (here[x] ^ below[x]) |
                                               (here[x] ^ below[x + 1]));
        }
        if (size.width > 0) out[size.width - 1] = here[size.width - 1] ^ below[size.width - 1];
    }
    return boundary;
}

std::int64_t countOf(const Bits& bits) {
    const auto values = bits.values();
    return std::count_if(values.begin(), values.end(), [](std::uint8_t bit) { return bit != 0; });
}

/// Vertical distance of every pixel to the nearest set pixel of its column, at most `cap`.
Raster<std::uint16_t> columnDistances(const Bits& bits, std::uint16_t cap) {
    const SizePx size = bits.size();
    Raster<std::uint16_t> distances(size, 1, cap);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* in = bits.row(y);
        std::uint16_t* out = distances.row(y);
        const std::uint16_t* above = y > 0 ? distances.row(y - 1) : nullptr;
        for (int x = 0; x < size.width; ++x) {
            const int carried = above == nullptr ? cap : std::min<int>(above[x] + 1, cap);
            out[x] = static_cast<std::uint16_t>(in[x] != 0 ? 0 : carried);
        }
    }
    for (int y = size.height - 2; y >= 0; --y) {
        std::uint16_t* out = distances.row(y);
        const std::uint16_t* below = distances.row(y + 1);
        for (int x = 0; x < size.width; ++x) {
            out[x] = static_cast<std::uint16_t>(std::min<int>(out[x], below[x] + 1));
        }
    }
    return distances;
}

/// The number of set pixels of `points` with a set pixel of `near` within `radius`. The same as
/// dilating `near` by a disk, but in O(pixels + points * radius): the disk is cut into columns.
std::int64_t countWithin(const Bits& points, const Bits& near, int radius) {
    const SizePx size = points.size();
    const auto distances = columnDistances(near, static_cast<std::uint16_t>(radius + 1));
    std::vector<int> reach(static_cast<std::size_t>(radius) + 1);
    for (int dx = 0; dx <= radius; ++dx) {
        int dy = radius;
        while (dx * dx + dy * dy > radius * radius) --dy;
        reach[static_cast<std::size_t>(dx)] = dy;
    }
    std::int64_t hits = 0;
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* in = points.row(y);
        const std::uint16_t* vertical = distances.row(y);
        for (int x = 0; x < size.width; ++x) {
            if (in[x] == 0) continue;
            const int first = std::max(0, x - radius);
            const int last = std::min(size.width - 1, x + radius);
            for (int at = first; at <= last; ++at) {
                if (vertical[at] <= reach[static_cast<std::size_t>(std::abs(at - x))]) {
                    ++hits;
                    break;
                }
            }
        }
    }
    return hits;
}

Bits zeroOne(const Bits& values, const Bits* ignore) {
    Bits bits(values.size(), 1);
    const auto in = values.values();
    const auto out = bits.values();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i] != 0 ? 1 : 0;
    if (ignore != nullptr) {
        const auto dropped = ignore->values();
        for (std::size_t i = 0; i < in.size(); ++i) out[i] = dropped[i] != 0 ? 0 : out[i];
    }
    return bits;
}

Bits equalTo(const Mask& mask, ObjectId object) {
    Bits bits(mask.size(), 1);
    const auto in = mask.labels.values();
    const auto out = bits.values();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = in[i] == object ? 1 : 0;
    return bits;
}

double meanOf(std::span<const double> values) {
    double sum = 0.0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

}  // namespace

MaskScoreOptions camVidScoreOptions() {
    MaskScoreOptions options;
    options.meaning = LabelMeaning::Classes;
    options.voidLabel = 11;
    options.voidRule = VoidRule::Ignore;
    return options;
}

MeasureStatistics statisticsOf(std::span<const double> perFrame) {
    if (perFrame.empty()) {
        throw Error(ErrorCode::Input, "there are no frames to score",
                    "A sequence needs at least three frames: the first and the last do not count.");
    }
    MeasureStatistics statistics;
    statistics.mean = meanOf(perFrame);
    const auto above =
        std::count_if(perFrame.begin(), perFrame.end(), [](double value) { return value > 0.5; });
    statistics.recall = static_cast<double>(above) / static_cast<double>(perFrame.size());
    // Bins overlap by one frame, as in the official code: round(linspace(1, n, 5) + 1e-10) - 1.
    std::array<std::size_t, 5> edges{};
    const double last = static_cast<double>(perFrame.size()) - 1.0;
    for (std::size_t i = 0; i < edges.size(); ++i) {
        const double place = 1.0 + last * static_cast<double>(i) / 4.0;
        edges[i] = static_cast<std::size_t>(std::nearbyint(place + 1e-10)) - 1;
    }
    const double begin = meanOf(perFrame.subspan(edges[0], edges[1] - edges[0] + 1));
    const double end = meanOf(perFrame.subspan(edges[3], edges[4] - edges[3] + 1));
    statistics.decay = begin - end;
    return statistics;
}

SequenceMean meanOverObjects(const SequenceScore& sequence) {
    SequenceMean mean;
    for (const ObjectScore& object : sequence.objects) {
        mean.j += object.j.mean;
        mean.f += object.f.mean;
    }
    if (sequence.objects.empty()) return mean;
    const auto count = static_cast<double>(sequence.objects.size());
    return {mean.j / count, mean.f / count};
}

GlobalScore pool(std::span<const SequenceScore> sequences) {
    GlobalScore global;
    global.sequences = sequences.size();
    for (const SequenceScore& sequence : sequences) {
        for (const ObjectScore& object : sequence.objects) {
            global.jMean += object.j.mean;
            global.jRecall += object.j.recall;
            global.jDecay += object.j.decay;
            global.fMean += object.f.mean;
            global.fRecall += object.f.recall;
            global.fDecay += object.f.decay;
            ++global.objects;
        }
    }
    if (global.objects > 0) {
        for (double* sum : {&global.jMean, &global.jRecall, &global.jDecay, &global.fMean,
                            &global.fRecall, &global.fDecay}) {
            *sum /= static_cast<double>(global.objects);
        }
    }
    global.jfMean = (global.jMean + global.fMean) / 2.0;
    return global;
}

double regionSimilarity(const Bits& result, const Bits& truth, const Bits* ignore) {
    requireSameSize(result.size(), truth.size());
    std::int64_t both = 0;
    std::int64_t either = 0;
    const auto a = result.values();
    const auto b = truth.values();
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (ignore != nullptr && ignore->values()[i] != 0) continue;
        both += (a[i] != 0 && b[i] != 0) ? 1 : 0;
        either += (a[i] != 0 || b[i] != 0) ? 1 : 0;
    }
    return either == 0 ? 1.0 : static_cast<double>(both) / static_cast<double>(either);
}

int boundaryTolerancePx(SizePx size, double tolerance) {
    if (tolerance >= 1.0) return static_cast<int>(tolerance);
    return static_cast<int>(std::ceil(tolerance * std::hypot(size.width, size.height)));
}

double contourAccuracy(const Bits& result, const Bits& truth, int tolerancePx, const Bits* ignore) {
    requireSameSize(result.size(), truth.size());
    const Bits found = boundaryOf(zeroOne(result, ignore));
    const Bits real = boundaryOf(zeroOne(truth, ignore));
    const std::int64_t foundCount = countOf(found);
    const std::int64_t realCount = countOf(real);
    double precision = 1.0;
    double recall = 1.0;
    if (foundCount == 0 && realCount > 0) {
        recall = 0.0;
    } else if (foundCount > 0 && realCount == 0) {
        precision = 0.0;
    } else if (foundCount > 0) {
        precision = static_cast<double>(countWithin(found, real, tolerancePx)) /
                    static_cast<double>(foundCount);
        recall = static_cast<double>(countWithin(real, found, tolerancePx)) /
                 static_cast<double>(realCount);
    }
    return precision + recall == 0.0 ? 0.0 : 2.0 * precision * recall / (precision + recall);
}

SequenceScorer::SequenceScorer(MaskScoreOptions options) : options_(options) {}

void SequenceScorer::chooseObjects(const Mask& truth) {
    ObjectSet present;
    for (const ObjectId label : truth.labels.values()) present.set(label);
    present.reset(kVoid);
    present.reset(options_.voidLabel);
    if (options_.meaning == LabelMeaning::Classes) {
        known_ = present;
    } else {
        // As in the official code, ids that are skipped in the first mask are scored, too.
        int highest = 0;
        for (int id = 1; id < 256; ++id) {
            if (present.test(static_cast<std::size_t>(id))) highest = id;
        }
        for (int id = 1; id <= highest; ++id) known_.set(static_cast<std::size_t>(id));
    }
    for (int id = 0; id < 256; ++id) {
        if (!known_.test(static_cast<std::size_t>(id))) continue;
        ObjectScore object;
        object.object = static_cast<ObjectId>(id);
        objects_.push_back(object);
    }
    if (!objects_.empty()) return;
    throw Error(ErrorCode::Input, "the first ground-truth mask has no object",
                "Only the objects of a sequence's first mask are scored.");
}

void SequenceScorer::checkLabels(const Mask& result, const std::string& frame) const {
    // Classes appear and disappear in the truth as well; those not in the first mask are not
    // scored.
    if (options_.meaning == LabelMeaning::Classes) return;
    ObjectSet present;
    for (const ObjectId label : result.labels.values()) present.set(label);
    present.reset(kBackground);
    present.reset(kVoid);
    present.reset(options_.voidLabel);
    present &= ~known_;
    if (present.none()) return;
    int id = 0;
    while (!present.test(static_cast<std::size_t>(id))) ++id;
    throw Error(ErrorCode::Input,
                "result frame " + frame + " has label " + std::to_string(id) +
                    ", which the first ground-truth mask does not have",
                "Number the objects in the results as in the ground truth.");
}

void SequenceScorer::add(const Mask& result, const Mask& truth, std::string frame) {
    if (frame.empty()) frame = std::to_string(fed_);
    requireSameSize(result.size(), truth.size(), "result frame " + frame);
    if (fed_ == 0) chooseObjects(truth);
    ++fed_;
    if (options_.frames == FrameChoice::All) {
        score(result, truth, frame);
        return;
    }
    // Scoring is one frame behind, because the last frame is never scored.
    if (fed_ > 2) score(pendingResult_, pendingTruth_, pendingFrame_);
    if (fed_ > 1) {
        pendingResult_ = result;
        pendingTruth_ = truth;
        pendingFrame_ = std::move(frame);
    }
}

void SequenceScorer::score(const Mask& result, const Mask& truth, const std::string& frame) {
    checkLabels(result, frame);
    const Bits voids = equalTo(truth, options_.voidLabel);
    const Bits* ignore = options_.voidRule == VoidRule::Ignore ? &voids : nullptr;
    const int tolerance = boundaryTolerancePx(truth.size(), options_.boundaryTolerance);
    for (ObjectScore& object : objects_) {
        const Bits found = equalTo(result, object.object);
        const Bits real = equalTo(truth, object.object);
        object.jFrames.push_back(regionSimilarity(found, real, ignore));
        object.fFrames.push_back(contourAccuracy(found, real, tolerance, ignore));
    }
}

SequenceScore SequenceScorer::finish() const {
    SequenceScore score;
    score.objects = objects_;
    if (objects_.empty()) {
        throw Error(ErrorCode::Input, "there are no frames to score",
                    "Give the sequence's masks and their ground truth.");
    }
    for (ObjectScore& object : score.objects) {
        object.j = statisticsOf(object.jFrames);
        object.f = statisticsOf(object.fFrames);
    }
    return score;
}

SequenceScore scoreSequence(std::span<const MaskPtr> results, std::span<const MaskPtr> truth,
                            const MaskScoreOptions& options) {
    if (results.size() != truth.size()) {
        throw Error(ErrorCode::Input,
                    "there are " + std::to_string(results.size()) + " results for " +
                        std::to_string(truth.size()) + " ground-truth masks",
                    "Give one result for every frame of the ground truth.");
    }
    SequenceScorer scorer(options);
    for (std::size_t i = 0; i < truth.size(); ++i) scorer.add(*results[i], *truth[i]);
    return scorer.finish();
}

}  // namespace mcj
