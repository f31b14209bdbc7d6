// Runs the losses and one optimiser step on a case of
// tests/reference/mcjepa_reference/loss_parity.py, which names inputs and outputs, and writes what
// it compares:
//   loss_parity_dump MODEL CASE OUT fp64|fp32 [cpu|cuda]

#include <array>
#include <cstdio>
#include <string>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/adamw.h>

#include "inference/model/checkpoint.h"
#include "inference/ops/device.h"
#include "media/base/error.h"
#include "training/augmentation_regularization.h"
#include "training/collective.h"
#include "training/crop_supervision.h"
#include "training/gradients.h"
#include "training/known_motion_loss.h"
#include "training/motion_matching_loss.h"
#include "training/objectives.h"
#include "training/optimizer.h"

namespace {

using Tensors = std::map<std::string, at::Tensor>;

struct Case {
    Tensors given;     ///< in the precision under test
    Tensors settings;  ///< always double
    [[nodiscard]] const at::Tensor& at(const std::string& name) const { return given.at(name); }
    [[nodiscard]] double setting(const std::string& name, std::int64_t index = 0) const {
        return settings.at(name).flatten()[index].item<double>();
    }
    [[nodiscard]] std::vector<mcj::LevelVc> vc() const {
        std::vector<mcj::LevelVc> levels;
        for (std::int64_t i = 0; i < mcj::kLevels; ++i) {
            levels.push_back({setting("vc", 2 * i), setting("vc", 2 * i + 1)});
        }
        return levels;
    }
    [[nodiscard]] mcj::GroupRate rate(const std::string& name) const {
        return {setting(name, 0), setting(name, 1)};
    }
};

Case readCase(const std::string& path, at::ScalarType type, at::Device device) {
    Case read;
    for (const auto& [name, tensor] : mcj::readTensors(path).tensors) {
        if (name.starts_with("set.")) {
            read.settings[name.substr(4)] = tensor;
        } else {
            read.given[name] = tensor.to(device, type);
        }
    }
    return read;
}

/// Inputs that gradients are taken to.
class Leaves {
public:
    const at::Tensor& add(const Case& given, const std::string& name) {
        names_.push_back(name);
        tensors_.push_back(given.at(name).detach().clone().requires_grad_());
        return tensors_.back();
    }
    void record(Tensors& out, const std::string& group, const at::Tensor& value) const {
        out["value:" + group + ":value"] = value.detach().view({1});
        const auto gradients = torch::autograd::grad({value}, tensors_, {}, /*retain_graph=*/true,
                                                     /*create_graph=*/false, /*allow_unused=*/true);
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (!gradients[i].defined()) continue;
            out["grad:" + group + ":" + names_[i]] = gradients[i].contiguous();
        }
    }

private:
    std::vector<std::string> names_;
    std::vector<at::Tensor> tensors_;
};

mcj::FlowPyramid flowOf(const Case& given, Leaves& leaves, const std::string& way) {
    mcj::FlowPyramid flow;
    for (int level = 2; level <= mcj::kLevels; ++level) {
        flow.levels[level] = leaves.add(given, "flow." + way + "." + std::to_string(level));
    }
    flow.full = leaves.add(given, "flow." + way + ".full");
    return flow;
}

mcj::FeaturePyramid featuresOf(const Case& given, Leaves& leaves, const std::string& frame) {
    mcj::FeaturePyramid features;
    for (int level = 1; level <= mcj::kLevels; ++level) {
        features.level(level) = leaves.add(given, "feature." + frame + "." + std::to_string(level));
    }
    return features;
}

/// One loss at a time, under the names of loss_parity.SINGLE.
std::map<std::string, mcj::FlowLossSettings> singleLosses(const Case& given) {
    mcj::FlowLossSettings off;
    off.regression = off.l1 = off.l2 = off.ssim = off.smooth = off.cycle = 0.0;
    std::map<std::string, mcj::FlowLossSettings> one;
    for (const char* name : {"regression", "cycle", "l1", "l2", "ssim", "census7", "census3",
                             "smooth1", "smooth2", "vc", "levels", "arflow", "floor"}) {
        one[name] = off;
    }
    one["regression"].regression = one["l1"].l1 = one["l2"].l2 = one["ssim"].ssim = 1.0;
    one["cycle"].cycle = 0.2;
    one["census7"].census = one["census3"].census = 1.0;
    one["census3"].censusRadius = 1;
    one["smooth1"].smooth = 50.0;
    one["smooth2"].smooth = 75.0;
    one["smooth2"].smoothOrder = 2;
    one["vc"].vc = given.vc();
    one["levels"].l1 = one["levels"].ssim = 1.0;
    one["levels"].levelWeights = {1.0, 0.5, 0.0, 0.25};
    one["arflow"].l1 = 0.15;
    one["arflow"].ssim = 0.85;
    one["arflow"].levelWeights = {1.0, 1.0, 1.0, 1.0, 0.0};
    one["floor"].l1 = one["floor"].regression = 1.0;
    one["floor"].occlusionFloor = given.setting("floor");
    return one;
}

void dumpFlowLosses(const Case& given, Tensors& out) {
    mcj::SingleProcess alone;
    Leaves leaves;
    const auto first = leaves.add(given, "image.1");
    const auto second = leaves.add(given, "image.2");
    const auto firstFeatures = featuresOf(given, leaves, "1");
    const auto secondFeatures = featuresOf(given, leaves, "2");
    const auto forward = flowOf(given, leaves, "12");
    const auto backward = flowOf(given, leaves, "21");
    const mcj::FlowPass pass{first, second, firstFeatures, secondFeatures, forward, backward};
    for (const auto& [use, suffix] : {std::pair{mcj::OcclusionUse::OutsideOnly, "-outside"},
                                      std::pair{mcj::OcclusionUse::ForwardBackward, "-both"},
                                      std::pair{mcj::OcclusionUse::RangeMap, "-range"}}) {
        for (const auto& [name, settings] : singleLosses(given)) {
            const auto terms = mcj::selfSupervisedFlowLoss(pass, settings, use, 1.0, alone);
            leaves.record(out, name + suffix, terms.total);
        }
    }
}

void dumpKnownMotion(const Case& given, Tensors& out) {
    mcj::SingleProcess alone;
    Leaves leaves;
    const auto first = featuresOf(given, leaves, "1");
    const auto second = featuresOf(given, leaves, "2");
    const auto estimate = flowOf(given, leaves, "12");
    const auto& mask = given.at("view.mask");
    leaves.record(out, "motion",
                  mcj::knownMotionLoss(estimate, given.at("view.flow"), mask, alone).total);
    mcj::MatchingSettings settings;
    settings.weight = 2.0;  // of two levels
    settings.levels = {3, 4};
    const auto terms =
        mcj::motionMatchingLoss(first, second, given.at("flow.12.full"), mask, settings, alone);
    for (const auto& [name, value] : terms.parts) leaves.record(out, name, value);
}

void dumpVicreg(const Case& given, Tensors& out) {
    mcj::SingleProcess alone;
    for (const std::string shape : {"wide", "tall"}) {
        Leaves leaves;
        const auto first = leaves.add(given, shape + ".1");
        const auto second = leaves.add(given, shape + ".2");
        const auto terms = mcj::vicregLoss(first, second, {}, alone);
        for (const auto& [name, value] : terms.parts) {
            leaves.record(out, "vicreg-" + shape + "-" + name, value);
        }
    }
}

void dumpCrop(const Case& given, Tensors& out) {
    Leaves leaves;
    const auto window = given.at("crop.window").to(at::kLong);
    const auto side = [&](std::int64_t i) { return window[i].item<std::int64_t>(); };
    leaves.record(out, "crop",
                  mcj::cropError(given.at("crop.teacher.12"), given.at("crop.teacher.21"),
                                 leaves.add(given, "crop.student.12"), given.at("crop.student.21"),
                                 {side(0), side(1), side(2), side(3)}, {}));
}

mcj::PlaneMap planeMap(const at::Tensor& matrix) {
    mcj::PlaneMap map;
    const auto entries = matrix.to(at::kDouble).contiguous().view({-1});
    for (std::size_t i = 0; i < map.m.size(); ++i) {
        map.m[i] = entries[static_cast<std::int64_t>(i)].item<double>();
    }
    return map;
}

void dumpView(const Case& given, Tensors& out) {
    std::vector<mcj::AugmentedView> views;
    std::vector<mcj::PlaneMap> firsts;
    for (std::int64_t i = 0; i < given.at("view.maps.1").size(0); ++i) {
        views.push_back(
            {planeMap(given.at("view.maps.1")[i]), planeMap(given.at("view.maps.2")[i])});
        firsts.push_back(views.back().first);
    }
    const auto target = mcj::augmentedFlow(given.at("view.flow"), given.at("view.mask"), views);
    mcj::SingleProcess alone;
    Leaves leaves;
    const auto student = leaves.add(given, "view.student");
    leaves.record(out, "view",
                  mcj::maskedMean((student - target.flow).abs(), target.visible, alone));
    out["value:view:flow"] = target.flow.contiguous().view({-1});
    out["value:view:pictures"] =
        mcj::augmentedPictures(given.at("image.1"), firsts).contiguous().view({-1});
}

/// As a resumed run has them (run_state.cpp).
void setMoments(torch::optim::AdamW& optimizer, mcj::McJepa model, const Case& given) {
    for (const auto& item : model->named_parameters()) {
        auto moments = std::make_unique<torch::optim::AdamWParamState>();
        moments->step(static_cast<std::int64_t>(given.setting("step")) - 1);
        moments->exp_avg(given.at("moment.1." + item.key()).clone());
        moments->exp_avg_sq(given.at("moment.2." + item.key()).clone());
        optimizer.state()[item.value().unsafeGetTensorImpl()] = std::move(moments);
    }
}

/// Steps from `before`, which the parameters are set to, with the gradients that they have.
void dumpWeights(mcj::McJepa model, torch::optim::AdamW& optimizer, const Tensors& before,
                 const std::string& group, Tensors& out) {
    mcj::loadWeights(*model, before, "the case");
    optimizer.step();
    for (const auto& item : model->named_parameters()) {
        out["weight:" + group + ":" + item.key()] = item.value().detach().clone().contiguous();
    }
}

void dumpStep(const std::string& modelPath, const Case& given, Tensors& out) {
    const auto& picture = given.at("image.1");
    const auto type = picture.scalar_type();
    auto model = mcj::loadModel(modelPath).model;
    model->to(picture.device(), type);
    mcj::SingleProcess alone;
    mcj::FlowLossSettings settings;
    settings.census = 1.0;
    settings.vc = given.vc();
    settings.occlusionBeta = given.setting("beta");
    mcj::FramePairs pairs;
    pairs.frame1 = given.at("step.image.1");
    pairs.frame2 = given.at("step.image.2");
    pairs.plain1 = given.at("step.plain.1");
    pairs.plain2 = given.at("step.plain.2");
    const mcj::FlowStep step{mcj::OcclusionUse::ForwardBackward, given.setting("vc_share"), 0.0,
                             mcj::SampleRng(1, 2, 3)};
    const auto flow = mcj::flowObjective(model, pairs, settings, step, alone);
    mcj::ContentLossSettings contentSettings;
    contentSettings.pooled = {given.setting("pooled", 0), given.setting("pooled", 1)};
    contentSettings.local.weight = given.setting("local");
    const mcj::ContentViews views{given.at("step.view.1"), given.at("step.view.2"),
                                  given.at("step.crop.1"), given.at("step.crop.2")};
    const auto content = mcj::contentObjective(model, views, contentSettings, alone);
    mcj::LossTerms terms;
    for (const auto& [name, value] : flow.parts) {
        terms.add("flow." + name, value * given.setting("balance"));
    }
    for (const auto& [name, value] : content.parts) terms.add("content." + name, value);
    for (const auto& [name, value] : terms.parts) {
        out["value:step:" + name] = value.detach().clone().view({1});
    }
    out["value:step:total"] = terms.total.detach().clone().view({1});
    terms.total.backward();
    for (const auto& item : model->named_parameters()) {
        if (!item.value().grad().defined()) continue;
        out["grad:step:" + item.key()] = item.value().grad().clone().contiguous();
    }
    const auto norm = mcj::gradientNorms(model).at("");
    mcj::clipGradients(model, norm, given.setting("clip"));
    out["value:step:norm"] = norm.detach().to(at::kDouble).view({1});

    Tensors before;
    for (const auto& [name, weight] : mcj::weightsOf(*model)) {
        before[name] = weight.detach().clone();
    }
    mcj::Recipe recipe;
    recipe.encoder = given.rate("encoder");
    recipe.estimator = given.rate("estimator");
    recipe.headShare = given.setting("head_share");
    auto resumed = mcj::makeOptimizer(model, recipe);
    setMoments(*resumed, model, given);
    dumpWeights(model, *resumed, before, "resumed", out);
    for (const auto& item : model->named_parameters()) {
        const auto& moments = static_cast<const torch::optim::AdamWParamState&>(
            *resumed->state().at(item.value().unsafeGetTensorImpl()));
        out["grad:moment1:" + item.key()] = moments.exp_avg().contiguous();
        out["grad:moment2:" + item.key()] = moments.exp_avg_sq().contiguous();
    }
    if (type != at::kDouble) return;
    auto fresh = mcj::makeOptimizer(model, recipe);
    dumpWeights(model, *fresh, before, "fresh", out);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) {
        std::fprintf(stderr, "usage: loss_parity_dump MODEL CASE OUT fp64|fp32 [cpu|cuda]\n");
        return 2;
    }
    try {
        const auto type = std::string(argv[4]) == "fp64" ? at::kDouble : at::kFloat;
        const auto given = readCase(argv[2], type, mcj::chooseDevice(argc == 6 ? argv[5] : "cpu"));
        mcj::TensorFile out;
        dumpFlowLosses(given, out.tensors);
        dumpKnownMotion(given, out.tensors);
        dumpVicreg(given, out.tensors);
        dumpCrop(given, out.tensors);
        dumpView(given, out.tensors);
        dumpStep(argv[1], given, out.tensors);
        for (auto& [name, tensor] : out.tensors) tensor = tensor.cpu();
        mcj::writeTensors(argv[3], out);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
    return 0;
}
