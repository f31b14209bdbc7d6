#include "inference/analysis/analysis_export.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <utility>

#include "inference/analysis/product_maker.h"
#include "inference/analysis/scalar_export.h"
#include "inference/engine/inference_engine.h"
#include "media/base/colormap.h"
#include "media/base/error.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<AnalysisMap, std::string_view>, 9> kMapNames{{
    {AnalysisMap::Flow, "flow"},
    {AnalysisMap::Backward, "backward"},
    {AnalysisMap::WarpError, "warp-error"},
    {AnalysisMap::FeatureError, "feature-error"},
    {AnalysisMap::Consistency, "consistency"},
    {AnalysisMap::Occlusion, "occlusion"},
    {AnalysisMap::FeatureColors, "feature-colors"},
    {AnalysisMap::FlowError, "flow-error"},
    {AnalysisMap::AngleError, "flow-angle-error"},
}};

constexpr std::array<std::pair<MapFormat, std::string_view>, 6> kFormatNames{{
    {MapFormat::Png, "png"},
    {MapFormat::Flo, "flo"},
    {MapFormat::Pfm, "pfm"},
    {MapFormat::Kitti, "kitti"},
    {MapFormat::Npy, "npy"},
    {MapFormat::Exr, "exr"},
}};

template <typename Value, std::size_t N>
std::string nameIn(const std::array<std::pair<Value, std::string_view>, N>& names, Value value) {
    for (const auto& [known, name] : names) {
        if (known == value) return std::string(name);
    }
    return "unknown";
}

template <typename Value, std::size_t N>
Value valueIn(const std::array<std::pair<Value, std::string_view>, N>& names,
              const std::string& text, const char* what) {
    std::string all;
    for (const auto& [value, name] : names) {
        if (name == text) return value;
        all += (all.empty() ? "" : ", ") + std::string(name);
    }
    throw Error(ErrorCode::Usage, "\"" + text + "\" is not a " + what,
                "Use one or several of: " + all + ".");
}

/// The shortest text that is read as the same number.
std::string exactText(float value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

bool needsTruth(AnalysisMap map) {
    return map == AnalysisMap::FlowError || map == AnalysisMap::AngleError;
}

bool hasTruth(const AnalysisRequest& request, FrameIndex first) {
    return request.truth && request.truth->has(first);
}

bool isFlow(AnalysisMap map) { return map == AnalysisMap::Flow || map == AnalysisMap::Backward; }

bool needsForward(const AnalysisRequest& request) {
    return !request.overlay.empty() || request.truth ||
           std::any_of(request.maps.begin(), request.maps.end(), [](AnalysisMap map) {
               return map != AnalysisMap::Backward && map != AnalysisMap::FeatureColors;
           });
}

bool needsBackward(const AnalysisRequest& request) {
    return request.maps.contains(AnalysisMap::Backward) ||
           request.maps.contains(AnalysisMap::Consistency) ||
           request.maps.contains(AnalysisMap::Occlusion);
}

/// One file of a pair: which map in which format, and where.
struct PlannedFile {
    AnalysisMap map;
    MapFormat format;
    std::string relative;
};

bool fits(AnalysisMap map, MapFormat format) {
    if (map == AnalysisMap::FeatureColors) return format == MapFormat::Png;
    return isFlow(map) || holdsScalars(format);
}

std::string extensionOf(MapFormat format) {
    switch (format) {
    case MapFormat::Png:
    case MapFormat::Kitti: return ".png";
    case MapFormat::Flo: return ".flo";
    case MapFormat::Pfm: return ".pfm";
    case MapFormat::Npy: return ".npy";
    case MapFormat::Exr: return ".exr";
    }
    return {};
}

PlannedFile plannedFile(AnalysisMap map, MapFormat format, FrameIndex first) {
    std::string folder = analysisMapFolder(map);
    // KITTI's flow is a PNG as well, so pictures of flow have a separate folder.
    if (isFlow(map) && format == MapFormat::Png) folder += "_color";
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "/%06lld", static_cast<long long>(first));
    return {map, format, folder + number.data() + extensionOf(format)};
}

std::vector<PlannedFile> planPair(const AnalysisRequest& request, FrameIndex first) {
    std::vector<PlannedFile> files;
    for (const AnalysisMap map : request.maps) {
        if (needsTruth(map) && !hasTruth(request, first)) continue;
        const auto before = files.size();
        for (const MapFormat format : request.formats) {
            if (fits(map, format)) files.push_back(plannedFile(map, format, first));
        }
        if (files.size() == before) files.push_back(plannedFile(map, MapFormat::Png, first));
    }
    return files;
}

FlowFormat flowFormatOf(MapFormat format) {
    switch (format) {
    case MapFormat::Kitti: return FlowFormat::KittiPng;
    case MapFormat::Pfm: return FlowFormat::Pfm;
    case MapFormat::Npy: return FlowFormat::Npy;
    case MapFormat::Exr: return FlowFormat::Exr;
    case MapFormat::Png:
    case MapFormat::Flo: break;
    }
    return FlowFormat::Flo;
}

void writeScalar(const fs::path& path, AnalysisMap map, const ScalarMap& values, MapFormat format) {
    if (map != AnalysisMap::Occlusion || format != MapFormat::Png) {
        writeScalarMap(path, values, format, Colormap::Viridis);
        return;
    }
    // A binary map is drawn as a mask: white is occluded, black is visible or unknown.
    Raster<std::uint8_t> mask(values.size(), 3);
    for (int y = 0; y < values.size().height; ++y) {
        for (int x = 0; x < values.size().width; ++x) {
            const std::uint8_t level = values.values.at(y, x) > 0.5F ? 255 : 0;
            for (int c = 0; c < 3; ++c) mask.at(y, x, c) = level;
        }
    }
    writeRgbPng(path, mask);
}

}  // namespace

std::string analysisMapName(AnalysisMap map) { return nameIn(kMapNames, map); }

std::string analysisMapFolder(AnalysisMap map) {
    std::string folder = analysisMapName(map);
    std::replace(folder.begin(), folder.end(), '-', '_');
    return folder;
}

bool needsBackwardFlow(AnalysisMap map) noexcept {
    return map == AnalysisMap::Backward || map == AnalysisMap::Consistency ||
           map == AnalysisMap::Occlusion;
}

std::string mapFormatName(MapFormat format) { return nameIn(kFormatNames, format); }

AnalysisMap parseAnalysisMap(const std::string& name) { return valueIn(kMapNames, name, "map"); }

MapFormat parseMapFormat(const std::string& name) { return valueIn(kFormatNames, name, "format"); }

FlowScale parseFlowScale(const std::string& text) {
    if (text == "clip") return {FlowScale::Kind::Clip, 0.0F};
    if (text == "frame") return {FlowScale::Kind::Frame, 0.0F};
    float px = 0.0F;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), px);
    if (failed != std::errc{} || end != text.data() + text.size() || !(px > 0.0F) ||
        !std::isfinite(px)) {
        throw Error(ErrorCode::Usage, "\"" + text + "\" is not a flow scale",
                    "Use clip, frame, or a number of pixels above 0.");
    }
    return {FlowScale::Kind::Fixed, px};
}

std::string flowScaleText(const FlowScale& scale) {
    switch (scale.kind) {
    case FlowScale::Kind::Clip: return "clip";
    case FlowScale::Kind::Frame: return "frame";
    case FlowScale::Kind::Fixed: break;
    }
    std::ostringstream text;
    text << scale.px;
    return text.str();
}

bool needsEngine(const AnalysisRequest& request) {
    return flowNeedsEngine(request.method) || request.maps.contains(AnalysisMap::FeatureError) ||
           request.maps.contains(AnalysisMap::FeatureColors);
}

std::map<std::string, std::string> analysisOptions(const AnalysisRequest& request) {
    const auto joined = [](const auto& values, auto name) {
        std::string text;
        for (const auto value : values) {
            if (!text.empty()) text += ',';
            text += name(value);
        }
        return text;
    };
    std::map<std::string, std::string> options{
        {"maps", joined(request.maps, analysisMapName)},
        {"format", joined(request.formats, mapFormatName)},
        {"range", frameRangeText(request.range)},
        {"flow-scale", flowScaleText(request.scale)},
        {"method", request.method},
        {"wheel", request.wheel == FlowWheel::Middlebury ? "middlebury" : "vision-safe"},
        {"level", std::to_string(request.featureLevel)}};
    if (request.gap != 0) options["gap"] = std::to_string(request.gap);
    if (request.maps.contains(AnalysisMap::Occlusion)) {
        options["occlusion-alpha"] = exactText(request.occlusionRule.alpha);
        options["occlusion-beta"] = exactText(request.occlusionRule.beta);
    }
    if (request.truth) options["truth"] = request.truth->id();
    return options;
}

PairMaps computePairMaps(const AnalysisRequest& request, const FramePtr& first,
                         const FramePtr& second, InferenceEngine* engine, const FeatureBasis* basis,
                         const StopToken& stop) {
    ProductMaker products({first, second}, engine, stop, {request.flowFiles, request.truth});
    ProductKey all;
    all.source = first->source;
    all.frame = first->index;
    all.other = second->index;
    all.flow = request.method;
    all.engine = kOnlyEngine;
    if (request.truth) all.truth = request.truth->id();
    all.level = request.featureLevel;
    all.rule = request.occlusionRule;
    PairMaps maps;
    if (needsForward(request)) maps.forward = *products.make(productKey("flow", all))->flow;
    if (needsBackward(request)) {
        ProductKey backward = all;
        std::swap(backward.frame, backward.other);
        maps.backward = *products.make(productKey("flow", backward))->flow;
    }
    for (const AnalysisMap map : request.maps) {
        if (isFlow(map) || (needsTruth(map) && !hasTruth(request, first->index))) continue;
        if (map == AnalysisMap::FeatureColors) {
            const ProductPtr features = products.make(productKey("features", all));
            maps.colors = featureColors(*engine, *features->features, *basis);
            continue;
        }
        // Scalar maps have the same names on the command line and among the products.
        maps.scalars.emplace(map, *products.make(productKey(analysisMapName(map), all))->map);
    }
    if (hasTruth(request, first->index)) {
        maps.accuracy = products.make(productKey("accuracy", all))->accuracy;
    }
    return maps;
}

bool holdsAll(const ExportFolder& folder, const std::vector<std::string>& files) {
    return std::all_of(files.begin(), files.end(),
                       [&folder](const std::string& file) { return folder.has(file); });
}

std::int64_t putPairMaps(const ExportFolder& folder, const AnalysisRequest& request,
                         FrameIndex first, const PairMaps& maps, float scalePx) {
    for (const std::string& file : filesOfPair(request, first)) (void)folder.place(file);
    return writePairMaps(request, first, maps, scalePx, folder.path());
}

std::vector<std::string> filesOfPair(const AnalysisRequest& request, FrameIndex first) {
    std::vector<std::string> files;
    for (auto& file : planPair(request, first)) files.push_back(std::move(file.relative));
    return files;
}

std::int64_t writePairMaps(const AnalysisRequest& request, FrameIndex first, const PairMaps& maps,
                           float scalePx, const fs::path& folder) {
    std::int64_t clamped = 0;
    for (const PlannedFile& file : planPair(request, first)) {
        const fs::path path = folder / file.relative;
        if (file.map == AnalysisMap::FeatureColors) {
            writeRgbPng(path, *maps.colors);
            continue;
        }
        if (!isFlow(file.map)) {
            writeScalar(path, file.map, maps.scalars.at(file.map), file.format);
            continue;
        }
        const FlowField& flow = file.map == AnalysisMap::Flow ? maps.forward : *maps.backward;
        if (file.format == MapFormat::Png) {
            writeRgbPng(path, colorizeFlow(flow, scalePx, request.wheel));
        } else {
            clamped += writeFlow(path, flow, flowFormatOf(file.format)).clampedVectors;
        }
    }
    return clamped;
}

Raster<std::uint8_t> overlayPicture(const AnalysisRequest& request, const Frame& frame,
                                    const FlowField& flow, float scalePx) {
    if (request.overlayStyle == OverlayStyle::Colors) {
        return overlayFlow(frame, flow, scalePx, request.wheel);
    }
    const std::vector<MotionLine> lines =
        request.overlayStyle == OverlayStyle::Arrows
            ? flowArrows(flow, request.arrows)
            : streamLines(extended(streamGrid(frame.size()), flow), request.streams);
    Raster<std::uint8_t> picture = frame.rgb;
    drawMotionLines(picture, lines);
    return picture;
}

Raster<std::uint8_t> overlayFlow(const Frame& frame, const FlowField& flow, float scalePx,
                                 FlowWheel wheel) {
    // The picture must remain visible under the fastest motion.
    constexpr float kMostOpaque = 0.8F;
    Raster<std::uint8_t> blended = frame.rgb;
    for (int y = 0; y < flow.size().height; ++y) {
        for (int x = 0; x < flow.size().width; ++x) {
            const PointF motion = flow.at(y, x);
            if (!FlowField::known(motion)) continue;
            const float length = std::hypot(motion.x, motion.y);
            if (length <= 0.0F) continue;
            const auto hue = flowColor({motion.x / length, motion.y / length}, wheel);
            const float opacity = kMostOpaque * std::min(1.0F, length / scalePx);
            for (int c = 0; c < 3; ++c) {
                const auto below = static_cast<float>(blended.at(y, x, c));
                const auto above = static_cast<float>(hue[static_cast<std::size_t>(c)]);
                blended.at(y, x, c) =
                    static_cast<std::uint8_t>(std::lround(below + opacity * (above - below)));
            }
        }
    }
    return blended;
}

}  // namespace mcj
