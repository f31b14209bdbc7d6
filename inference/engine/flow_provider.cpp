#include "inference/engine/flow_provider.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "inference/engine/flow_command.h"
#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

// DIS has patches of 8 px on a pyramid and refuses pictures smaller than 12 px; smaller ones are
// padded to this by repeating their edge.
constexpr int kSmallestSidePx = 32;

cv::Mat greyOf(const Frame& frame) {
    // OpenCV does not take const data; the matrix is only read.
    const cv::Mat rgb(frame.size().height, frame.size().width, CV_8UC3,
                      const_cast<std::uint8_t*>(frame.rgb.data()));
    cv::Mat grey;
    cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
    const int right = std::max(0, kSmallestSidePx - grey.cols);
    const int bottom = std::max(0, kSmallestSidePx - grey.rows);
    if (right > 0 || bottom > 0) {
        cv::copyMakeBorder(grey, grey, 0, bottom, 0, right, cv::BORDER_REPLICATE);
    }
    return grey;
}

FlowField fieldOf(const cv::Mat& flow, SizePx size) {
    FlowField field(size);
    for (int y = 0; y < size.height; ++y) {
        const auto* from = flow.ptr<float>(y);
        std::copy_n(from, static_cast<std::size_t>(size.width) * 2, field.vectors.row(y));
    }
    return field;
}

FlowField disFlow(const std::string&, const FramePtr& from, const FramePtr& to, InferenceEngine*,
                  const StopToken&) {
    const auto dis = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
    cv::Mat flow;
    dis->calc(greyOf(*from), greyOf(*to), flow);
    return fieldOf(flow, from->size());
}

FlowField farnebackFlow(const std::string&, const FramePtr& from, const FramePtr& to,
                        InferenceEngine*, const StopToken&) {
    cv::Mat flow;
    cv::calcOpticalFlowFarneback(greyOf(*from), greyOf(*to), flow, 0.5, 5, 15, 3, 7, 1.5, 0);
    return fieldOf(flow, from->size());
}

FlowField zeroFlow(const std::string&, const FramePtr& from, const FramePtr&, InferenceEngine*,
                   const StopToken&) {
    return FlowField(from->size());
}

template <FlowDetail kDetail>
FlowField modelFlow(const std::string&, const FramePtr& from, const FramePtr& to,
                    InferenceEngine* engine, const StopToken& stop) {
    return engine->flow(from, to, kDetail, stop);
}

/// Engines keep features by source and index: reduced pictures need a source of their own, outside
/// of the ids that are given to files.
constexpr SourceId kReducedSources = SourceId{1} << 62;

FramePtr reducedTo(const Frame& frame, SizePx size) {
    auto reduced = std::make_shared<Frame>();
    reduced->source = frame.source | kReducedSources;
    reduced->index = frame.index;
    reduced->rgb = Raster<std::uint8_t>(size, 3);
    // OpenCV does not take const data; the matrix is only read.
    const cv::Mat from(frame.size().height, frame.size().width, CV_8UC3,
                       const_cast<std::uint8_t*>(frame.rgb.data()));
    cv::Mat to(size.height, size.width, CV_8UC3, reduced->rgb.data());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
    return reduced;
}

FlowField coarseFlow(const std::string&, const FramePtr& from, const FramePtr& to,
                     InferenceEngine* engine, const StopToken& stop) {
    const SizePx size = from->size();
    const int longer = std::max(size.width, size.height);
    if (longer <= kCoarseSidePx) return engine->flow(from, to, FlowDetail::Fast, stop);
    const auto scaled = [longer](int side) {
        return std::max(1, (side * kCoarseSidePx + longer / 2) / longer);
    };
    const SizePx small{scaled(size.width), scaled(size.height)};
    const FlowField coarse =
        engine->flow(reducedTo(*from, small), reducedTo(*to, small), FlowDetail::Fast, stop);
    const cv::Mat vectors(small.height, small.width, CV_32FC2,
                          const_cast<float*>(coarse.vectors.data()));
    cv::Mat enlarged;
    cv::resize(vectors, enlarged, {size.width, size.height}, 0, 0, cv::INTER_LINEAR);
    cv::multiply(enlarged,
                 cv::Scalar(static_cast<double>(size.width) / small.width,
                            static_cast<double>(size.height) / small.height),
                 enlarged);
    return fieldOf(enlarged, size);
}

FlowField commandFlow(const std::string& id, const FramePtr& from, const FramePtr& to,
                      InferenceEngine*, const StopToken& stop) {
    return flowByCommand(flowCommandOf(id), from, to, FlowCommandCache(userFlowCommandFolder()),
                         stop);
}

constexpr std::string_view kLevelPrefix = "model-level-";
constexpr int kMostLevels = 6;

FlowField levelFlow(const std::string& id, const FramePtr& from, const FramePtr& to,
                    InferenceEngine* engine, const StopToken& stop) {
    return engine->flowAtLevel(from, to, *levelOfFlow(id), stop);
}

constexpr FlowProvider kLevel{"model-level", "model, one level", true, FlowDetail::Fast,
                              nullptr,       levelFlow};
constexpr FlowProvider kCommand{"command",        "command", false,
                                FlowDetail::Fast, nullptr,   commandFlow};

constexpr std::array<FlowProvider, 6> kProviders{{
    {kModelFlow, "model", true, FlowDetail::Full, kModelFastFlow, modelFlow<FlowDetail::Full>},
    {kModelFastFlow, "model, fast", true, FlowDetail::Fast, kModelCoarseFlow,
     modelFlow<FlowDetail::Fast>},
    {kModelCoarseFlow, "model, coarse", true, FlowDetail::Fast, nullptr, coarseFlow},
    {kDisFlow, "DIS", false, FlowDetail::Fast, nullptr, disFlow},
    {"farneback", "Farneback", false, FlowDetail::Fast, nullptr, farnebackFlow},
    {kZeroFlow, "no motion", false, FlowDetail::Fast, nullptr, zeroFlow},
}};

/// OpenCV's text names its source files and not what the user can change.
[[noreturn]] void throwWithoutSource(const cv::Exception& error, const FlowProvider& provider,
                                     SizePx size) {
    const std::string pictures = "frames of " + sizeText(size) + " pixels";
    if (error.code == cv::Error::StsNoMem) {
        throw Error(ErrorCode::Device, "not enough memory for flow between " + pictures,
                    "Use smaller frames, or close other programs.");
    }
    throw Error(ErrorCode::Input,
                std::string(provider.title) + " cannot compute flow between " + pictures,
                "Use smaller frames, or another flow method.");
}

}  // namespace

std::span<const FlowProvider> flowProviders() { return kProviders; }

const FlowProvider& flowProvider(const std::string& id) {
    if (isFlowCommand(id)) return kCommand;
    if (levelOfFlow(id)) return kLevel;
    std::string known;
    for (const FlowProvider& provider : kProviders) {
        if (id == provider.id) return provider;
        known += (known.empty() ? "" : ", ") + std::string(provider.id);
    }
    throw Error(ErrorCode::Usage, "\"" + id + "\" is not a flow method",
                "Use one of: " + known + ".");
}

std::string levelFlowId(int level) { return std::string(kLevelPrefix) + std::to_string(level); }

std::optional<int> levelOfFlow(const std::string& id) {
    if (id.size() != kLevelPrefix.size() + 1 || !id.starts_with(kLevelPrefix)) return std::nullopt;
    const int level = id.back() - '0';
    return level >= 1 && level <= kMostLevels ? std::optional(level) : std::nullopt;
}

std::string flowTitle(const std::string& id) {
    if (const auto level = levelOfFlow(id)) return "model, level " + std::to_string(*level);
    return isFlowCommand(id) ? flowCommandOf(id).title() : flowProvider(id).title;
}

void requireFlow(const InferenceEngine& engine, const std::string& instead) {
    const EngineInfo& info = engine.info();
    if (info.hasFlow) return;
    throw Error(ErrorCode::Usage, "the model \"" + info.modelName + "\" has no flow",
                "It was trained only for content; choose another model or " + instead + ".");
}

FlowField estimateFlow(const std::string& provider, const FramePtr& from, const FramePtr& to,
                       InferenceEngine* engine, const StopToken& stop) {
    if (from->size() != to->size()) {
        throw Error(ErrorCode::Input,
                    "frames " + std::to_string(from->index) + " and " + std::to_string(to->index) +
                        " have different sizes: " + std::to_string(from->size().width) + "x" +
                        std::to_string(from->size().height) + " and " +
                        std::to_string(to->size().width) + "x" + std::to_string(to->size().height),
                    "Resize them to the same size first.");
    }
    const FlowProvider& chosen = flowProvider(provider);
    if (chosen.needsEngine && engine == nullptr) {
        throw Error(ErrorCode::Internal, "flow by the model was requested without an engine");
    }
    stop.throwIfStopped("computing flow");
    try {
        return chosen.compute(provider, from, to, engine, stop);
    } catch (const cv::Exception& error) {
        throwWithoutSource(error, chosen, from->size());
    }
}

}  // namespace mcj
