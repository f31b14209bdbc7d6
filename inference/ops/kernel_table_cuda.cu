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

// Hidden but for this one: the library carries a CUDA runtime of its own, and LibTorch has another.
extern "C" __attribute__((visibility("default"))) const McjCudaTable* mcjCudaTable() {
    static const McjCudaTable table = mcj::kernels::makeTable();
    return &table;
}
