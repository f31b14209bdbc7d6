#include "inference/ops/kernels_isa.h"

#include <algorithm>

#include "media/base/instruction_set.h"

// Calls the kernels of the instruction set in use, and implements the parts that only copy.

namespace mcj::kernels {

/// Calls the kernel of the instruction set in use.
#if defined(__x86_64__)
#define MCJ_DISPATCH(kernel, ...)                                        \
    static const InstructionSet isa = instructionSet();                  \
    switch (isa) {                                                       \
    case InstructionSet::V4: v4::kernel(__VA_ARGS__); break;             \
    case InstructionSet::V3: v3::kernel(__VA_ARGS__); break;             \
    case InstructionSet::Baseline: baseline::kernel(__VA_ARGS__); break; \
    }
#else
#define MCJ_DISPATCH(kernel, ...) baseline::kernel(__VA_ARGS__);
#endif

template <typename Real>
void padPlanes(const Real* source, std::int64_t strideC, std::int64_t strideY, std::int64_t strideX,
               const MapShape& shape, Real* padded) {
    const std::int64_t rowStride = paddedWidth(shape.width);
    const std::int64_t planeStride = (shape.height + 2 * kCostRadius) * rowStride;
    std::fill_n(padded, shape.channels * planeStride, Real(0));
    if (strideX == 1) {
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            for (std::int64_t y = 0; y < shape.height; ++y) {
                std::copy_n(source + c * strideC + y * strideY, shape.width,
                            padded + c * planeStride + (y + kCostRadius) * rowStride + kCostRadius);
            }
        }
        return;
    }
    // Channels last: walk tiles of columns so that a tile's rows stay in the first cache level.
    constexpr std::int64_t kTile = 16;
    for (std::int64_t y = 0; y < shape.height; ++y) {
        Real* target = padded + (y + kCostRadius) * rowStride + kCostRadius;
        for (std::int64_t x0 = 0; x0 < shape.width; x0 += kTile) {
            const std::int64_t x1 = std::min(shape.width, x0 + kTile);
            for (std::int64_t c = 0; c < shape.channels; ++c) {
                const Real* from = source + y * strideY + c * strideC;
                for (std::int64_t x = x0; x < x1; ++x) {
                    target[c * planeStride + x] = from[x * strideX];
                }
            }
        }
    }
}

std::size_t propagationScratchBytes(const PropagationShape& shape, std::int64_t contexts) {
    constexpr std::int64_t kFewestLanes = 4;  // of any instruction set
    constexpr std::int64_t kMostLanes = 16;
    constexpr std::int64_t kHeaderWords = 8;
    const std::int64_t side = 2 * shape.radius + 1;
    const std::int64_t entries = contexts * side * side;
    const std::int64_t blocks = (shape.width + kFewestLanes - 1) / kFewestLanes;
    const std::int64_t cells = (shape.width + kMostLanes - 1) / kMostLanes * kMostLanes;
    return static_cast<std::size_t>(
        kPropagationRows * 4 *
        (blocks * (kHeaderWords + entries) + cells * (shape.topK + entries)));
}

template <typename Real>
void costVolumeRows(const Real* first, const Real* second, const MapShape& shape, Real* out,
                    std::int64_t rowBegin, std::int64_t rowEnd) {
    MCJ_DISPATCH(costVolumeRows, first, second, shape, out, rowBegin, rowEnd)
}
template <typename Real>
void costVolumeGradRows(const Real* gradOut, const Real* other, const MapShape& shape,
                        CostInput input, Real* grad, std::int64_t rowBegin, std::int64_t rowEnd) {
    MCJ_DISPATCH(costVolumeGradRows, gradOut, other, shape, input, grad, rowBegin, rowEnd)
}
template <typename Real>
void warpRows(const Real* source, const Real* flow, const MapShape& shape, Border border, Real* out,
              std::int64_t rowBegin, std::int64_t rowEnd) {
    MCJ_DISPATCH(warpRows, source, flow, shape, border, out, rowBegin, rowEnd)
}
template <typename Real>
void warpGradSource(const Real* gradOut, const Real* flow, const MapShape& shape, Border border,
                    Real* gradSource, std::int64_t channelBegin, std::int64_t channelEnd) {
    MCJ_DISPATCH(warpGradSource, gradOut, flow, shape, border, gradSource, channelBegin, channelEnd)
}
template <typename Real>
void warpGradFlowRows(const Real* gradOut, const Real* source, const Real* flow,
                      const MapShape& shape, Border border, Real* gradFlow, std::int64_t rowBegin,
                      std::int64_t rowEnd) {
    MCJ_DISPATCH(warpGradFlowRows, gradOut, source, flow, shape, border, gradFlow, rowBegin, rowEnd)
}
template <typename Real>
void consistencyRows(const Real* forward, const Real* backward, const MapShape& shape, Real alpha,
                     Real beta, Real* occluded, Real* error, std::int64_t rowBegin,
                     std::int64_t rowEnd) {
    MCJ_DISPATCH(consistencyRows, forward, backward, shape, alpha, beta, occluded, error, rowBegin,
                 rowEnd)
}
template <typename Real>
void cosineRows(const Real* features, const Real* query, const MapShape& shape, Real* out,
                std::int64_t rowBegin, std::int64_t rowEnd) {
    MCJ_DISPATCH(cosineRows, features, query, shape, out, rowBegin, rowEnd)
}
void propagateLabelRows(const float* target, const PropagationContext* contexts,
                        std::int64_t contextCount, const PropagationShape& shape,
                        std::byte* scratch, float* out, std::int64_t rowBegin,
                        std::int64_t rowEnd) {
    MCJ_DISPATCH(propagateLabelRows, target, contexts, contextCount, shape, scratch, out, rowBegin,
                 rowEnd)
}

void costVolumeRow(const float* first, const float* second, const MapShape& shape, std::int64_t y,
                   std::int64_t outStride, float* out) {
    MCJ_DISPATCH(costVolumeRow, first, second, shape, y, outStride, out)
}
template <typename In, typename Out>
void normRows(const In* rows, std::int64_t channels, const NormParameters& norm, Out* out,
              std::int64_t outStride, std::int64_t count) {
    MCJ_DISPATCH(normRows, rows, channels, norm, out, outStride, count)
}
template <typename In>
void addScaledRows(const float* residue, const In* rows, const float* gamma, std::int64_t channels,
                   float* out, std::int64_t count) {
    MCJ_DISPATCH(addScaledRows, residue, rows, gamma, channels, out, count)
}
template <typename Out>
void matchingRow(const float* cost, std::int64_t costStride, const float* features,
                 const float* flowX, const float* flowY, float slope, const MapShape& shape,
                 Out* out) {
    MCJ_DISPATCH(matchingRow, cost, costStride, features, flowX, flowY, slope, shape, out)
}

template <typename Real>
void splatChannels(const Real* values, const Real* flow, const MapShape& s, Real* out,
                   std::int64_t channelBegin, std::int64_t channelEnd) {
    // A splat is the transpose of a warp: the same taps, added instead of read.
    warpGradSource(values, flow, s, Border::Zeros, out, channelBegin, channelEnd);
}
template void costVolumeRows(const float*, const float*, const MapShape&, float*, std::int64_t,
                             std::int64_t);
template void costVolumeGradRows(const float*, const float*, const MapShape&, CostInput, float*,
                                 std::int64_t, std::int64_t);
template void warpRows(const float*, const float*, const MapShape&, Border, float*, std::int64_t,
                       std::int64_t);
template void warpGradSource(const float*, const float*, const MapShape&, Border, float*,
                             std::int64_t, std::int64_t);
template void warpGradFlowRows(const float*, const float*, const float*, const MapShape&, Border,
                               float*, std::int64_t, std::int64_t);
template void consistencyRows(const float*, const float*, const MapShape&, float, float, float*,
                              float*, std::int64_t, std::int64_t);
template void cosineRows(const float*, const float*, const MapShape&, float*, std::int64_t,
                         std::int64_t);
template void costVolumeRows(const double*, const double*, const MapShape&, double*, std::int64_t,
                             std::int64_t);
template void costVolumeGradRows(const double*, const double*, const MapShape&, CostInput, double*,
                                 std::int64_t, std::int64_t);
template void warpRows(const double*, const double*, const MapShape&, Border, double*, std::int64_t,
                       std::int64_t);
template void warpGradSource(const double*, const double*, const MapShape&, Border, double*,
                             std::int64_t, std::int64_t);
template void warpGradFlowRows(const double*, const double*, const double*, const MapShape&, Border,
                               double*, std::int64_t, std::int64_t);
template void consistencyRows(const double*, const double*, const MapShape&, double, double,
                              double*, double*, std::int64_t, std::int64_t);
template void cosineRows(const double*, const double*, const MapShape&, double*, std::int64_t,
                         std::int64_t);
template void padPlanes(const float*, std::int64_t, std::int64_t, std::int64_t, const MapShape&,
                        float*);
template void padPlanes(const double*, std::int64_t, std::int64_t, std::int64_t, const MapShape&,
                        double*);

template void normRows(const float*, std::int64_t, const NormParameters&, float*, std::int64_t,
                       std::int64_t);
template void normRows(const float*, std::int64_t, const NormParameters&, Bfloat16*, std::int64_t,
                       std::int64_t);
template void normRows(const Bfloat16*, std::int64_t, const NormParameters&, float*, std::int64_t,
                       std::int64_t);
template void normRows(const Bfloat16*, std::int64_t, const NormParameters&, Bfloat16*,
                       std::int64_t, std::int64_t);
template void addScaledRows(const float*, const float*, const float*, std::int64_t, float*,
                            std::int64_t);
template void addScaledRows(const float*, const Bfloat16*, const float*, std::int64_t, float*,
                            std::int64_t);
template void matchingRow(const float*, std::int64_t, const float*, const float*, const float*,
                          float, const MapShape&, float*);
template void matchingRow(const float*, std::int64_t, const float*, const float*, const float*,
                          float, const MapShape&, Bfloat16*);
template void splatChannels(const float*, const float*, const MapShape&, float*, std::int64_t,
                            std::int64_t);
template void splatChannels(const double*, const double*, const MapShape&, double*, std::int64_t,
                            std::int64_t);

}  // namespace mcj::kernels
