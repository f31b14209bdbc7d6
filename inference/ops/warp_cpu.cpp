#include <algorithm>
#include <cmath>
#include <limits>

#include "inference/ops/kernels_isa.h"
#include "inference/ops/simd.h"

namespace mcj::kernels::MCJ_ISA {
namespace {

/// The four neighbours of a sample: offsets in pixels and weights; a neighbour outside weighs zero.
template <typename Real>
struct Taps {
    std::int64_t offset[4];
    Real weight[4];
    Real fx, fy;          ///< fractions
    bool inside[4];       ///< whether the neighbour exists
    bool movesX, movesY;  ///< whether the clamped coordinate depends on the flow
};

template <typename Real>
MCJ_INLINE Taps<Real> tapsAt(Real x, Real y, std::int64_t height, std::int64_t width,
                             Border border) {
    Taps<Real> taps;
    taps.movesX = taps.movesY = true;
    if (border == Border::Clamp) {
        taps.movesX = x >= 0 && x <= static_cast<Real>(width - 1);
        taps.movesY = y >= 0 && y <= static_cast<Real>(height - 1);
        x = std::clamp(x, Real(0), static_cast<Real>(width - 1));
        y = std::clamp(y, Real(0), static_cast<Real>(height - 1));
    } else {
        // Far outside every tap is zero anyway; the clamp keeps the conversion to int defined.
        x = std::clamp(x, Real(-2), static_cast<Real>(width + 1));
        y = std::clamp(y, Real(-2), static_cast<Real>(height + 1));
    }
    const Real floorX = std::floor(x);
    const Real floorY = std::floor(y);
    taps.fx = x - floorX;
    taps.fy = y - floorY;
    const auto x0 = static_cast<std::int64_t>(floorX);
    const auto y0 = static_cast<std::int64_t>(floorY);
    const Real wx[2] = {Real(1) - taps.fx, taps.fx};
    const Real wy[2] = {Real(1) - taps.fy, taps.fy};
    for (int k = 0; k < 4; ++k) {
        const std::int64_t xx = x0 + (k & 1);
        const std::int64_t yy = y0 + (k >> 1);
        taps.inside[k] = xx >= 0 && xx < width && yy >= 0 && yy < height;
        taps.offset[k] = taps.inside[k] ? yy * width + xx : 0;
        taps.weight[k] = taps.inside[k] ? wx[k & 1] * wy[k >> 1] : Real(0);
    }
    return taps;
}

/// NaN flow samples far outside, where the value is zero and there is no gradient.
template <typename Real>
MCJ_INLINE Real known(Real value) {
    return std::isnan(value) ? Real(-1e6) : value;
}

template <typename Real>
MCJ_INLINE void warpRowsImpl(const Real* source, const Real* flow, const MapShape& s, Border border,
                             Real* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    const std::int64_t channels = s.channels;
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        for (std::int64_t x = 0; x < s.width; ++x) {
            const Real* f = flow + (y * s.width + x) * 2;
            const auto taps =
                tapsAt<Real>(static_cast<Real>(x) + known(f[0]), static_cast<Real>(y) + known(f[1]),
                             s.height, s.width, border);
            const Real* a = source + taps.offset[0] * channels;
            const Real* b = source + taps.offset[1] * channels;
            const Real* c = source + taps.offset[2] * channels;
            const Real* d = source + taps.offset[3] * channels;
            Real* target = out + (y * s.width + x) * channels;
            for (std::int64_t k = 0; k < channels; ++k) {
                target[k] = taps.weight[0] * a[k] + taps.weight[1] * b[k] + taps.weight[2] * c[k] +
                            taps.weight[3] * d[k];
            }
        }
    }
}

template <typename Real>
MCJ_INLINE void warpGradSourceImpl(const Real* gradOut, const Real* flow, const MapShape& s,
                                   Border border, Real* gradSource, std::int64_t channelBegin,
                                   std::int64_t channelEnd) {
    for (std::int64_t y = 0; y < s.height; ++y) {
        for (std::int64_t x = 0; x < s.width; ++x) {
            const Real* f = flow + (y * s.width + x) * 2;
            const auto taps =
                tapsAt<Real>(static_cast<Real>(x) + known(f[0]), static_cast<Real>(y) + known(f[1]),
                             s.height, s.width, border);
            const Real* g = gradOut + (y * s.width + x) * s.channels;
            for (int t = 0; t < 4; ++t) {
                if (taps.weight[t] == Real(0)) continue;
                Real* target = gradSource + taps.offset[t] * s.channels;
                for (std::int64_t k = channelBegin; k < channelEnd; ++k) {
                    target[k] += taps.weight[t] * g[k];
                }
            }
        }
    }
}

template <typename Real>
MCJ_INLINE void warpGradFlowRowsImpl(const Real* gradOut, const Real* source, const Real* flow,
                                     const MapShape& s, Border border, Real* gradFlow,
                                     std::int64_t rowBegin, std::int64_t rowEnd) {
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        for (std::int64_t x = 0; x < s.width; ++x) {
            const std::int64_t p = y * s.width + x;
            const auto taps = tapsAt<Real>(static_cast<Real>(x) + known(flow[2 * p]),
                                           static_cast<Real>(y) + known(flow[2 * p + 1]), s.height,
                                           s.width, border);
            const Real* g = gradOut + p * s.channels;
            Real dots[4];
            for (int t = 0; t < 4; ++t) {
                Real dot = 0;
                if (taps.inside[t]) {
                    const Real* v = source + taps.offset[t] * s.channels;
                    for (std::int64_t k = 0; k < s.channels; ++k) dot += g[k] * v[k];
                }
                dots[t] = dot;
            }
            const Real dx = (1 - taps.fy) * (dots[1] - dots[0]) + taps.fy * (dots[3] - dots[2]);
            const Real dy = (1 - taps.fx) * (dots[2] - dots[0]) + taps.fx * (dots[3] - dots[1]);
            gradFlow[2 * p] = taps.movesX ? dx : Real(0);
            gradFlow[2 * p + 1] = taps.movesY ? dy : Real(0);
        }
    }
}

template <typename Real>
MCJ_INLINE void consistencyRowsImpl(const Real* forward, const Real* backward, const MapShape& s,
                                    Real alpha, Real beta, Real* occluded, Real* error,
                                    std::int64_t rowBegin, std::int64_t rowEnd) {
    const std::int64_t plane = s.height * s.width;
    const Real nan = std::numeric_limits<Real>::quiet_NaN();
    for (std::int64_t y = rowBegin; y < rowEnd; ++y) {
        for (std::int64_t x = 0; x < s.width; ++x) {
            const std::int64_t p = y * s.width + x;
            const Real u = forward[p];
            const Real v = forward[plane + p];
            const Real tx = static_cast<Real>(x) + u;
            const Real ty = static_cast<Real>(y) + v;
            const bool inside = tx >= 0 && ty >= 0 && tx <= static_cast<Real>(s.width - 1) &&
                                ty <= static_cast<Real>(s.height - 1);
            if (!inside) {
                occluded[p] = Real(1);
                if (error != nullptr) error[p] = nan;
                continue;
            }
            const auto taps = tapsAt<Real>(tx, ty, s.height, s.width, Border::Clamp);
            Real bu = 0;
            Real bv = 0;
            for (int t = 0; t < 4; ++t) {
                bu += taps.weight[t] * backward[taps.offset[t]];
                bv += taps.weight[t] * backward[plane + taps.offset[t]];
            }
            const Real du = u + bu;
            const Real dv = v + bv;
            const Real difference = du * du + dv * dv;
            const Real length = u * u + v * v + bu * bu + bv * bv;
            // Written so that NaN counts as occluded.
            occluded[p] = difference <= alpha * length + beta ? Real(0) : Real(1);
            if (error != nullptr) error[p] = std::sqrt(difference);
        }
    }
}

}  // namespace

void warpRows(const float* source, const float* flow, const MapShape& shape, Border border,
              float* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    warpRowsImpl<float>(source, flow, shape, border, out, rowBegin, rowEnd);
}
void warpRows(const double* source, const double* flow, const MapShape& shape, Border border,
              double* out, std::int64_t rowBegin, std::int64_t rowEnd) {
    warpRowsImpl<double>(source, flow, shape, border, out, rowBegin, rowEnd);
}
void warpGradSource(const float* gradOut, const float* flow, const MapShape& shape, Border border,
                    float* gradSource, std::int64_t channelBegin, std::int64_t channelEnd) {
    warpGradSourceImpl<float>(gradOut, flow, shape, border, gradSource, channelBegin, channelEnd);
}
void warpGradSource(const double* gradOut, const double* flow, const MapShape& shape, Border border,
                    double* gradSource, std::int64_t channelBegin, std::int64_t channelEnd) {
    warpGradSourceImpl<double>(gradOut, flow, shape, border, gradSource, channelBegin, channelEnd);
}
void warpGradFlowRows(const float* gradOut, const float* source, const float* flow,
                      const MapShape& shape, Border border, float* gradFlow, std::int64_t rowBegin,
                      std::int64_t rowEnd) {
    warpGradFlowRowsImpl<float>(gradOut, source, flow, shape, border, gradFlow, rowBegin, rowEnd);
}
void warpGradFlowRows(const double* gradOut, const double* source, const double* flow,
                      const MapShape& shape, Border border, double* gradFlow, std::int64_t rowBegin,
                      std::int64_t rowEnd) {
    warpGradFlowRowsImpl<double>(gradOut, source, flow, shape, border, gradFlow, rowBegin, rowEnd);
}
void consistencyRows(const float* forward, const float* backward, const MapShape& shape,
                     float alpha, float beta, float* occluded, float* error, std::int64_t rowBegin,
                     std::int64_t rowEnd) {
    consistencyRowsImpl<float>(forward, backward, shape, alpha, beta, occluded, error, rowBegin,
                               rowEnd);
}
void consistencyRows(const double* forward, const double* backward, const MapShape& shape,
                     double alpha, double beta, double* occluded, double* error,
                     std::int64_t rowBegin, std::int64_t rowEnd) {
    consistencyRowsImpl<double>(forward, backward, shape, alpha, beta, occluded, error, rowBegin,
                                rowEnd);
}

}  // namespace mcj::kernels::MCJ_ISA
