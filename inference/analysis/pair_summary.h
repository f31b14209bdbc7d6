#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/product.h"

namespace mcj {

class ProductMaker;

/// The numbers of a pair of frames t and t + 1 that are drawn as curves over a clip.
enum class PairNumber {
    WarpError,      ///< mean, levels of 255
    Inconsistency,  ///< mean |f + b'|, pixels: all pixels with known flow, occluded ones included
    Motion,         ///< mean length of the flow, pixels
    Motion99,       ///< 99th percentile of the length, pixels
};
inline constexpr std::array kPairNumbers{PairNumber::WarpError, PairNumber::Inconsistency,
                                         PairNumber::Motion, PairNumber::Motion99};

/// The mean of the values that are not NaN; none if there are none.
[[nodiscard]] std::optional<double> meanOfKnown(const Raster<float>& values);
/// The mean length of the known vectors, in pixels; none if there are none.
[[nodiscard]] std::optional<double> meanLengthPx(const FlowField& flow);

/// The numbers of one pair; NaN where not computed or where no pixel is known. They are equal to
/// those that `mcjepa analyze` reports for the same frames and method.
class PairSummary {
public:
    [[nodiscard]] double at(PairNumber number) const { return values_[place(number)]; }
    void set(PairNumber number, double value) { values_[place(number)] = value; }
    /// All numbers are there.
    [[nodiscard]] bool complete() const noexcept;
    /// Takes the numbers that `product` determines: the flow, the warp error or the consistency of
    /// a frame and the next one. Returns whether there were any.
    bool take(const ProductKey& key, const Product& product);
    /// Takes the numbers that are not known here.
    void addMissing(const PairSummary& other);

private:
    [[nodiscard]] static std::size_t place(PairNumber number) {
        return static_cast<std::size_t>(number);
    }
    static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

    std::array<double, kPairNumbers.size()> values_{kNone, kNone, kNone, kNone};
};

/// Computes all numbers of a pair. `engine` may be null unless `method`, a flow provider, needs it.
/// Throws what `produce` throws.
[[nodiscard]] PairSummary summarizePair(const FramePtr& first, const FramePtr& second,
                                        const std::string& method, InferenceEngine* engine,
                                        const StopToken& stop = {});

/// The same of the pair that `pair` names, with its method: from products that `products` makes and
/// keeps, so that the caller can go on with the flow in both directions.
[[nodiscard]] PairSummary summarizePair(const ProductKey& pair, ProductMaker& products);

/// The inputs of the products of a pair of frames, for `ProductMaker`s with at most one engine.
[[nodiscard]] ProductKey pairKey(const Frame& first, const Frame& second,
                                 const std::string& method);

/// One row of exported curves.
struct CurvePoint {
    FrameIndex frame = 0;
    double secs = 0.0;  ///< since the first frame of the clip
    PairSummary numbers;
    std::optional<double> similarity;  ///< cosine of the best match of a query
};

/// "frame,seconds,warp_error,inconsistency_px,motion_px,motion_p99_px" and, where any point has
/// it, ",similarity"; one line per point. Numbers are written so that they read back exactly;
/// what is not known is empty.
[[nodiscard]] std::string curvesCsv(const std::vector<CurvePoint>& points);

}  // namespace mcj
