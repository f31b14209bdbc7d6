#include "training/linear_probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/optim/adamw.h>

#include "media/base/error.h"
#include "media/base/label_runs.h"
#include "training/sample_rng.h"

namespace mcj {
namespace {

constexpr double kPolyPower = 0.9;

void tell(const ProbeReport& report, const ProbeProgress& progress) {
    if (report && !report(progress)) {
        throw Error(ErrorCode::Interrupted, "the probe was stopped; nothing was written");
    }
}

at::Tensor resized(const at::Tensor& scores, SizePx size) {
    if (scores.size(1) == size.height && scores.size(2) == size.width) return scores;
    const at::Tensor rows = resizeMatrix(scores.size(1), size.height, scores.device());
    const at::Tensor columns = resizeMatrix(scores.size(2), size.width, scores.device());
    return at::matmul(at::matmul(rows, scores), columns.t());
}

/// The pictures of successive steps: a new order for every round, keyed by seed and round.
class PictureOrder {
public:
    PictureOrder(std::vector<std::size_t> pictures, std::uint64_t seed)
        : pictures_(std::move(pictures)), order_(pictures_), at_(pictures_.size()), seed_(seed) {}

    [[nodiscard]] std::size_t next() {
        if (at_ == order_.size()) shuffle();
        return order_[at_++];
    }

private:
    void shuffle() {
        SampleRng rng(seed_, round_++, 0);
        order_ = pictures_;
        for (std::size_t i = order_.size(); i > 1; --i) {
            const int other = rng.integer(0, static_cast<int>(i) - 1);
            std::swap(order_[i - 1], order_[static_cast<std::size_t>(other)]);
        }
        at_ = 0;
    }

    std::vector<std::size_t> pictures_;
    std::vector<std::size_t> order_;
    std::size_t at_;
    std::uint64_t seed_;
    std::uint64_t round_ = 0;
};

torch::optim::AdamW makeOptimizer(ProbeHead& head, const ProbeOptions& options) {
    using torch::optim::AdamWOptions;
    const auto group = [&](std::vector<at::Tensor> parameters, double decay) {
        return torch::optim::OptimizerParamGroup(
            std::move(parameters),
            std::make_unique<AdamWOptions>(AdamWOptions(options.learningRate).weight_decay(decay)));
    };
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.push_back(group(head.weights(), options.weightDecay));
    groups.push_back(group({head.bias()}, 0.0));
    return torch::optim::AdamW(std::move(groups));
}

void setLearningRate(torch::optim::AdamW& optimizer, double rate) {
    for (auto& group : optimizer.param_groups()) {
        static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
    }
}

}  // namespace

at::Tensor resizeMatrix(std::int64_t from, std::int64_t to, at::Device device) {
    at::Tensor matrix = at::zeros({to, from});
    auto weights = matrix.accessor<float, 2>();
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    for (std::int64_t i = 0; i < to; ++i) {
        const double place = std::max(0.0, (static_cast<double>(i) + 0.5) * scale - 0.5);
        const auto before = std::min(static_cast<std::int64_t>(place), from - 1);
        const auto share = static_cast<float>(place - static_cast<double>(before));
        weights[i][before] += 1.0F - share;
        weights[i][std::min(before + 1, from - 1)] += share;
    }
    return matrix.to(device);
}

ProbeHead::ProbeHead(const std::vector<std::int64_t>& channels, int classes, at::Device device) {
    const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
    for (const std::int64_t count : channels) {
        weights_.push_back(at::zeros({classes, count}, options).requires_grad_());
        means_.push_back(at::zeros({count, 1}, options));
        inverseScales_.push_back(at::ones({1, count}, options));
    }
    bias_ = at::zeros({classes, 1}, options).requires_grad_();
}

std::int64_t ProbeHead::channels() const {
    std::int64_t sum = 0;
    for (const at::Tensor& weight : weights_) sum += weight.size(1);
    return sum;
}

void ProbeHead::standardise(ProbeSet& set, const std::vector<std::size_t>& which) {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> sums(weights_.size());
    std::vector<at::Tensor> squares(weights_.size());
    std::vector<double> positions(weights_.size(), 0.0);
    for (const std::size_t picture : which) {
        const FeatureMaps maps = set.features(picture);
        for (std::size_t m = 0; m < maps.size(); ++m) {
            // Double, because the square of the mean is subtracted from the mean of the squares.
            const at::Tensor values = maps[m].flatten(1).to(at::kDouble);
            const at::Tensor sum = values.sum(1);
            const at::Tensor square = values.square().sum(1);
            sums[m] = sums[m].defined() ? sums[m] + sum : sum;
            squares[m] = squares[m].defined() ? squares[m] + square : square;
            positions[m] += static_cast<double>(values.size(1));
        }
    }
    for (std::size_t m = 0; m < weights_.size(); ++m) {
        const at::Tensor mean = sums[m] / positions[m];
        const at::Tensor deviation =
            (squares[m] / positions[m] - mean.square()).clamp_min(0).sqrt();
        if (!at::isfinite(deviation).all().item<bool>()) {
            throw Error(ErrorCode::Input, "the model's features are NaN or infinite",
                        "Its weights are damaged, or from a training run that diverged.");
        }
        // Below this a channel's deviation is the rounding error of its mean.
        const at::Tensor varies = deviation > mean.abs() * 1e-6 + 1e-12;
        means_[m] = mean.to(at::kFloat).unsqueeze(1);
        inverseScales_[m] = at::where(varies, 1.0 / deviation, at::zeros_like(deviation))
                                .to(at::kFloat)
                                .unsqueeze(0);
    }
}

at::Tensor ProbeHead::forward(const FeatureMaps& maps, SizePx grid) const {
    at::Tensor scores;
    for (std::size_t m = 0; m < maps.size(); ++m) {
        // Standardising is folded into the convolution.
        const at::Tensor weight = weights_[m] * inverseScales_[m];
        const at::Tensor onMap =
            at::matmul(weight, maps[m].flatten(1)) - at::matmul(weight, means_[m]);
        const at::Tensor onGrid = resized(onMap.view({-1, maps[m].size(1), maps[m].size(2)}), grid);
        scores = scores.defined() ? scores + onGrid : onGrid;
    }
    return scores + bias_.unsqueeze(2);
}

std::vector<ProbeSplit> contiguousFolds(std::size_t pictures, int folds) {
    if (folds < 2 || static_cast<std::size_t>(folds) > pictures) {
        throw Error(ErrorCode::Usage,
                    "--folds " + std::to_string(folds) + ": there are " + std::to_string(pictures) +
                        " labelled images",
                    "Use at least 2 folds, and at most as many as there are images.");
    }
    const auto count = static_cast<std::size_t>(folds);
    std::vector<ProbeSplit> splits(count);
    for (std::size_t fold = 0; fold < count; ++fold) {
        const std::size_t begin = pictures * fold / count;
        const std::size_t end = pictures * (fold + 1) / count;
        for (std::size_t i = 0; i < pictures; ++i) {
            (begin <= i && i < end ? splits[fold].test : splits[fold].train).push_back(i);
        }
    }
    return splits;
}

ProbeHead trainProbe(ProbeSet& set, const std::vector<std::size_t>& pictures,
                     const ProbeOptions& options, const ProbeReport& report) {
    std::vector<std::size_t> labelled;
    std::vector<std::int64_t> channels;
    for (const std::size_t picture : pictures) {
        // The mean over the cells of a batch needs one that has a class.
        const at::Tensor hasClass = set.cellLabels(picture) != kVoidLabel;
        if (hasClass.any().item<bool>()) labelled.push_back(picture);
    }
    if (labelled.empty()) {
        throw Error(ErrorCode::Input, "every label of the training images is void",
                    "Check --void of `mcjepa pack`.");
    }
    const auto total = static_cast<std::int64_t>(labelled.size());
    for (std::int64_t i = 0; i < total; ++i) {
        tell(report, {ProbePhase::Features, i, total});
        const FeatureMaps maps = set.features(labelled[static_cast<std::size_t>(i)]);
        if (!channels.empty()) continue;
        for (const at::Tensor& map : maps) channels.push_back(map.size(0));
    }
    ProbeHead head(channels, set.classes(), set.options().device);
    head.standardise(set, labelled);
    torch::optim::AdamW optimizer = makeOptimizer(head, options);
    PictureOrder order(labelled, options.seed);
    const int reportEvery = std::max(1, options.steps / 50);
    for (int step = 0; step < options.steps; ++step) {
        const double left = 1.0 - static_cast<double>(step) / options.steps;
        setLearningRate(optimizer, options.learningRate * std::pow(left, kPolyPower));
        std::vector<at::Tensor> scores;
        std::vector<at::Tensor> truth;
        for (int i = 0; i < std::min<int>(options.batch, static_cast<int>(total)); ++i) {
            const std::size_t picture = order.next();
            const at::Tensor grid = head.forward(set.features(picture), set.grid(picture));
            scores.push_back(grid.flatten(1).t());
            truth.push_back(set.cellLabels(picture));
        }
        const at::Tensor loss = at::cross_entropy_loss(at::cat(scores), at::cat(truth), {},
                                                       at::Reduction::Mean, kVoidLabel);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        ProbeProgress progress{ProbePhase::Training, step + 1, options.steps};
        if ((step + 1) % reportEvery == 0) progress.loss = loss.item<double>();
        tell(report, progress);
    }
    return head;
}

ConfusionMatrix scoreProbe(ProbeSet& set, const std::vector<std::size_t>& pictures,
                           const ProbeHead& head, const ProbeReport& report) {
    const at::NoGradGuard noGrad;
    ConfusionMatrix matrix(set.classes(), set.options().device);
    const int cell = 1 << set.options().gridLevel;
    const auto total = static_cast<std::int64_t>(pictures.size());
    for (std::int64_t i = 0; i < total; ++i) {
        tell(report, {ProbePhase::Scoring, i, total});
        const std::size_t picture = pictures[static_cast<std::size_t>(i)];
        const SizePx grid = set.grid(picture);
        const at::Tensor scores = head.forward(set.features(picture), grid);
        const at::Tensor truth = set.labels(picture);
        // The grid covers the padded picture; the labels are its upper left part.
        const at::Tensor full = resized(scores, {grid.width * cell, grid.height * cell})
                                    .narrow(1, 0, truth.size(0))
                                    .narrow(2, 0, truth.size(1));
        matrix.add(full.argmax(0), truth);
    }
    return matrix;
}

}  // namespace mcj
