#include "inference/engine/network_memory.h"

#include <algorithm>
#include <cmath>

#include "inference/engine/inference_engine.h"

namespace mcj {

SizePx networkSizeOf(SizePx frame, int maxSidePx) {
    const int longest = std::max(frame.width, frame.height);
    if (maxSidePx <= 0 || longest <= maxSidePx) return frame;
    const double scale = static_cast<double>(maxSidePx) / longest;
    const auto scaled = [&](int side) {
        return std::max(1, static_cast<int>(std::lround(side * scale)));
    };
    return {scaled(frame.width), scaled(frame.height)};
}

std::uint64_t flowBytes(SizePx network, FlowDetail detail) {
    // Peak of `mcjepa analyze --maps flow,backward` with the small model on the CPU: 518 MB at
    // 854 x 480 and 1040 MB at 1920 x 1080, in full detail 1031 and 2116 MB; less grows with a
    // picture once it is done in parts. Larger models and GPUs have not been measured.
    struct Growth {
        double wholeBytesPerPx;
        double partBytes;
        double bytesPerPx;
    };
    constexpr Growth kFast{630.0, 120e6, 314.0};
    constexpr Growth kFull{1860.0, 495e6, 653.0};
    const Growth& growth = detail == FlowDetail::Full ? kFull : kFast;
    const auto area = static_cast<double>(network.area());
    return static_cast<std::uint64_t>(
        std::min(growth.wholeBytesPerPx * area, growth.partBytes + growth.bytesPerPx * area));
}

bool flowTakesMeasuredBytes(const ModelConfig& config) {
    constexpr int kMeasuredWidth = 24;  // of the small model's level 1, which most memory goes to
    return config.hasFlow() && config.encoder.widths.front() >= kMeasuredWidth &&
           !config.estimator.fineWidths.empty();
}

std::uint64_t encodingBytes(SizePx network, const EncoderConfig& encoder) {
    // A block or convolution of level 1 holds its input, its output and one map between; the stem
    // does not hold an input. A channel has four bytes in every fourth pixel.
    const int maps = encoder.depths.front() > 0 ? 3 : 2;
    constexpr int kPictureBytesPerPx = 3 * 4;
    return static_cast<std::uint64_t>(kPictureBytesPerPx + maps * encoder.widths.front()) *
           network.area();
}

}  // namespace mcj
