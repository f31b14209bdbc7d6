#include "inference/engine/torch_engine.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <ATen/ATen.h>

#include "inference/engine/network_memory.h"
#include "inference/engine/torch_errors.h"
#include "inference/engine/torch_feature_map.h"
#include "inference/engine/torch_propagation.h"
#include "inference/model/checkpoint.h"
#include "inference/model/half_precision.h"
#include "inference/model/preprocess.h"
#include "inference/ops/device.h"
#include "inference/ops/label_propagation.h"
#include "inference/ops/standardize.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"
#include "media/io/manifest.h"

namespace mcj {
namespace {

constexpr const char* kFloat32 = "float32";
constexpr const char* kBfloat16 = "bfloat16";

/// Runs torch code and converts its exceptions into `Error`.
template <typename Work>
auto guarded(Work&& work) {
    try {
        const c10::InferenceMode inferenceMode;
        return work();
    } catch (...) {
        throwAsOurs();
    }
}

void requirePair(const Frame& from, const Frame& to) {
    if (from.size() != to.size()) {
        throw Error(ErrorCode::Input, "flow needs two frames of the same size");
    }
}

/// `full`: [1, 2, H, W] in pixels of the padded picture that the network saw of `first`.
FlowField fieldOf(const at::Tensor& full, const FrameFeatures& first) {
    auto vectors =
        full.narrow(2, 0, first.networkSize.height).narrow(3, 0, first.networkSize.width);
    if (first.networkSize != first.frameSize) {
        vectors = at::upsample_bilinear2d(vectors, {first.frameSize.height, first.frameSize.width},
                                          false);
        vectors = vectors * at::tensor({static_cast<float>(first.frameSize.width) /
                                            static_cast<float>(first.networkSize.width),
                                        static_cast<float>(first.frameSize.height) /
                                            static_cast<float>(first.networkSize.height)},
                                       vectors.options())
                                .view({1, 2, 1, 1});
    }
    const auto last = vectors.permute({0, 2, 3, 1}).to(at::kCPU, at::kFloat).contiguous();
    FlowField field(first.frameSize);
    std::copy_n(last.const_data_ptr<float>(), field.vectors.values().size(), field.vectors.data());
    return field;
}

at::Tensor flowTensor(const FlowField& flow) {
    return at::from_blob(const_cast<float*>(flow.vectors.data()),
                         {1, flow.size().height, flow.size().width, 2}, at::kFloat)
        .permute({0, 3, 1, 2});
}

/// The precision to compute in. Throws `Error{Usage}` for an unknown one.
std::string chosenPrecision(const std::string& asked, const c10::Device& device) {
    if (asked != "auto" && asked != kFloat32 && asked != kBfloat16) {
        throw Error(ErrorCode::Usage, "--precision " + asked + ": there is no such precision",
                    "It is auto, float32 or bfloat16.");
    }
    if (!device.is_cpu()) return kFloat32;
    if (asked == "auto") return hasFastBfloat16() ? kBfloat16 : kFloat32;
    return asked;
}

}  // namespace

TorchEngine::TorchEngine(const EngineOptions& options, MemoryGuard memory)
    : device_(chooseDevice(options.device)), maxSidePx_(options.maxSidePx),
      cache_(options.featureCacheBytes / 2), doubledCache_(options.featureCacheBytes / 2),
      memory_(std::move(memory)) {
    // Of the process: an engine that is opened later with 0 gets what the first one would have.
    static const int usualThreads = at::get_num_threads();
    at::set_num_threads(options.threads > 0 ? options.threads : usualThreads);
    info_.precision = chosenPrecision(options.precision, device_);
    const auto path = options.model.empty() ? shippedModelPath() : options.model;
    auto loaded = guarded([&] {
        auto read = loadModel(path);
        // In inference mode as well: weights that are moved outside of it are neither kind of
        // tensor.
        read.model->to(device_);
        if (info_.precision == kBfloat16) useBfloat16(*read.model);
        return read;
    });
    model_ = loaded.model;
    info_.modelPath = path;
    info_.modelSha256 = sha256OfFile(path);
    info_.modelName = model_->config().name;
    info_.mode = model_->config().mode;
    info_.hasFlow = model_->config().hasFlow();
    info_.parameters = model_->parameterCount();
    info_.device = device_.str();
    if (options.device == "auto" && device_.is_cpu()) {
        const UsableGpus gpus = findGpus();
        info_.noGpuReason = gpus.reason;
        info_.noGpuHint = gpus.hint;
    }
    info_.levels = model_->config().encoder.levels();
    const EstimatorConfig& estimator = model_->config().estimator;
    info_.finestFlowLevel = estimator.finestLevel - (estimator.fineWidths.empty() ? 0 : 1);
    info_.coarsestFlowLevel = estimator.coarsestLevel;
    info_.metadata = std::move(loaded.metadata);
}

struct TorchEngine::NetworkPicture {
    at::Tensor image;
    SizePx size;
};

TorchEngine::NetworkPicture TorchEngine::networkPicture(const Frame& frame) const {
    const SizePx size = networkSizeOf(frame.size(), maxSidePx_);
    auto image = imageTensor(frame.rgb).to(device_);
    if (size != frame.size()) {
        image = at::_upsample_bilinear2d_aa(image, {size.height, size.width}, false);
    }
    return {normalizeImages(image), size};
}

const FrameFeatures& TorchEngine::features(const Frame& frame, const StopToken& stop) {
    return cache_.get(frame, [this, &stop](const Frame& f) {
        requireMemoryToEncode(f.size());
        const NetworkPicture picture = networkPicture(f);
        return FrameFeatures{model_->encode(padToMultiple(picture.image), stop), f.size(),
                             picture.size};
    });
}

const FrameFeatures& TorchEngine::doubledFeatures(const Frame& frame, const StopToken& stop) {
    return doubledCache_.get(frame, [this, &stop](const Frame& f) {
        const NetworkPicture picture = networkPicture(f);
        return FrameFeatures{model_->encodeDoubled(picture.image, stop), f.size(), picture.size};
    });
}

void TorchEngine::requireMemoryToEncode(SizePx frame) {
    const EncoderConfig& encoder = model_->config().encoder;
    requireMemory({"encoding",
                   networkSizeOf(frame, maxSidePx_),
                   [&encoder](SizePx size) { return encodingBytes(size, encoder); },
                   {}});
}

void TorchEngine::requireMemoryForFlow(SizePx frame, FlowDetail detail) {
    if (!flowTakesMeasuredBytes(model_->config())) {
        // Other models might need less than was measured. Flow in full detail takes at least as
        // much as encoding the doubled pictures; the pictures themselves are checked when they are
        // encoded.
        if (detail == FlowDetail::Fast) return;
        const EncoderConfig& encoder = model_->config().encoder;
        requireMemory({"flow", networkSizeOf(frame, maxSidePx_),
                       [&encoder](SizePx size) {
                           return encodingBytes({2 * size.width, 2 * size.height}, encoder);
                       },
                       [&encoder](SizePx size) { return encodingBytes(size, encoder); }});
        return;
    }
    const auto bytesBy = [](FlowDetail way) {
        return [way](SizePx size) { return flowBytes(size, way); };
    };
    MemoryRequest request{"flow", networkSizeOf(frame, maxSidePx_), bytesBy(detail), {}};
    if (detail == FlowDetail::Full) request.fastBytes = bytesBy(FlowDetail::Fast);
    requireMemory(request);
}

void TorchEngine::requireMemory(const MemoryRequest& request) {
    if (device_.is_cpu()) memory_.require(request, cache_.bytes() + doubledCache_.bytes());
}

void TorchEngine::checkLevel(int level) const {
    if (level < 1 || level > info_.levels) {
        throw Error(
            ErrorCode::Usage, "--level " + std::to_string(level) + ": there is no such level",
            "Levels are 1 to " + std::to_string(info_.levels) + "; level l has stride 2^l.");
    }
}

at::Tensor TorchEngine::levelMap(const FrameFeatures& f, int level) const {
    const auto& map = f.pyramid.level(level);
    const auto cells = [&](int side) { return (side + (1 << level) - 1) >> level; };
    return map.narrow(2, 0, cells(f.networkSize.height)).narrow(3, 0, cells(f.networkSize.width));
}

at::Tensor TorchEngine::comparableMap(const FrameFeatures& f, int level) const {
    const auto map = levelMap(f, level);
    // A single cell cannot be standardised.
    return map.size(2) * map.size(3) > 1 ? standardizedChannels(map) : map;
}

at::Tensor TorchEngine::propagationMap(const FrameFeatures& f, int level) const {
    const auto map = comparableMap(f, level);
    // A single cell has the whole picture below it, which averages to nothing.
    if (level == 1 || map.size(2) * map.size(3) == 1) return map;
    return joinLevels(map, comparableMap(f, level - 1));
}

at::Tensor TorchEngine::flowOnLevel(const FlowField& flow, SizePx network, int level) const {
    const SizePx frame = flow.size();
    auto vectors = flowTensor(flow).to(device_).nan_to_num(0.0);
    if (network != frame) {
        vectors = at::_upsample_bilinear2d_aa(vectors, {network.height, network.width}, false);
        const auto scale = at::tensor({static_cast<float>(network.width) / frame.width,
                                       static_cast<float>(network.height) / frame.height},
                                      vectors.options())
                               .view({1, 2, 1, 1});
        vectors = vectors * scale;
    }
    const std::int64_t stride = 1 << level;
    // The last cells may reach into the padding: average the part inside the picture.
    return at::avg_pool2d(vectors, {stride, stride}, {stride, stride}, {0, 0}, true, false) /
           static_cast<double>(stride);
}

FlowField TorchEngine::flow(const FramePtr& from, const FramePtr& to, FlowDetail detail,
                            const StopToken& stop) {
    requirePair(*from, *to);
    requireMemoryForFlow(from->size(), detail);
    return guarded([&] {
        const auto first = features(*from, stop);
        const auto second = features(*to, stop);
        const auto coarse =
            model_->estimateFlow(first.pyramid, second.pyramid, LevelGradients::AsConfigured, stop);
        auto full = coarse.full;
        if (detail == FlowDetail::Full) {
            const auto& firstDoubled = doubledFeatures(*from, stop);
            const auto& secondDoubled = doubledFeatures(*to, stop);
            full = model_->refineFlow(firstDoubled.pyramid, secondDoubled.pyramid, coarse, stop);
        }
        return fieldOf(full, first);
    });
}

FlowField TorchEngine::flowAtLevel(const FramePtr& from, const FramePtr& to, int level,
                                   const StopToken& stop) {
    requirePair(*from, *to);
    if (level < info_.finestFlowLevel || level > info_.coarsestFlowLevel) {
        throw Error(ErrorCode::Usage, "there is no flow at level " + std::to_string(level),
                    "The model estimates it at the levels " +
                        std::to_string(info_.finestFlowLevel) + " to " +
                        std::to_string(info_.coarsestFlowLevel) + ".");
    }
    requireMemoryForFlow(from->size(), FlowDetail::Fast);
    return guarded([&] {
        const auto first = features(*from, stop);
        const auto second = features(*to, stop);
        const auto pyramid =
            model_->estimateFlow(first.pyramid, second.pyramid, LevelGradients::AsConfigured, stop);
        return fieldOf(pyramid.enlarged(level), first);
    });
}

FeatureMapPtr TorchEngine::featureMap(const FramePtr& frame, int level, const StopToken& stop) {
    checkLevel(level);
    return guarded([&]() -> FeatureMapPtr {
        const auto all = features(*frame, stop);
        return std::make_shared<const TorchFeatureMap>(comparableMap(all, level), level,
                                                       all.frameSize, all.networkSize);
    });
}

ScalarMap TorchEngine::featureError(const FeatureMap& first, const FeatureMap& second,
                                    const FlowField& flow) {
    const TorchFeatureMap& a = torchFeatureMap(first);
    const TorchFeatureMap& b = torchFeatureMap(second);
    if (a.frame != b.frame || a.frame != flow.size()) {
        throw Error(ErrorCode::Input, "feature error needs frames and flow of the same size");
    }
    auto map = guarded([&] {
        const auto cells = flowOnLevel(flow, a.network, a.level);
        const auto warped = warp(b.map, cells, kernels::Border::Clamp);
        const auto cosine = at::cosine_similarity(a.map, warped, 1, 1e-12).unsqueeze(1);
        return toScalarMap(drawCells(1.0 - cosine, a),
                           ScalarMap(a.frame, "feature error", "1 - cosine", 0.0F, 1.0F));
    });
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const PointF f = flow.at(y, x);
            const float tx = static_cast<float>(x) + f.x;
            const float ty = static_cast<float>(y) + f.y;
            // Written so that unknown flow fails it as well.
            const bool inside = tx >= 0 && ty >= 0 &&
                                tx <= static_cast<float>(flow.size().width - 1) &&
                                ty <= static_cast<float>(flow.size().height - 1);
            if (!inside) map.values.at(y, x) = std::numeric_limits<float>::quiet_NaN();
        }
    }
    return map;
}

SimilarityResult TorchEngine::similarity(const FeatureMap& query, PointF where,
                                         const FeatureMap& target) {
    return guarded(
        [&] { return similarityOfPoint(torchFeatureMap(query), where, torchFeatureMap(target)); });
}

SimilarityResult TorchEngine::similarityOfRegion(const FeatureMap& query,
                                                 const Raster<std::uint8_t>& inside,
                                                 const FeatureMap& target) {
    return guarded([&] {
        return similarityOfPixels(torchFeatureMap(query), inside, torchFeatureMap(target));
    });
}

FeatureMoments TorchEngine::featureMoments(const FeatureMap& features, const StopToken& stop) {
    return guarded([&] { return momentsOf(torchFeatureMap(features), stop); });
}

Raster<float> TorchEngine::projectFeatures(const FeatureMap& features,
                                           const FeatureProjection& projection) {
    return guarded([&] { return projectionOf(torchFeatureMap(features), projection); });
}

LabelFeatures TorchEngine::meanFeatures(const FeatureMap& features,
                                        const Raster<std::uint8_t>& labels) {
    return guarded([&] { return meansOfLabels(torchFeatureMap(features), labels); });
}

std::unique_ptr<LabelPropagation> TorchEngine::startPropagation(
    const LabelPropagationOptions& options) {
    checkLevel(options.level);
    return std::make_unique<TorchPropagation>(*this, options);
}

WorkEstimate TorchEngine::estimate(SizePx size, FlowDetail detail) {
    double& secsPerPx = secsPerPx_[detail];
    if (secsPerPx == 0.0) {
        guarded([&] {
            const auto picture = at::zeros({1, 3, 192, 256}, at::TensorOptions(device_));
            double best = 1e30;
            for (int i = 0; i < 2; ++i) {
                const auto start = std::chrono::steady_clock::now();
                const auto pyramid = model_->encode(picture);
                if (info_.hasFlow) {
                    const auto coarse = model_->estimateFlow(pyramid, pyramid);
                    auto full = coarse.full;
                    if (detail == FlowDetail::Full) {
                        const auto doubled = model_->encodeDoubled(picture);
                        full = model_->refineFlow(doubled, doubled, coarse);
                    }
                    (void)full.to(at::kCPU);  // waits for the device
                }
                const std::chrono::duration<double> spent =
                    std::chrono::steady_clock::now() - start;
                best = std::min(best, spent.count());
            }
            secsPerPx = best / (192.0 * 256.0);
        });
    }
    const SizePx network = networkSizeOf(size, maxSidePx_);
    return {secsPerPx * static_cast<double>(network.area()),
            kLoadedEngineBytes + flowBytes(network, detail)};
}

}  // namespace mcj

extern "C" __attribute__((visibility("default"))) mcj::InferenceEngine* mcjCreateEngine(
    const mcj::EngineOptions& options) {
    return std::make_unique<mcj::TorchEngine>(options).release();
}
