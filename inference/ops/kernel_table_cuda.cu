#include "inference/ops/cuda_check.h"

namespace mcj::kernels {
namespace {

const char* errorText(int code) { return cudaGetErrorString(static_cast<cudaError_t>(code)); }

CudaTable makeTable() {
    CudaTable table = {};
    table.version = kCudaTableVersion;
    table.errorText = errorText;
    fillCostVolume(table.single);
    fillWarp(table.single);
    fillCosine(table.single);
    fillCostVolume(table.twice);
    fillWarp(table.twice);
    fillCosine(table.twice);
    table.propagateLabels = launchPropagateLabels;
    return table;
}

}  // namespace
}  // namespace mcj::kernels

// All other symbols are hidden: the library contains its own CUDA runtime, and LibTorch another
// one.
extern "C" __attribute__((visibility("default"))) const McjCudaTable* mcjCudaTable() {
    static const McjCudaTable table = mcj::kernels::makeTable();
    return &table;
}
