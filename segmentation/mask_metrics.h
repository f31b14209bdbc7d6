#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "segmentation/mask.h"

namespace mcj {

// Region similarity J and contour accuracy F as davis2017-evaluation computes them for the
// semi-supervised task (Pont-Tuset et al. 2017; the numbers are those of its code).

/// The meaning of pixels with the void label in the truth.
enum class VoidRule {
    Background,  ///< no object, as in the official semi-supervised evaluation
    Ignore,      ///< left out of both masks before counting
};

/// The meaning of labels.
enum class LabelMeaning {
    Objects,  ///< 0 is background; objects are 1 .. highest label of the first true mask
    Classes,  ///< 0 is a class too; the labels of the first true mask are scored
};

/// Which frames are scored.
enum class FrameChoice {
    WithoutFirstAndLast,  ///< the official choice
    All,
};

struct MaskScoreOptions {
    LabelMeaning meaning = LabelMeaning::Objects;
    std::uint8_t voidLabel = kVoid;
    VoidRule voidRule = VoidRule::Background;
    FrameChoice frames = FrameChoice::WithoutFirstAndLast;
    double boundaryTolerance = 0.008;  ///< below 1: share of the picture's diagonal; else pixels
};

/// The options for CamVid-like truth: classes from 0 on, 11 is unlabelled and ignored.
[[nodiscard]] MaskScoreOptions camVidScoreOptions();

/// A measure over a sequence.
struct MeasureStatistics {
    double mean = 0.0;
    double recall = 0.0;  ///< share of frames above 0.5
    double decay = 0.0;   ///< mean of the first quarter minus mean of the last
};

/// Mean, recall and decay of per-frame values; throws `Error{Input}` if there are no values.
[[nodiscard]] MeasureStatistics statisticsOf(std::span<const double> perFrame);

struct ObjectScore {
    ObjectId object = 0;
    MeasureStatistics j;
    MeasureStatistics f;
    std::vector<double> jFrames;  ///< one per scored frame
    std::vector<double> fFrames;
};

struct SequenceScore {
    std::vector<ObjectScore> objects;
};

/// Averages over the objects of all sequences pooled.
struct GlobalScore {
    std::size_t sequences = 0;
    std::size_t objects = 0;
    double jMean = 0.0;
    double jRecall = 0.0;
    double jDecay = 0.0;
    double fMean = 0.0;
    double fRecall = 0.0;
    double fDecay = 0.0;
    double jfMean = 0.0;  ///< of jMean and fMean
};
/// The mean over a sequence's objects.
struct SequenceMean {
    double j = 0.0;
    double f = 0.0;
    [[nodiscard]] double jf() const noexcept { return (j + f) / 2.0; }
};
[[nodiscard]] SequenceMean meanOverObjects(const SequenceScore& sequence);

[[nodiscard]] GlobalScore pool(std::span<const SequenceScore> sequences);

/// |A and B| / |A or B| of two binary rasters (non-zero: set); 1 where both are empty. `ignore`
/// (may be null) marks pixels that do not count.
[[nodiscard]] double regionSimilarity(const Raster<std::uint8_t>& result,
                                      const Raster<std::uint8_t>& truth,
                                      const Raster<std::uint8_t>* ignore = nullptr);

/// F of the boundaries of two binary rasters within `tolerancePx` (a disk).
[[nodiscard]] double contourAccuracy(const Raster<std::uint8_t>& result,
                                     const Raster<std::uint8_t>& truth, int tolerancePx,
                                     const Raster<std::uint8_t>* ignore = nullptr);

/// 8 px at 854 x 480 for the default tolerance.
[[nodiscard]] int boundaryTolerancePx(SizePx size, double tolerance);

/// Scores a sequence frame by frame without keeping it. Add every frame in order, including the
/// first and the last.
class SequenceScorer {
public:
    explicit SequenceScorer(MaskScoreOptions options);

    /// `frame`: the frame's name in messages; empty: its number, counted from 0. Throws
    /// `Error{Input}` where the sizes differ or, once another frame follows, where the result has
    /// a label above those of the first true mask (the official evaluation stops there, too).
    void add(const Mask& result, const Mask& truth, std::string frame = {});
    /// Throws `Error{Input}` where there were too few frames or no objects.
    [[nodiscard]] SequenceScore finish() const;

private:
    void score(const Mask& result, const Mask& truth, const std::string& frame);
    void chooseObjects(const Mask& truth);
    void checkLabels(const Mask& result, const std::string& frame) const;

    MaskScoreOptions options_;
    std::vector<ObjectScore> objects_;
    ObjectSet known_;
    std::int64_t fed_ = 0;
    Mask pendingResult_;  ///< the newest frame, scored once another follows
    Mask pendingTruth_;
    std::string pendingFrame_;
};

/// The same for masks in memory; both lists have the same length.
[[nodiscard]] SequenceScore scoreSequence(std::span<const MaskPtr> results,
                                          std::span<const MaskPtr> truth,
                                          const MaskScoreOptions& options = {});

}  // namespace mcj
