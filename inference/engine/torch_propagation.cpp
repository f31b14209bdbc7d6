#include "inference/engine/torch_propagation.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "inference/engine/torch_errors.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

constexpr std::uint8_t kVoidLabel = 255;

}  // namespace

TorchPropagation::TorchPropagation(TorchEngine& engine, const LabelPropagationOptions& options)
    : engine_(engine), options_(options) {
    if (options.contextFrames < 0 || options.radiusCells < 1 || options.topK < 1 ||
        options.topK > 32 || !(options.temperature > 0)) {
        throw Error(ErrorCode::Usage, "the propagation settings are invalid",
                    "--context-frames must be at least 0, --radius at least 1, --top-k 1 to 32 and "
                    "--temperature above 0.");
    }
}

PropagationFeatures TorchPropagation::prepare(const Frame& frame, const StopToken& stop) {
    const c10::InferenceMode inferenceMode;
    const auto& features = engine_.features(frame, stop);
    return preparePropagation(engine_.propagationMap(features, options_.level),
                              options_.radiusCells);
}

at::Tensor TorchPropagation::oneHot(const Raster<std::uint8_t>& labels, std::int64_t height,
                                    std::int64_t width) {
    auto grid = at::zeros({height, width, static_cast<std::int64_t>(ids_.size())});
    auto cells = grid.accessor<float, 3>();
    const double scaleY = static_cast<double>(labels.height()) / static_cast<double>(height);
    const double scaleX = static_cast<double>(labels.width()) / static_cast<double>(width);
    for (std::int64_t y = 0; y < height; ++y) {
        const int sy = static_cast<int>((static_cast<double>(y) + 0.5) * scaleY);
        for (std::int64_t x = 0; x < width; ++x) {
            const int sx = static_cast<int>((static_cast<double>(x) + 0.5) * scaleX);
            const std::uint8_t id = labels.at(sy, sx);
            // Void has no class: its cells do not vote.
            const auto found = std::find(ids_.begin(), ids_.end(), id);
            if (found != ids_.end()) cells[y][x][found - ids_.begin()] = 1.0F;
        }
    }
    return grid;
}

void TorchPropagation::widenLabels() {
    const auto classes = static_cast<std::int64_t>(ids_.size());
    const auto widen = [&](Remembered& frame) {
        const std::int64_t missing = classes - frame.labels.size(2);
        if (missing > 0) frame.labels = at::constant_pad_nd(frame.labels, {0, missing});
    };
    for (auto& frame : permanent_) widen(frame);
    for (auto& frame : recent_) widen(frame);
}

void TorchPropagation::condition(const FramePtr& frame, const Raster<std::uint8_t>& labels,
                                 const StopToken& stop) try {
    if (labels.size() != frame->size()) {
        throw Error(ErrorCode::Input,
                    "the mask is " + sizeText(labels.size()) + " pixels, but its frame is " +
                        sizeText(frame->size()),
                    "Give a mask of the frame's size, in display orientation.");
    }
    const c10::InferenceMode inferenceMode;
    auto features = prepare(*frame, stop);
    for (const std::uint8_t id : labels.values()) {
        if (id != kVoidLabel && std::find(ids_.begin(), ids_.end(), id) == ids_.end()) {
            ids_.push_back(id);
        }
    }
    widenLabels();
    auto grid = oneHot(labels, features.height, features.width).to(features.planes.device());
    const auto same = std::find_if(permanent_.begin(), permanent_.end(), [&](const auto& kept) {
        return kept.frame->index == frame->index;
    });
    Remembered remembered{frame, std::move(features), std::move(grid)};
    if (same != permanent_.end()) {
        *same = std::move(remembered);
    } else {
        permanent_.push_back(std::move(remembered));
    }
} catch (...) {
    throwAsOurs();
}

TorchPropagation::Remembered TorchPropagation::guided(const Remembered& newest,
                                                      const FramePtr& target,
                                                      const StopToken& stop) {
    const auto flow = engine_.flow(target, newest.frame, FlowDetail::Fast, stop);
    const auto cells =
        engine_.flowOnLevel(flow, engine_.features(*target).networkSize, options_.level);
    const auto map = engine_.propagationMap(engine_.features(*newest.frame), options_.level);
    Remembered moved;
    moved.frame = newest.frame;
    moved.features =
        preparePropagation(warp(map, cells, kernels::Border::Clamp), options_.radiusCells);
    moved.labels =
        warp(newest.labels.permute({2, 0, 1}).unsqueeze(0), cells, kernels::Border::Clamp)
            .squeeze(0)
            .permute({1, 2, 0})
            .contiguous();
    return moved;
}

PropagatedLabels TorchPropagation::step(const FramePtr& frame, const StopToken& stop) try {
    if (permanent_.empty()) {
        throw Error(ErrorCode::Usage, "propagation needs a mask to start from");
    }
    const c10::InferenceMode inferenceMode;
    auto target = prepare(*frame, stop);
    const Remembered& newest = recent_.empty() ? permanent_.back() : recent_.back();
    Remembered moved;
    if (options_.guideByFlow) moved = guided(newest, frame, stop);
    std::vector<const PropagationFeatures*> context;
    std::vector<at::Tensor> labels;
    const auto add = [&](const Remembered& remembered) {
        const bool replaced = options_.guideByFlow && &remembered == &newest;
        const Remembered& used = replaced ? moved : remembered;
        context.push_back(&used.features);
        labels.push_back(used.labels);
    };
    for (const auto& remembered : permanent_) add(remembered);
    for (const auto& remembered : recent_) add(remembered);
    auto soft = propagateLabels(target, context, labels,
                                {options_.topK, static_cast<double>(options_.temperature)}, stop);
    auto result = decide(soft, *frame);
    if (options_.contextFrames > 0) {
        recent_.push_back({frame, std::move(target), std::move(soft)});
        if (recent_.size() > static_cast<std::size_t>(options_.contextFrames)) recent_.pop_front();
    }
    return result;
} catch (...) {
    throwAsOurs();
}

PropagatedLabels TorchPropagation::decide(const at::Tensor& soft, const Frame& frame) {
    const auto& features = engine_.features(frame);
    const std::int64_t stride = 1 << options_.level;
    auto maps = soft.permute({2, 0, 1}).unsqueeze(0).to(at::kCPU);
    // Probabilities are upsampled, not labels, so that edges stay smooth (DINO's protocol).
    maps = at::upsample_bilinear2d(maps, {maps.size(2) * stride, maps.size(3) * stride}, false)
               .narrow(2, 0, features.networkSize.height)
               .narrow(3, 0, features.networkSize.width);
    if (features.networkSize != features.frameSize) {
        maps = at::upsample_bilinear2d(maps, {frame.size().height, frame.size().width}, false);
    }
    const auto low = maps.amin({2, 3}, true);
    const auto high = maps.amax({2, 3}, true);
    const auto scaled = at::where(high > 0, (maps - low) / (high - low).clamp_min(1e-12), maps);
    const auto winners = scaled.argmax(1).squeeze(0).to(at::kByte).contiguous();
    PropagatedLabels result;
    const SizePx network = features.networkSize;
    result.cellPx = static_cast<float>(stride * std::max(frame.size().width, frame.size().height)) /
                    static_cast<float>(std::max(network.width, network.height));
    const auto cells = soft.flatten(0, 1).to(at::kCPU);
    const auto peaks = cells.amax(0).contiguous();
    const auto sums = cells.sum(0).contiguous();
    const float* peak = peaks.const_data_ptr<float>();
    const float* sum = sums.const_data_ptr<float>();
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        result.votes.push_back({ids_[i], peak[i], sum[i]});
    }
    result.labels = Raster<std::uint8_t>(frame.size(), 1);
    const std::uint8_t* classes = winners.const_data_ptr<std::uint8_t>();
    for (std::size_t i = 0; i < result.labels.values().size(); ++i) {
        result.labels.values()[i] = ids_[classes[i]];
    }
    result.confidence = ScalarMap(frame.size(), "confidence", "1", 0.0F, 1.0F);
    if (scaled.size(1) < 2) {
        std::fill(result.confidence.values.values().begin(),
                  result.confidence.values.values().end(), 1.0F);
        return result;
    }
    const auto [best, order] = scaled.topk(2, 1);
    // With equal shares `topk` may name the winner second: then the first is the other one.
    const auto first = order.select(1, 0).squeeze(0);
    const auto other = at::where(first == winners, order.select(1, 1).squeeze(0), first)
                           .to(at::kByte)
                           .contiguous();
    result.second = Raster<std::uint8_t>(frame.size(), 1);
    for (std::size_t i = 0; i < result.second.values().size(); ++i) {
        result.second.values()[i] = ids_[other.const_data_ptr<std::uint8_t>()[i]];
    }
    const auto margin = (best.select(1, 0) - best.select(1, 1)).contiguous();
    std::copy_n(margin.const_data_ptr<float>(), result.confidence.values.values().size(),
                result.confidence.values.data());
    return result;
}

}  // namespace mcj
