#pragma once

#include "inference/ops/kernels.h"

/// The interface of libmcj_cuda: launchers of the CUDA kernels with raw device pointers. It
/// includes neither torch nor CUDA, so that the kernels compile without the former and their caller
/// without the latter. Semantics (borders, unknown flow, ties) are those of the CPU kernels in
/// kernels.h.
///
/// Every launcher queues its work on `place` and returns at once: 0, or the CUDA error code of the
/// launch, which `errorText` describes. All pointers are contiguous device memory, unless stated
/// otherwise. An empty shape is valid and does nothing.
namespace mcj::kernels {

/// Where work runs: a device's number and a cudaStream_t of it (null: the default stream).
struct CudaPlace {
    int device = 0;
    void* stream = nullptr;
};

/// The launchers of one number type. Maps are [B, C, H, W] (planes) or [B, H, W, C] as stated.
template <typename Real>
struct CudaLaunchers {
    /// Planes first, second [B, C, H, W] to out [B, 81, H, W].
    int (*costVolume)(const Real* first, const Real* second, MapShape shape, Real* out,
                      CudaPlace place);
    /// gradOut [B, 81, H, W] and the other frame's planes to the gradient [B, C, H, W] of the first
    /// or of the second frame. Every sum has one order: two runs agree to the last bit.
    int (*costVolumeGradFirst)(const Real* gradOut, const Real* second, MapShape shape, Real* grad,
                               CudaPlace place);
    int (*costVolumeGradSecond)(const Real* gradOut, const Real* first, MapShape shape, Real* grad,
                                CudaPlace place);
    /// source, out [B, H, W, C]; flow [B, H, W, 2].
    int (*warp)(const Real* source, const Real* flow, MapShape shape, Border border, Real* out,
                CudaPlace place);
    /// Adds to gradSource [B, H, W, C], which must hold zeros. With Border::Zeros this is the
    /// forward splat. Atomic additions: the last bits differ from run to run.
    int (*warpGradSource)(const Real* gradOut, const Real* flow, MapShape shape, Border border,
                          Real* gradSource, CudaPlace place);
    int (*warpGradFlow)(const Real* gradOut, const Real* source, const Real* flow, MapShape shape,
                        Border border, Real* gradFlow, CudaPlace place);
    /// Planes forward, backward [B, 2, H, W]; occluded, error [B, H, W]. Channels are not read.
    int (*consistency)(const Real* forward, const Real* backward, MapShape shape, Real alpha,
                       Real beta, Real* occluded, Real* error, CudaPlace place);
    /// features [H, W, C], query [C], out [H, W]. shape.batch is not read.
    int (*cosine)(const Real* features, const Real* query, MapShape shape, Real* out,
                  CudaPlace place);
};

/// Cells of the window times context frames: the number of scores of one target cell.
[[nodiscard]] constexpr std::int64_t propagationEntries(int radius, std::int64_t contexts) {
    return (2 * std::int64_t{radius} + 1) * (2 * std::int64_t{radius} + 1) * contexts;
}

/// The input and output of label propagation.
struct CudaPropagation {
    const float* target = nullptr;           ///< [C, H, propagationPaddedWidth]
    const float* const* features = nullptr;  ///< host array of device pointers, each as target
    const float* labels = nullptr;           ///< [contexts, H, W, classes]
    std::int64_t contexts = 0;
    PropagationShape shape;
    /// Memory for scores: the picture is processed in as many whole rows at a time as fit. At least
    /// shape.width * propagationEntries(...) floats.
    float* scratch = nullptr;
    std::int64_t scratchFloats = 0;
    float* out = nullptr;  ///< [H, W, classes]
};

/// Increment with every change of the layout below.
constexpr int kCudaTableVersion = 1;

struct CudaTable {
    int version = kCudaTableVersion;
    const char* (*errorText)(int code);
    CudaLaunchers<float> single;
    CudaLaunchers<double> twice;
    int (*propagateLabels)(const CudaPropagation& work, CudaPlace place);
};

/// Set by the source files of libmcj_cuda.
template <typename Real>
void fillCostVolume(CudaLaunchers<Real>& launchers);
template <typename Real>
void fillWarp(CudaLaunchers<Real>& launchers);
template <typename Real>
void fillCosine(CudaLaunchers<Real>& launchers);
int launchPropagateLabels(const CudaPropagation& work, CudaPlace place);

}  // namespace mcj::kernels

using McjCudaTable = mcj::kernels::CudaTable;

/// The only symbol that libmcj_cuda exports. The table lives as long as the library.
extern "C" const McjCudaTable* mcjCudaTable();
