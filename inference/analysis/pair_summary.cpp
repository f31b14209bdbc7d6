#include "inference/analysis/pair_summary.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "inference/analysis/csv_number.h"
#include "inference/analysis/product_maker.h"

namespace mcj {
namespace {

void append(std::string& line, double value) {
    line += ',';
    appendCsvNumber(line, value);
}

}  // namespace

std::optional<double> meanOfKnown(const Raster<float>& values) {
    double sum = 0.0;
    std::int64_t count = 0;
    for (const float value : values.values()) {
        if (std::isnan(value)) continue;
        sum += value;
        ++count;
    }
    if (count == 0) return std::nullopt;
    return sum / static_cast<double>(count);
}

std::optional<double> meanLengthPx(const FlowField& flow) {
    double sum = 0.0;
    std::int64_t count = 0;
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const PointF motion = flow.at(y, x);
            if (!FlowField::known(motion)) continue;
            sum += std::hypot(double{motion.x}, double{motion.y});
            ++count;
        }
    }
    if (count == 0) return std::nullopt;
    return sum / static_cast<double>(count);
}

bool PairSummary::complete() const noexcept {
    return std::none_of(values_.begin(), values_.end(),
                        [](double value) { return std::isnan(value); });
}

bool PairSummary::take(const ProductKey& key, const Product& product) {
    if (key.other != key.frame + 1 || !product.mean) return false;
    if (key.product == "flow") {
        set(PairNumber::Motion, *product.mean);
        set(PairNumber::Motion99, double{product.flowPercentilePx});
    } else if (key.product == "warp-error") {
        set(PairNumber::WarpError, *product.mean);
    } else if (key.product == "consistency") {
        set(PairNumber::Inconsistency, *product.mean);
    } else {
        return false;
    }
    return true;
}

void PairSummary::addMissing(const PairSummary& other) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (std::isnan(values_[i])) values_[i] = other.values_[i];
    }
}

PairSummary summarizePair(const FramePtr& first, const FramePtr& second, const std::string& method,
                          InferenceEngine* engine, const StopToken& stop) {
    ProductMaker products({first, second}, engine, stop);
    return summarizePair(pairKey(*first, *second, method), products);
}

ProductKey pairKey(const Frame& first, const Frame& second, const std::string& method) {
    ProductKey pair;
    pair.source = first.source;
    pair.frame = first.index;
    pair.other = second.index;
    pair.flow = method;
    pair.engine = kOnlyEngine;
    return pair;
}

PairSummary summarizePair(const ProductKey& pair, ProductMaker& products) {
    PairSummary summary;
    for (const char* kind : {"flow", "warp-error", "consistency"}) {
        const ProductKey key = productKey(kind, pair);
        summary.take(key, *products.make(key));
    }
    return summary;
}

std::string curvesCsv(const std::vector<CurvePoint>& points) {
    const bool similarity = std::any_of(points.begin(), points.end(), [](const CurvePoint& point) {
        return point.similarity.has_value();
    });
    std::string text = "frame,seconds,warp_error,inconsistency_px,motion_px,motion_p99_px";
    text += similarity ? ",similarity\n" : "\n";
    for (const CurvePoint& point : points) {
        text += std::to_string(point.frame);
        append(text, point.secs);
        for (const PairNumber number : kPairNumbers) append(text, point.numbers.at(number));
        if (similarity) {
            append(text, point.similarity.value_or(std::numeric_limits<double>::quiet_NaN()));
        }
        text += '\n';
    }
    return text;
}

}  // namespace mcj
