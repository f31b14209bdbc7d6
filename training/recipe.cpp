#include "training/recipe.h"

#include <cmath>
#include <fstream>
#include <numbers>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "media/base/error.h"

namespace mcj {
namespace {

using nlohmann::json;

void refuseUnknown(const json& object, const std::set<std::string>& known,
                   const std::string& where) {
    for (const auto& item : object.items()) {
        if (!known.contains(item.key())) {
            throw Error(ErrorCode::Input, "recipe: unknown key \"" + item.key() + "\"" + where,
                        "Check the spelling; training/recipes/small.json has them all.");
        }
    }
}

GroupRate parseRate(const json& j, GroupRate rate) {
    refuseUnknown(j, {"learning_rate", "weight_decay"}, " in a group of parameters");
    rate.learningRate = j.value("learning_rate", rate.learningRate);
    rate.weightDecay = j.value("weight_decay", rate.weightDecay);
    return rate;
}

FlowLossSettings parseFlowLoss(const json& j) {
    FlowLossSettings s;
    refuseUnknown(j, {"regression", "l1", "l2", "ssim", "smooth", "edge", "smooth_order", "cycle",
                      "vc", "occlusion_alpha", "occlusion_beta"},
                  " in flow_loss");
    s.regression = j.value("regression", s.regression);
    s.l1 = j.value("l1", s.l1);
    s.l2 = j.value("l2", s.l2);
    s.ssim = j.value("ssim", s.ssim);
    s.smooth = j.value("smooth", s.smooth);
    s.edge = j.value("edge", s.edge);
    s.smoothOrder = j.value("smooth_order", s.smoothOrder);
    s.cycle = j.value("cycle", s.cycle);
    s.occlusionAlpha = j.value("occlusion_alpha", s.occlusionAlpha);
    s.occlusionBeta = j.value("occlusion_beta", s.occlusionBeta);
    if (j.contains("vc")) {
        for (const json& pair : j.at("vc")) {
            s.vc.push_back({pair.at(0).get<double>(), pair.at(1).get<double>()});
        }
    }
    return s;
}

json rateJson(const GroupRate& rate) {
    return {{"learning_rate", rate.learningRate}, {"weight_decay", rate.weightDecay}};
}

void check(const Recipe& r) {
    const auto require = [](bool good, const char* message) {
        if (!good) throw Error(ErrorCode::Input, std::string("recipe: ") + message);
    };
    require(r.steps > 0, "steps must be positive");
    require(r.height > 0 && r.width > 0 && r.height % 64 == 0 && r.width % 64 == 0,
            "height and width must be multiples of 64");
    require(r.syntheticBatch >= 0 && r.realBatch >= 0, "batches must not be negative");
    require(r.syntheticBatch > 0 || r.realEvery == 1,
            "synthetic_batch must be positive unless real_every is 1");
    require(r.realEvery == 0 || r.realBatch > 0, "real_batch must be positive with real_every");
    require(r.model.hasFlow(), "this release trains models with flow; mode must not be vicreg");
    require(r.flowLoss.smoothOrder == 1 || r.flowLoss.smoothOrder == 2,
            "flow_loss.smooth_order must be 1 or 2");
    require(r.emaDecay >= 0 && r.emaDecay < 1, "ema_decay must be in [0, 1)");
}

}  // namespace

Recipe parseRecipe(const std::string& text) {
    Recipe r;
    try {
        const json j = json::parse(text);
        refuseUnknown(j, {"model", "seed", "steps", "height", "width", "synthetic_batch",
                          "real_batch", "real_every", "real_start", "occlusion_start",
                          "real_weight", "shift_max_px", "encoder", "estimator", "warmup",
                          "end_share", "clip_norm", "ema_decay", "checkpoint_every",
                          "validate_every", "flow_loss"},
                      "");
        const json& model = j.at("model");
        r.model = model.is_string() ? presetConfig(model.get<std::string>())
                                    : parseModelConfig(model.dump());
        if (model.is_string()) r.model.mode = "m-jepa";
        r.seed = j.value("seed", r.seed);
        r.steps = j.value("steps", r.steps);
        r.height = j.value("height", r.height);
        r.width = j.value("width", r.width);
        r.syntheticBatch = j.value("synthetic_batch", r.syntheticBatch);
        r.realBatch = j.value("real_batch", r.realBatch);
        r.realEvery = j.value("real_every", r.realEvery);
        r.realStart = j.value("real_start", r.realStart);
        r.occlusionStart = j.value("occlusion_start", r.occlusionStart);
        r.realWeight = j.value("real_weight", r.realWeight);
        r.shiftMaxPx = j.value("shift_max_px", r.shiftMaxPx);
        if (j.contains("encoder")) r.encoder = parseRate(j.at("encoder"), r.encoder);
        if (j.contains("estimator")) r.estimator = parseRate(j.at("estimator"), r.estimator);
        r.warmup = j.value("warmup", r.warmup);
        r.endShare = j.value("end_share", r.endShare);
        r.clipNorm = j.value("clip_norm", r.clipNorm);
        r.emaDecay = j.value("ema_decay", r.emaDecay);
        r.checkpointEvery = j.value("checkpoint_every", r.checkpointEvery);
        r.validateEvery = j.value("validate_every", r.validateEvery);
        if (j.contains("flow_loss")) r.flowLoss = parseFlowLoss(j.at("flow_loss"));
    } catch (const json::exception& error) {
        throw Error(ErrorCode::Input, std::string("recipe: ") + error.what());
    }
    check(r);
    return r;
}

Recipe readRecipe(const std::filesystem::path& path) {
    std::ifstream stream(path);
    if (!stream) {
        throw Error(ErrorCode::Input, path.string() + ": cannot be opened",
                    "Give a recipe file, for example training/recipes/small.json.");
    }
    std::ostringstream text;
    text << stream.rdbuf();
    try {
        return parseRecipe(text.str());
    } catch (const Error& error) {
        throw Error(error.code(), path.string() + ": " + error.what(), error.hint());
    }
}

std::string toJson(const Recipe& r) {
    json vc = json::array();
    for (const auto& level : r.flowLoss.vc) vc.push_back({level.variance, level.covariance});
    const json flowLoss = {{"regression", r.flowLoss.regression},
                           {"l1", r.flowLoss.l1},
                           {"l2", r.flowLoss.l2},
                           {"ssim", r.flowLoss.ssim},
                           {"smooth", r.flowLoss.smooth},
                           {"edge", r.flowLoss.edge},
                           {"smooth_order", r.flowLoss.smoothOrder},
                           {"cycle", r.flowLoss.cycle},
                           {"vc", vc},
                           {"occlusion_alpha", r.flowLoss.occlusionAlpha},
                           {"occlusion_beta", r.flowLoss.occlusionBeta}};
    const json j = {{"model", json::parse(toJson(r.model))},
                    {"seed", r.seed},
                    {"steps", r.steps},
                    {"height", r.height},
                    {"width", r.width},
                    {"synthetic_batch", r.syntheticBatch},
                    {"real_batch", r.realBatch},
                    {"real_every", r.realEvery},
                    {"real_start", r.realStart},
                    {"occlusion_start", r.occlusionStart},
                    {"real_weight", r.realWeight},
                    {"shift_max_px", r.shiftMaxPx},
                    {"encoder", rateJson(r.encoder)},
                    {"estimator", rateJson(r.estimator)},
                    {"warmup", r.warmup},
                    {"end_share", r.endShare},
                    {"clip_norm", r.clipNorm},
                    {"ema_decay", r.emaDecay},
                    {"checkpoint_every", r.checkpointEvery},
                    {"validate_every", r.validateEvery},
                    {"flow_loss", flowLoss}};
    return j.dump(2);
}

double learningRateShare(const Recipe& recipe, std::int64_t step) {
    if (step < recipe.warmup) {
        return static_cast<double>(step + 1) / static_cast<double>(recipe.warmup);
    }
    const double done = static_cast<double>(step - recipe.warmup) /
                        static_cast<double>(std::max<std::int64_t>(1, recipe.steps - recipe.warmup));
    const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, done)));
    return recipe.endShare + (1.0 - recipe.endShare) * cosine;
}

}  // namespace mcj
