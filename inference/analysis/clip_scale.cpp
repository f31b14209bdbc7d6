#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "inference/analysis/analysis_export.h"
#include "inference/engine/flow_command.h"
#include "media/base/error.h"

namespace mcj {
namespace {

// The first pass only ranks lengths of motion; at this side DIS and the network take a few
// milliseconds, and the loss of precision is below the 1-2-5 rounding.
constexpr int kMeasureSidePx = 320;

// Small copies differ from their frames: the engine's cache must not confuse them.
constexpr SourceId kSmallCopyBit = SourceId{1} << 61;

FramePtr smallCopy(const FramePtr& frame) {
    const SizePx size = frame->size();
    const int longer = std::max(size.width, size.height);
    if (longer <= kMeasureSidePx) return frame;
    const double ratio = static_cast<double>(kMeasureSidePx) / longer;
    const SizePx smaller{std::max(1, static_cast<int>(std::lround(size.width * ratio))),
                         std::max(1, static_cast<int>(std::lround(size.height * ratio)))};
    Frame copy;
    copy.source = frame->source | kSmallCopyBit;
    copy.index = frame->index;
    copy.pts = frame->pts;
    copy.rgb = Raster<std::uint8_t>(smaller, 3);
    const cv::Mat from(size.height, size.width, CV_8UC3,
                       const_cast<std::uint8_t*>(frame->rgb.data()));
    cv::Mat to(smaller.height, smaller.width, CV_8UC3, copy.rgb.data());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
    return std::make_shared<const Frame>(std::move(copy));
}

/// Counts of lengths from 0.01 to 10,000 px in 2,400 bins, 0.6 % wide each: a percentile of any
/// number of values in little memory.
class LengthHistogram {
public:
    void add(float px) {
        ++total_;
        if (!(px > kLowestPx)) {
            ++below_;
            return;
        }
        const auto bin = static_cast<std::size_t>(std::log10(px / kLowestPx) * kBinsADecade);
        ++bins_[std::min(bin, bins_.size() - 1)];
    }

    /// Upper edge of the bin in which the percentile lies; 0 where it lies below all bins.
    [[nodiscard]] float percentile(double percent) const {
        const double wanted = static_cast<double>(total_) * percent / 100.0;
        auto seen = static_cast<double>(below_);
        if (total_ == 0 || seen >= wanted) return 0.0F;
        for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
            seen += static_cast<double>(bins_[bin]);
            if (seen >= wanted) {
                return kLowestPx * std::pow(10.0F, static_cast<float>(bin + 1) / kBinsADecade);
            }
        }
        return kLowestPx * std::pow(10.0F, static_cast<float>(bins_.size()) / kBinsADecade);
    }

private:
    static constexpr float kLowestPx = 0.01F;
    static constexpr float kBinsADecade = 400.0F;

    std::array<std::int64_t, 2400> bins_{};
    std::int64_t below_ = 0;
    std::int64_t total_ = 0;
};

void addLengths(const FlowField& flow, SizePx fullSize, LengthHistogram& histogram) {
    const float ratioX = static_cast<float>(fullSize.width) / static_cast<float>(flow.size().width);
    const float ratioY =
        static_cast<float>(fullSize.height) / static_cast<float>(flow.size().height);
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const PointF motion = flow.at(y, x);
            if (FlowField::known(motion)) {
                histogram.add(std::hypot(motion.x * ratioX, motion.y * ratioY));
            }
        }
    }
}

/// The frames that a clip's scale is measured on.
enum class ScaleFrames { Small, AsTheyAre };

/// Null where the frame does not exist or cannot be read.
FramePtr frameOrNothing(FrameSource& source, FrameIndex index, ScaleFrames frames) {
    try {
        const FramePtr frame = source.read(index);
        return frame && frames == ScaleFrames::Small ? smallCopy(frame) : frame;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
        return nullptr;
    }
}

}  // namespace

float measureClipScale(FrameSource& source, const FramePairs& pairs, const std::string& method,
                       InferenceEngine* engine, const Progress& progress, const FlowFilesPtr& files,
                       const StopToken& stop) {
    LengthHistogram histogram;
    const FrameIndex count = pairs.count();
    FramePtr second;
    // A command is run once for a pair, and its flow kept for the maps.
    const ScaleFrames frames = isFlowCommand(method) ? ScaleFrames::AsTheyAre : ScaleFrames::Small;
    // A colour scale does not need finer detail.
    const std::string coarse = flowNeedsEngine(method) ? kModelFastFlow : method;
    for (FrameIndex ordinal = 0; ordinal < count; ++ordinal) {
        if (progress && !progress(ordinal, count)) {
            throw Error(ErrorCode::Interrupted, "stopped while measuring the scale of motion",
                        "Run the same command again to resume.");
        }
        const SizePx size = source.info().size;
        if (files) {
            addLengths(files->read(pairs.first(ordinal), size), size, histogram);
            continue;
        }
        const bool kept = second && second->index == pairs.first(ordinal);
        const FramePtr first = kept ? second : frameOrNothing(source, pairs.first(ordinal), frames);
        second = frameOrNothing(source, pairs.second(ordinal), frames);
        if (!first || !second) break;
        addLengths(estimateFlow(coarse, first, second, engine, stop), size, histogram);
    }
    return roundUpToScaleStep(histogram.percentile(99.0));
}

}  // namespace mcj
