#include "inference/ops/cuda_ops.h"

#include <algorithm>
#include <initializer_list>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "inference/ops/cuda_library.h"
#include "inference/ops/map_layout.h"
#include "media/base/error.h"

// Compiled by the C++ compiler and not linked to CUDA's libraries: tensors, devices and streams are
// used through LibTorch's device-neutral interface, kernels through libmcj_cuda's table.
namespace mcj::cuda {
namespace {

using kernels::CudaLaunchers;
using kernels::CudaPlace;
using kernels::MapShape;

/// The type that an op on `tensor` is computed in. Half types go through float: the kernels sum
/// hundreds of products, which half types cannot hold.
at::ScalarType computedIn(const at::Tensor& tensor, const char* operation) {
    switch (tensor.scalar_type()) {
    case at::kDouble: return at::kDouble;
    case at::kFloat:
    case at::kHalf:
    case at::kBFloat16: return at::kFloat;
    default:
        throw Error(ErrorCode::Usage, std::string(operation) +
                                          ": takes float, double, half "
                                          "and bfloat16, not " +
                                          at::toString(tensor.scalar_type()));
    }
}

at::Tensor asPlanes(const at::Tensor& map, at::ScalarType type) {
    return map.to(type).contiguous();
}

/// [B, C, H, W] in any layout as contiguous [B, H, W, C].
at::Tensor asRows(const at::Tensor& map, at::ScalarType type) {
    return map.to(type).permute({0, 2, 3, 1}).contiguous();
}

/// Contiguous [B, H, W, C] as [B, C, H, W] of `type`.
at::Tensor fromRows(const at::Tensor& rows, at::ScalarType type) {
    return rows.permute({0, 3, 1, 2}).to(type);
}

void requireTogether(const char* operation, std::initializer_list<at::Tensor> tensors) {
    const auto device = tensors.begin()->device();
    for (const at::Tensor& tensor : tensors) {
        if (tensor.device() != device) {
            throw Error(ErrorCode::Usage, std::string(operation) + ": one input is on " +
                                              device.str() + ", another on " +
                                              tensor.device().str());
        }
    }
}

CudaPlace placeOf(const c10::Device& device) {
    const c10::Stream stream = c10::impl::VirtualGuardImpl(c10::kCUDA).getStream(device);
    return {device.index(), stream.native_handle()};
}

/// Calls launch(launchers of `type`, place) with the device of `on` current.
template <typename Launch>
void run(const char* operation, const at::Tensor& on, at::ScalarType type, const Launch& launch) {
    const McjCudaTable& table = cudaTable();
    const c10::DeviceGuard guard(on.device());
    const CudaPlace place = placeOf(on.device());
    checkCuda(type == at::kDouble ? launch(table.twice, place) : launch(table.single, place),
              operation);
}

}  // namespace

at::Tensor costVolumeForward(const at::Tensor& first, const at::Tensor& second) {
    constexpr const char* kName = "costVolume";
    requireTogether(kName, {first, second});
    const auto type = computedIn(first, kName);
    const auto shape = shapeOf(first);
    const auto a = asPlanes(first, type);
    const auto b = asPlanes(second, type);
    const auto out =
        at::empty({shape.batch, kernels::kCostChannels, shape.height, shape.width}, a.options());
    run(kName, a, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
        return use.costVolume(a.const_data_ptr<Real>(), b.const_data_ptr<Real>(), shape,
                              out.data_ptr<Real>(), place);
    });
    return out.to(first.scalar_type());
}

std::pair<at::Tensor, at::Tensor> costVolumeBackward(const at::Tensor& gradOut,
                                                     const at::Tensor& first,
                                                     const at::Tensor& second, bool needFirst,
                                                     bool needSecond) {
    constexpr const char* kName = "costVolume's gradient";
    requireTogether(kName, {gradOut, first, second});
    const auto type = computedIn(first, kName);
    const auto shape = shapeOf(first);
    const auto g = asPlanes(gradOut, type);
    std::pair<at::Tensor, at::Tensor> result;
    if (needFirst) {
        const auto other = asPlanes(second, type);
        const auto grad = at::empty(other.sizes(), other.options());
        run(kName, g, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
            return use.costVolumeGradFirst(g.const_data_ptr<Real>(), other.const_data_ptr<Real>(),
                                           shape, grad.data_ptr<Real>(), place);
        });
        result.first = grad.to(first.scalar_type());
    }
    if (needSecond) {
        const auto other = asPlanes(first, type);
        const auto grad = at::empty(other.sizes(), other.options());
        run(kName, g, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
            return use.costVolumeGradSecond(g.const_data_ptr<Real>(), other.const_data_ptr<Real>(),
                                            shape, grad.data_ptr<Real>(), place);
        });
        result.second = grad.to(second.scalar_type());
    }
    return result;
}

at::Tensor warpForward(const at::Tensor& image, const at::Tensor& flow, kernels::Border border) {
    constexpr const char* kName = "warp";
    requireTogether(kName, {image, flow});
    const auto type = computedIn(image, kName);
    const auto shape = shapeOf(image);
    const auto a = asRows(image, type);
    const auto f = asRows(flow, type);
    const auto out = at::empty(a.sizes(), a.options());
    run(kName, a, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
        return use.warp(a.const_data_ptr<Real>(), f.const_data_ptr<Real>(), shape, border,
                        out.data_ptr<Real>(), place);
    });
    return fromRows(out, image.scalar_type());
}

std::pair<at::Tensor, at::Tensor> warpBackward(const at::Tensor& gradOut, const at::Tensor& image,
                                               const at::Tensor& flow, kernels::Border border,
                                               bool needImage, bool needFlow) {
    constexpr const char* kName = "warp's gradient";
    requireTogether(kName, {gradOut, image, flow});
    const auto type = computedIn(image, kName);
    const auto shape = shapeOf(image);
    const auto g = asRows(gradOut, type);
    const auto f = asRows(flow, type);
    std::pair<at::Tensor, at::Tensor> result;
    if (needImage) {
        const auto grad = at::zeros(g.sizes(), g.options());
        run(kName, g, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
            return use.warpGradSource(g.const_data_ptr<Real>(), f.const_data_ptr<Real>(), shape,
                                      border, grad.data_ptr<Real>(), place);
        });
        result.first = fromRows(grad, image.scalar_type());
    }
    if (needFlow) {
        const auto a = asRows(image, type);
        const auto grad = at::empty(f.sizes(), f.options());
        run(kName, g, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
            return use.warpGradFlow(g.const_data_ptr<Real>(), a.const_data_ptr<Real>(),
                                    f.const_data_ptr<Real>(), shape, border, grad.data_ptr<Real>(),
                                    place);
        });
        result.second = fromRows(grad, flow.scalar_type());
    }
    return result;
}

at::Tensor splat(const at::Tensor& values, const at::Tensor& flow) {
    constexpr const char* kName = "forwardSplat";
    requireTogether(kName, {values, flow});
    const auto type = computedIn(values, kName);
    const auto shape = shapeOf(values);
    const auto a = asRows(values, type);
    const auto f = asRows(flow, type);
    const auto out = at::zeros(a.sizes(), a.options());
    run(kName, a, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
        // A splat is the transpose of a warp: the same taps, added instead of read.
        return use.warpGradSource(a.const_data_ptr<Real>(), f.const_data_ptr<Real>(), shape,
                                  kernels::Border::Zeros, out.data_ptr<Real>(), place);
    });
    return fromRows(out, values.scalar_type());
}

std::pair<at::Tensor, at::Tensor> consistency(const at::Tensor& forward, const at::Tensor& backward,
                                              double alpha, double beta) {
    constexpr const char* kName = "checkConsistency";
    requireTogether(kName, {forward, backward});
    const auto type = computedIn(forward, kName);
    const auto shape = shapeOf(forward);
    const auto f = asPlanes(forward, type);
    const auto b = asPlanes(backward, type);
    const auto occluded = at::empty({shape.batch, 1, shape.height, shape.width}, f.options());
    const auto error = at::empty(occluded.sizes(), f.options());
    run(kName, f, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
        return use.consistency(f.const_data_ptr<Real>(), b.const_data_ptr<Real>(), shape,
                               static_cast<Real>(alpha), static_cast<Real>(beta),
                               occluded.data_ptr<Real>(), error.data_ptr<Real>(), place);
    });
    return {occluded.to(forward.scalar_type()), error.to(forward.scalar_type())};
}

at::Tensor cosineMap(const at::Tensor& features, const at::Tensor& query) {
    constexpr const char* kName = "cosineMap";
    requireTogether(kName, {features, query});
    const auto type = computedIn(features, kName);
    const MapShape shape{1, features.size(2), features.size(0), features.size(1)};
    const auto f = asPlanes(features, type);
    const auto q = asPlanes(query, type);
    const auto out = at::empty({shape.height, shape.width}, f.options());
    run(kName, f, type, [&]<typename Real>(const CudaLaunchers<Real>& use, CudaPlace place) {
        return use.cosine(f.const_data_ptr<Real>(), q.const_data_ptr<Real>(), shape,
                          out.data_ptr<Real>(), place);
    });
    return out.to(features.scalar_type());
}

at::Tensor propagateLabels(const at::Tensor& target, const std::vector<at::Tensor>& context,
                           const std::vector<at::Tensor>& labels,
                           const kernels::PropagationShape& shape) {
    constexpr const char* kName = "propagateLabels";
    // Scores of a band of rows: more bands than this size needs would leave the GPU idle between
    // launches, and a larger one would fall out of its second-level cache.
    constexpr std::int64_t kScratchFloats = std::int64_t{64} * 1024 * 1024 / 4;
    std::vector<const float*> features;
    for (const at::Tensor& planes : context) {
        requireTogether(kName, {target, planes});
        features.push_back(planes.const_data_ptr<float>());
    }
    kernels::CudaPropagation work;
    const auto stacked = at::stack(labels).to(target.device(), at::kFloat).contiguous();
    const auto out = at::empty({shape.height, shape.width, shape.classes}, stacked.options());
    work.target = target.const_data_ptr<float>();
    work.features = features.data();
    work.labels = stacked.const_data_ptr<float>();
    work.contexts = static_cast<std::int64_t>(context.size());
    work.shape = shape;
    const std::int64_t row = shape.width * kernels::propagationEntries(shape.radius, work.contexts);
    const std::int64_t rows =
        std::clamp<std::int64_t>(kScratchFloats / std::max<std::int64_t>(1, row), 1,
                                 std::max<std::int64_t>(1, shape.height));
    const auto scratch = at::empty({rows * row}, out.options());
    work.scratch = scratch.data_ptr<float>();
    work.scratchFloats = scratch.numel();
    work.out = out.data_ptr<float>();
    const McjCudaTable& table = cudaTable();
    const c10::DeviceGuard guard(target.device());
    checkCuda(table.propagateLabels(work, placeOf(target.device())), kName);
    return out;
}

}  // namespace mcj::cuda
