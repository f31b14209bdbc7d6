#include "inference/model/model_config.h"

#include <algorithm>
#include <initializer_list>

#include <nlohmann/json.hpp>

#include "inference/ops/kernels.h"
#include "media/base/error.h"

namespace mcj {
namespace {

using nlohmann::json;

ContextPlace parseContext(const std::string& name) {
    if (name == "none") return ContextPlace::None;
    if (name == "finest") return ContextPlace::Finest;
    if (name == "every") return ContextPlace::Every;
    throw Error(ErrorCode::Input, "model configuration: estimator.context is \"" + name + "\"",
                "It must be \"none\", \"finest\" or \"every\".");
}

std::string contextName(ContextPlace place) {
    switch (place) {
    case ContextPlace::None: return "none";
    case ContextPlace::Finest: return "finest";
    case ContextPlace::Every: return "every";
    }
    return "none";
}

EncoderKind parseEncoderKind(const std::string& name) {
    if (name == "convnext") return EncoderKind::ConvNext;
    if (name == "pyramid") return EncoderKind::Pyramid;
    throw Error(ErrorCode::Input, "model configuration: encoder.kind is \"" + name + "\"",
                "It must be \"convnext\" or \"pyramid\".");
}

void require(bool good, const std::string& key, const std::string& rule) {
    if (!good) throw Error(ErrorCode::Input, "model configuration: " + key + " " + rule);
}

/// Refuses unknown keys, because a misspelt key would train or run a different model than intended.
/// `where` ends the message: " in estimator"; empty at the top.
void refuseUnknown(const json& object, const std::string& where,
                   std::initializer_list<const char*> known) {
    for (const auto& item : object.items()) {
        if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
        std::string names;
        for (const char* name : known) names += (names.empty() ? "" : ", ") + std::string(name);
        throw Error(ErrorCode::Input,
                    "model configuration: unknown key \"" + item.key() + "\"" + where,
                    "Check the spelling; known are " + names + ".");
    }
}

EncoderConfig parseEncoder(const json& j) {
    EncoderConfig c;
    c.kind = parseEncoderKind(j.value("kind", std::string("convnext")));
    j.at("widths").get_to(c.widths);
    j.at("depths").get_to(c.depths);
    if (c.kind == EncoderKind::Pyramid) {
        refuseUnknown(j, " in encoder", {"kind", "widths", "depths"});
        return c;
    }
    c.stemKernels = j.value("stem_kernels", c.stemKernels);
    c.layerScale = j.value("layer_scale", c.layerScale);
    refuseUnknown(j, " in encoder", {"kind", "widths", "depths", "stem_kernels", "layer_scale"});
    return c;
}

json encoderJson(const EncoderConfig& c) {
    json j{{"widths", c.widths}, {"depths", c.depths}};
    if (c.kind == EncoderKind::Pyramid) {
        j["kind"] = "pyramid";
    } else {
        j["stem_kernels"] = c.stemKernels;
        j["layer_scale"] = c.layerScale;
    }
    return j;
}

bool allWithin(const std::vector<int>& values, int low, int high) {
    for (const int value : values) {
        if (value < low || value > high) return false;
    }
    return true;
}

void check(const ModelConfig& c) {
    constexpr int kMaxWidth = 16384;
    constexpr int kFewestLevels = 3;
    const int levels = c.encoder.levels();
    require(
        levels >= kFewestLevels && levels <= kLevels && allWithin(c.encoder.widths, 1, kMaxWidth),
        "encoder.widths", "must be three to six positive numbers, one for each level");
    require(
        c.encoder.depths.size() == c.encoder.widths.size() && allWithin(c.encoder.depths, 0, 64),
        "encoder.depths", "must be numbers from 0 to 64, as many as encoder.widths");
    require(c.encoder.stemKernels.size() == 2 && allWithin(c.encoder.stemKernels, 3, 4),
            "encoder.stem_kernels", "must be two numbers, each 3 or 4");
    require(c.mode == "mc-jepa" || c.mode == "m-jepa" || c.mode == "vicreg" || c.mode == "arflow",
            "mode", "must be mc-jepa, m-jepa, vicreg or arflow");
    require(allWithin(c.expander, 1, 1 << 16), "expander.widths", "must be positive");
    require(allWithin(c.localLevels, 1, levels) &&
                c.localLevels.empty() == c.localExpander.empty() &&
                allWithin(c.localExpander, 1, 1 << 16),
            "local_expander", "must have levels of the encoder and positive widths");
    if (!c.hasFlow()) return;
    const auto& e = c.estimator;
    require(e.widths.size() >= 2 && allWithin(e.widths, 1, kMaxWidth), "estimator.widths",
            "must be two or more positive numbers");
    require(e.projection >= 0 && e.projection <= kMaxWidth, "estimator.projection",
            "must be 0 or positive");
    require(!e.shared || e.projection > 0, "estimator.shared", "needs a projection");
    require(e.contextWidths.size() <= e.contextDilations.size() &&
                allWithin(e.contextWidths, 1, kMaxWidth) && allWithin(e.contextDilations, 1, 64),
            "estimator.context_dilations", "must have one positive number for each width");
    require(1 <= e.finestLevel && e.finestLevel <= e.coarsestLevel && e.coarsestLevel <= levels,
            "estimator.finest_level",
            "and coarsest_level must be ordered and within the encoder's levels, 1 to " +
                std::to_string(levels));
    require(allWithin(e.fineWidths, 1, kMaxWidth) && e.fineWidths.size() != 1,
            "estimator.fine_widths", "must be two or more positive numbers, or none");
    require(e.fineWidths.empty() ||
                (e.finestLevel > 1 && e.fineProjection > 0 && e.fineProjection <= kMaxWidth),
            "estimator.fine_projection", "must be positive, with a finest_level above 1");
    require(e.clampPx > 0, "estimator.clamp", "must be positive");
}

}  // namespace

int ModelConfig::coarsestTrainedLevel() const {
    return hasContent() ? encoder.levels() : std::min(encoder.levels(), estimator.coarsestLevel);
}

ModelConfig presetConfig(const std::string& name) {
    ModelConfig c;
    c.name = name;
    if (name == "small") {
        // Sized for CPUs: finer levels have blocks, too, because small motions are visible there.
        // Five levels, because no flow loss would reach a sixth one.
        c.encoder = {{24, 40, 80, 128, 192}, {1, 2, 2, 3, 2}, {4, 3}, 0.1};
        c.estimator.projection = 32;
        c.estimator.shared = true;
        // With one decoder for all levels the coarse ones, whose cells are 64 px, would dominate.
        c.estimator.detachLevels = true;
        c.estimator.widths = {96, 64, 48, 32};
        c.estimator.contextWidths = {48, 48, 48, 32};
        c.estimator.contextDilations = {1, 2, 4, 8};
        c.estimator.context = ContextPlace::Every;
        // Stride 4 is too coarse for small motions (ARCHITECTURE.md); this adds a quarter to the
        // decoders' work.
        c.estimator.fineWidths = {32, 32, 24};
        // Level 5 already reaches +-128 px; cells of 64 px only add noise.
        c.estimator.coarsestLevel = 5;
        c.expander = {512, 512, 512};
        return c;
    }
    if (name == "convnext-t") {
        c.encoder = {{48, 48, 96, 192, 384, 768}, {0, 0, 3, 3, 9, 3}, {4, 3}, 1e-6};
        c.estimator.widths = {256, 256, 192, 128, 64};  // PWC-Net's, times the paper's factor 2
        c.estimator.contextWidths = {128, 128, 128, 96, 64, 32};
        c.estimator.contextDilations = {1, 2, 4, 8, 16, 1};
        c.estimator.context = ContextPlace::Finest;
        c.expander = {8192, 8192, 8192};
        return c;
    }
    if (name == "arflow") {
        c.mode = "arflow";
        c.encoder.kind = EncoderKind::Pyramid;
        c.encoder.widths = {16, 32, 64, 96, 128, 192};
        c.encoder.depths = {1, 1, 1, 1, 1, 1};
        c.estimator.projection = 32;
        c.estimator.shared = true;
        c.estimator.widths = {128, 128, 96, 64, 32};
        c.estimator.contextWidths = {128, 128, 128, 96, 64, 32};
        c.estimator.contextDilations = {1, 2, 4, 8, 16, 1};
        c.estimator.context = ContextPlace::Every;
        return c;
    }
    throw Error(
        ErrorCode::Usage, "unknown model preset \"" + name + "\"",
        "Presets are small, convnext-t and arflow; any other shape is given as a JSON file.");
}

ModelConfig parseModelConfig(const std::string& text) {
    ModelConfig c;
    try {
        const json j = json::parse(text);
        c.name = j.value("name", std::string("unnamed"));
        c.mode = j.value("mode", c.mode);
        c.encoder = parseEncoder(j.at("encoder"));
        refuseUnknown(j, "",
                      {"name", "mode", "encoder", "estimator", "expander", "local_expander"});
        if (c.hasFlow()) {
            const json& e = j.at("estimator");
            auto& out = c.estimator;
            // Files contain the radius although it is fixed; read as a double, so that a fraction
            // is not accepted.
            require(e.value("radius", 1.0 * kernels::kCostRadius) == kernels::kCostRadius,
                    "estimator.radius", "must be " + std::to_string(kernels::kCostRadius));
            out.projection = e.value("projection", out.projection);
            out.shared = e.value("shared", out.shared);
            e.at("widths").get_to(out.widths);
            out.contextWidths = e.value("context_widths", out.contextWidths);
            out.contextDilations = e.value("context_dilations", out.contextDilations);
            out.context = parseContext(e.value("context", std::string("none")));
            out.finestLevel = e.value("finest_level", out.finestLevel);
            out.coarsestLevel = e.value("coarsest_level", out.coarsestLevel);
            out.fineWidths = e.value("fine_widths", out.fineWidths);
            out.fineProjection = e.value("fine_projection", out.fineProjection);
            out.detachLevels = e.value("detach_levels", out.detachLevels);
            out.clampPx = e.value("clamp", out.clampPx);
            refuseUnknown(e, " in estimator",
                          {"radius", "projection", "shared", "widths", "context_widths",
                           "context_dilations", "context", "finest_level", "coarsest_level",
                           "fine_widths", "fine_projection", "detach_levels", "clamp"});
        }
        if (j.contains("expander")) {
            j.at("expander").at("widths").get_to(c.expander);
            refuseUnknown(j.at("expander"), " in expander", {"widths"});
        }
        if (j.contains("local_expander")) {
            const json& local = j.at("local_expander");
            local.at("levels").get_to(c.localLevels);
            local.at("widths").get_to(c.localExpander);
            refuseUnknown(local, " in local_expander", {"levels", "widths"});
        }
    } catch (const json::exception& error) {
        throw Error(ErrorCode::Input, std::string("model configuration: ") + error.what(),
                    "See training/recipes/ for a complete configuration.");
    }
    check(c);
    return c;
}

std::string toJson(const ModelConfig& c) {
    json j;
    j["name"] = c.name;
    j["mode"] = c.mode;
    j["encoder"] = encoderJson(c.encoder);
    if (c.hasFlow()) {
        const auto& e = c.estimator;
        j["estimator"] = {{"radius", kernels::kCostRadius},
                          {"projection", e.projection},
                          {"shared", e.shared},
                          {"widths", e.widths},
                          {"context_widths", e.contextWidths},
                          {"context_dilations", e.contextDilations},
                          {"context", contextName(e.context)},
                          {"finest_level", e.finestLevel},
                          {"coarsest_level", e.coarsestLevel},
                          {"detach_levels", e.detachLevels},
                          {"clamp", e.clampPx}};
        if (!e.fineWidths.empty()) {
            j["estimator"]["fine_widths"] = e.fineWidths;
            j["estimator"]["fine_projection"] = e.fineProjection;
        }
    }
    if (!c.expander.empty()) j["expander"] = {{"widths", c.expander}};
    if (!c.localLevels.empty()) {
        j["local_expander"] = {{"levels", c.localLevels}, {"widths", c.localExpander}};
    }
    return j.dump();
}

}  // namespace mcj
