#include <initializer_list>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "training/recipe.h"

namespace mcj {
namespace {

using nlohmann::json;

/// The names of an enumeration's values in a recipe.
template <typename Value>
using Choices = std::initializer_list<std::pair<const char*, Value>>;

/// Reads the keys of one JSON object into variables; absent keys leave them unchanged. Throws
/// `Error{Input}` for an unknown choice, json's errors for a wrong type.
class KeyReader {
public:
    /// `where` ends messages, for example " in flow_loss"; empty at the top.
    KeyReader(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

    template <typename Value>
    void operator()(const char* key, Value& value) {
        if (const auto* found = find(key)) found->get_to(value);
    }
    void operator()(const char* key, std::optional<double>& value) {
        if (const auto* found = find(key)) value = found->get<double>();
    }
    void operator()(const char* key, LevelVc& value) {
        if (const auto* found = find(key)) value = vcOf(*found);
    }
    void operator()(const char* key, std::vector<LevelVc>& value) {
        const auto* found = find(key);
        if (found == nullptr) return;
        value.clear();
        for (const auto& level : *found) value.push_back(vcOf(level));
    }
    template <typename Value>
    void choice(const char* key, Value& value, Choices<Value> choices) {
        const auto* found = find(key);
        if (found == nullptr) return;
        const auto word = found->template get<std::string>();
        std::string words;
        for (const auto& [name, chosen] : choices) {
            if (word == name) {
                value = chosen;
                return;
            }
            words += (words.empty() ? "" : ", ") + std::string(name);
        }
        throw Error(ErrorCode::Input, "recipe: " + std::string(key) + " is \"" + word + "\"",
                    "It must be one of " + words + ".");
    }
    template <typename Walk>
    void group(const char* key, Walk&& walk) {
        const auto* found = find(key);
        if (found == nullptr) return;
        KeyReader inner(*found, std::string(" in ") + key);
        walk(inner);
        inner.refuseRest();
    }
    /// A list of objects, each read by `walk`.
    template <typename Item, typename Walk>
    void list(const char* key, std::vector<Item>& items, Walk&& walk) {
        const auto* found = find(key);
        if (found == nullptr) return;
        items.clear();
        for (const auto& object : *found) {
            KeyReader inner(object, std::string(" in ") + key);
            walk(inner, items.emplace_back());
            inner.refuseRest();
        }
    }

    void know(const char* key) { known_.insert(key); }
    /// Throws `Error{Input}` that names a key that was not read.
    void refuseRest() const {
        for (const auto& item : object_.items()) {
            if (known_.contains(item.key())) continue;
            throw Error(ErrorCode::Input, "recipe: unknown key \"" + item.key() + "\"" + where_,
                        "Check the spelling; training/recipes/mc-jepa.json has all keys.");
        }
    }

private:
    static LevelVc vcOf(const json& pair) {
        return {pair.at(0).get<double>(), pair.at(1).get<double>()};
    }
    const json* find(const char* key) {
        know(key);
        const auto found = object_.find(key);
        return found == object_.end() ? nullptr : &*found;
    }

    const json& object_;
    std::string where_;
    std::set<std::string> known_;
};

/// Writes variables as keys: the counterpart of `KeyReader`.
class KeyWriter {
public:
    template <typename Value>
    void operator()(const char* key, const Value& value) {
        object_[key] = value;
    }
    void operator()(const char* key, const std::optional<double>& value) {
        if (value) object_[key] = *value;
    }
    void operator()(const char* key, const LevelVc& value) { object_[key] = vcJson(value); }
    void operator()(const char* key, const std::vector<LevelVc>& value) {
        object_[key] = json::array();
        for (const LevelVc& level : value) object_[key].push_back(vcJson(level));
    }
    template <typename Value>
    void choice(const char* key, const Value& value, Choices<Value> choices) {
        for (const auto& [name, chosen] : choices) {
            if (value == chosen) object_[key] = name;
        }
    }
    template <typename Walk>
    void group(const char* key, Walk&& walk) {
        KeyWriter inner;
        walk(inner);
        object_[key] = std::move(inner).written();
    }
    template <typename Item, typename Walk>
    void list(const char* key, std::vector<Item>& items, Walk&& walk) {
        object_[key] = json::array();
        for (Item& item : items) {
            KeyWriter inner;
            walk(inner, item);
            object_[key].push_back(std::move(inner).written());
        }
    }

    [[nodiscard]] json written() && { return std::move(object_); }

private:
    static json vcJson(const LevelVc& vc) { return json::array({vc.variance, vc.covariance}); }
    json object_ = json::object();
};

/// The same functions visit all keys for reading and writing, so that neither omits one.
template <typename Keys>
void walkRate(Keys& keys, GroupRate& rate) {
    keys("learning_rate", rate.learningRate);
    keys("weight_decay", rate.weightDecay);
}

/// `use`: perhaps optional.
template <typename Keys, typename Use>
void walkOcclusion(Keys& keys, Use& use) {
    keys.choice("occlusion", use,
                {{"outside", OcclusionUse::OutsideOnly},
                 {"forward-backward", OcclusionUse::ForwardBackward},
                 {"range-map", OcclusionUse::RangeMap}});
}

template <typename Keys>
void walkFlowStage(Keys& keys, FlowStage& s) {
    keys("until", s.until);
    keys("l1", s.l1);
    keys("l2", s.l2);
    keys("ssim", s.ssim);
    keys("census", s.census);
    keys("smooth", s.smooth);
    walkOcclusion(keys, s.occlusion);
    keys("self_supervision", s.selfSupervision);
    keys("augmentation", s.augmentation);
}

template <typename Keys>
void walkFlowLoss(Keys& keys, FlowLossSettings& s) {
    keys("regression", s.regression);
    keys("l1", s.l1);
    keys("l2", s.l2);
    keys("ssim", s.ssim);
    keys("census", s.census);
    keys("census_radius", s.censusRadius);
    keys("level_weights", s.levelWeights);
    keys("smooth", s.smooth);
    keys("edge", s.edge);
    keys("smooth_order", s.smoothOrder);
    keys("cycle", s.cycle);
    keys("vc", s.vc);
    walkOcclusion(keys, s.occlusion);
    keys("occlusion_alpha", s.occlusionAlpha);
    keys("occlusion_beta", s.occlusionBeta);
    keys("occlusion_floor", s.occlusionFloor);
    keys("self_supervision", s.selfSupervision);
    keys("augmentation", s.augmentation);
}

template <typename Keys>
void walkMatching(Keys& keys, MatchingSettings& s) {
    keys("weight", s.weight);
    keys("levels", s.levels);
    keys("temperature", s.temperature);
}

template <typename Keys>
void walkLooks(Keys& keys, PhotometricConfig& p) {
    keys("gain_sigma", p.gainSigma);
    keys("brightness_sigma", p.brightnessSigma);
    keys("contrast_sigma", p.contrastSigma);
    keys("saturation_min", p.saturationMin);
    keys("saturation_max", p.saturationMax);
    keys("tone_max", p.toneMax);
    keys("asymmetry", p.asymmetry);
    keys("noise_max", p.noiseMax);
    keys("blur", p.blurShare);
    keys("blur_sigma_max_px", p.blurSigmaMax);
}

template <typename Keys>
void walkRealPairs(Keys& keys, RealPairSettings& s) {
    keys("max_gap", s.maxGap);
    keys("min_zoom", s.minZoom);
    keys("flip", s.flipShare);
    keys("swap", s.swapShare);
    keys.choice("weigh", s.weigh,
                {{"root", ClipWeight::RootOfLength}, {"pairs", ClipWeight::Pairs}});
    keys.group("looks", [&](auto& inner) { walkLooks(inner, s.looks); });
}

template <typename Keys>
void walkViews(Keys& keys, ViewConfig& v) {
    keys("min_scale", v.minScale);
    keys("max_scale", v.maxScale);
    keys("flip", v.flipShare);
    keys("jitter", v.jitterShare);
    keys("brightness", v.brightness);
    keys("contrast", v.contrast);
    keys("saturation", v.saturation);
    keys("hue", v.hue);
    keys("grey", v.greyShare);
    keys("blur", v.blurShare);
    keys("blur_sigma_px", v.blurSigmaPx);
    keys("solarize", v.solarizeShare);
}

template <typename Keys>
void walkLocal(Keys& keys, LocalContentSettings& s) {
    keys("weight", s.weight);
    keys("levels", s.levels);
    keys("widths", s.widths);
}

template <typename Keys>
void walkContent(Keys& keys, ContentRecipe& c) {
    keys("batch", c.batch);
    keys("size", c.size);
    keys("weight", c.weight);
    keys("video_share", c.videoShare);
    keys("invariance", c.loss.vicreg.invariance);
    keys("variance", c.loss.vicreg.variance);
    keys("covariance", c.loss.vicreg.covariance);
    keys("pooled_vc", c.loss.pooled);
    keys.group("local", [&](auto& inner) { walkLocal(inner, c.loss.local); });
    keys.group("views", [&](auto& inner) { walkViews(inner, c.views); });
}

template <typename Keys>
void walkFlowSchedule(Keys& keys, Recipe& r) {
    keys("synthetic_batch", r.syntheticBatch);
    keys("real_batch", r.realBatch);
    keys("real_every", r.realEvery);
    keys("real_start", r.realStart);
    keys("flow_sets", r.flowSets);
    keys.group("real_pairs", [&](auto& inner) { walkRealPairs(inner, r.realPairs); });
    keys("flow_start", r.flowStart);
    keys("occlusion_start", r.occlusionStart);
    keys("vc_warmup", r.vcWarmup);
    keys("self_supervision_start", r.selfSupervisionStart);
    keys("self_supervision_ramp", r.selfSupervisionRamp);
    keys("balance", r.balance);
    keys("synthetic_weight", r.syntheticWeight);
    keys("real_weight", r.realWeight);
    keys.group("matching", [&](auto& inner) { walkMatching(inner, r.matching); });
    keys("shift_max_px", r.shiftMaxPx);
}

/// Everything but the model.
template <typename Keys>
void walk(Keys& keys, Recipe& r) {
    keys("seed", r.seed);
    keys("steps", r.steps);
    keys.choice("precision", r.precision,
                {{"float32", Precision::Float32},
                 {"float64", Precision::Float64},
                 {"mixed", Precision::Mixed}});
    keys("height", r.height);
    keys("width", r.width);
    walkFlowSchedule(keys, r);
    keys.choice("sampling", r.sampling,
                {{"combined", Sampling::Combined},
                 {"batch-alternation", Sampling::BatchAlternation},
                 {"epoch-alternation", Sampling::EpochAlternation}});
    keys("epoch_steps", r.epochSteps);
    keys.group("encoder", [&](auto& inner) { walkRate(inner, r.encoder); });
    keys.group("estimator", [&](auto& inner) { walkRate(inner, r.estimator); });
    keys("estimator_warmup", r.estimatorWarmup);
    keys("head_share", r.headShare);
    keys("warmup", r.warmup);
    keys("end_share", r.endShare);
    keys("clip_norm", r.clipNorm);
    keys("ema_decay", r.emaDecay);
    keys("checkpoint_every", r.checkpointEvery);
    keys("validate_every", r.validateEvery);
    keys.group("flow_loss", [&](auto& inner) { walkFlowLoss(inner, r.flowLoss); });
    keys.list("flow_stages", r.flowStages,
              [](auto& inner, FlowStage& stage) { walkFlowStage(inner, stage); });
    keys.group("content", [&](auto& inner) { walkContent(inner, r.content); });
}

ModelConfig parseModel(const json& model) {
    if (model.is_string()) {
        auto config = presetConfig(model.get<std::string>());
        if (config.mode == "mc-jepa") config.mode = "m-jepa";
        return config;
    }
    if (!model.contains("preset")) return parseModelConfig(model.dump());
    std::string preset;
    ModelConfig config;
    KeyReader keys(model, " in model");
    keys("preset", preset);
    config = presetConfig(preset);
    keys("mode", config.mode);
    keys.group("expander", [&](auto& inner) { inner("widths", config.expander); });
    keys.refuseRest();
    return parseModelConfig(toJson(config));  // checks the mode
}

}  // namespace

Recipe parseRecipe(const std::string& text) {
    Recipe r;
    try {
        const json j = json::parse(text);
        r.model = parseModel(j.at("model"));
        if (!r.model.hasFlow()) {
            r.syntheticBatch = 0;
            r.realEvery = 0;
        }
        KeyReader keys(j, "");
        keys.know("model");
        walk(keys, r);
        keys.refuseRest();
    } catch (const json::exception& error) {
        throw Error(ErrorCode::Input, std::string("recipe: ") + error.what());
    }
    checkRecipe(r);
    return r;
}

std::string toJson(const Recipe& recipe) {
    KeyWriter keys;
    Recipe copy = recipe;  // the visiting functions also read and need a mutable object
    walk(keys, copy);
    json j = std::move(keys).written();
    j["model"] = json::parse(toJson(recipe.model));
    return j.dump(2);
}

}  // namespace mcj
