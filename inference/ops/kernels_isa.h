#pragma once

#include "inference/ops/kernels.h"

namespace mcj::kernels {

/// Target rows that label propagation scores together.
constexpr int kPropagationRows = 2;

}  // namespace mcj::kernels

/// The kernels for each instruction set. Every arithmetic kernel's source is compiled three times;
/// MCJ_ISA is the namespace and the compiler's flags select the instruction set, so that the
/// program is not limited to the build machine's processor. (Function clones in one unit do not
/// work: GCC splits wide vectors before it inlines, for the plain instruction set.)
#define MCJ_KERNELS_OF(Real)                                                                     \
    void costVolumeRows(const Real* first, const Real* second, const MapShape& shape, Real* out, \
                        std::int64_t rowBegin, std::int64_t rowEnd);                             \
    void costVolumeGradRows(const Real* gradOut, const Real* other, const MapShape& shape,       \
                            CostInput input, Real* grad, std::int64_t rowBegin,                  \
                            std::int64_t rowEnd);                                                \
    void warpRows(const Real* source, const Real* flow, const MapShape& shape, Border border,    \
                  Real* out, std::int64_t rowBegin, std::int64_t rowEnd);                        \
    void warpGradSource(const Real* gradOut, const Real* flow, const MapShape& shape,            \
                        Border border, Real* gradSource, std::int64_t channelBegin,              \
                        std::int64_t channelEnd);                                                \
    void warpGradFlowRows(const Real* gradOut, const Real* source, const Real* flow,             \
                          const MapShape& shape, Border border, Real* gradFlow,                  \
                          std::int64_t rowBegin, std::int64_t rowEnd);                           \
    void consistencyRows(const Real* forward, const Real* backward, const MapShape& shape,       \
                         Real alpha, Real beta, Real* occluded, Real* error,                     \
                         std::int64_t rowBegin, std::int64_t rowEnd);                            \
    void cosineRows(const Real* features, const Real* query, const MapShape& shape, Real* out,   \
                    std::int64_t rowBegin, std::int64_t rowEnd);

#define MCJ_NORM_ROWS_OF(In, Out)                                                              \
    void normRows(const In* rows, std::int64_t channels, const NormParameters& norm, Out* out, \
                  std::int64_t outStride, std::int64_t count);

#define MCJ_FUSED_ROWS_OF(Element)                                                               \
    void addScaledRows(const float* residue, const Element* rows, const float* gamma,            \
                       std::int64_t channels, float* out, std::int64_t count);                   \
    void matchingRow(const float* cost, std::int64_t costStride, const float* features,          \
                     const float* flowX, const float* flowY, float slope, const MapShape& shape, \
                     Element* out);

#define MCJ_KERNELS_IN(isa)                                                            \
    namespace mcj::kernels::isa {                                                      \
    MCJ_KERNELS_OF(float)                                                              \
    MCJ_KERNELS_OF(double)                                                             \
    void propagateLabelRows(const float* target, const PropagationContext* contexts,   \
                            std::int64_t contextCount, const PropagationShape& shape,  \
                            std::byte* scratch, float* out, std::int64_t rowBegin,     \
                            std::int64_t rowEnd);                                      \
    void costVolumeRow(const float* first, const float* second, const MapShape& shape, \
                       std::int64_t y, std::int64_t outStride, float* out);            \
    MCJ_NORM_ROWS_OF(float, float)                                                     \
    MCJ_NORM_ROWS_OF(float, Bfloat16)                                                  \
    MCJ_NORM_ROWS_OF(Bfloat16, float)                                                  \
    MCJ_NORM_ROWS_OF(Bfloat16, Bfloat16)                                               \
    MCJ_FUSED_ROWS_OF(float)                                                           \
    MCJ_FUSED_ROWS_OF(Bfloat16)                                                        \
    }

MCJ_KERNELS_IN(baseline)
MCJ_KERNELS_IN(v3)
MCJ_KERNELS_IN(v4)
