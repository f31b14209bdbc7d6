#include "viewer/canvas/live_content.h"

#include <cmath>
#include <string>
#include <utility>

#include "inference/engine/flow_provider.h"
#include "viewer/canvas/overlay_text.h"

namespace mcj {
namespace {

bool drawsMotion(const Session& session) {
    return session.live().answer().motion && session.view().layers().layer(kFlowLayer).drawn();
}

bool drawsSimilarity(const Session& session) {
    const LiveView& live = session.live();
    return live.point() && live.answer().similarity &&
           session.view().layers().layer(kSimilarityLayer).drawn();
}

/// ", 2 frames ago" where the answer is of an earlier frame than the shown one.
std::string ageOf(const LiveView& live) {
    const FrameIndex age = live.shown()->index - live.answer().frame->index;
    if (age <= 0) return {};
    return ", " + std::to_string(age) + (age == 1 ? " frame ago" : " frames ago");
}

std::string stateOf(const LiveView& live) {
    if (live.state() == LiveState::Ended) return "Ended: ";
    return live.frozen() ? "Frozen: " : "Live: ";
}

std::vector<std::string> statusOf(const Session& session, const ViewTransform& transform) {
    const LiveView& live = session.live();
    std::vector<std::string> lines{stateOf(live) + live.source().toStdString()};
    std::string place = "Frame " + std::to_string(live.shown()->index);
    if (live.shown()->pts) {
        const double secs = static_cast<double>(*live.shown()->pts) * live.info()->timeBase.value();
        place += "  \xC2\xB7  " + clockTime(secs);
    }
    lines.push_back(place + "  \xC2\xB7  " + zoomPercent(transform.deviceScale()));
    if (drawsMotion(session)) {
        lines.push_back("motion since the previous frame, by " + flowTitle(live.answer().method) +
                        ageOf(live));
    }
    if (live.point() && session.view().engine().state == EngineState::Failed) {
        lines.push_back("similarity needs a model, and none could be loaded");
    }
    if (live.recording()) {
        lines.push_back("recording: " + std::to_string(live.recordedFrames()) + " frames");
    }
    return lines;
}

Probe probeOf(const Session& session, PointPx pixel, DevicePos at) {
    const LiveView& live = session.live();
    Probe probe;
    probe.at = at;
    probe.title = "x " + std::to_string(pixel.x) + "   y " + std::to_string(pixel.y);
    if (drawsMotion(session)) {
        const PointF motion = live.answer().motion->at(pixel.y, pixel.x);
        probe.rows.push_back({"u", signedNumber(motion.x), "px"});
        probe.rows.push_back({"v", signedNumber(motion.y), "px"});
        probe.rows.push_back({"|f|", plainNumber(std::hypot(motion.x, motion.y)), "px"});
    }
    if (drawsSimilarity(session)) {
        const float cosine = live.answer().similarity->values.at(pixel.y, pixel.x);
        probe.rows.push_back({"Similarity", plainNumber(cosine), ""});
    }
    const Raster<std::uint8_t>& rgb = live.shown()->rgb;
    std::string values;
    for (int c = 0; c < 3; ++c) {
        values += (c == 0 ? "" : " ") + std::to_string(rgb.at(pixel.y, pixel.x, c));
    }
    probe.rows.push_back({"RGB", values, ""});
    return probe;
}

void addLegends(const Session& session, std::optional<PointPx> pixel, OverlayData& data) {
    const LiveAnswer& answer = session.live().answer();
    const LayerStack& layers = session.view().layers();
    if (drawsMotion(session)) {
        const FlowLook& look = layers.layer(kFlowLayer).flow();
        data.flow = FlowLegend{look.wheel, look.scalePx, std::nullopt};
        if (pixel) data.flow->probed = answer.motion->at(pixel->y, pixel->x);
    }
    if (drawsSimilarity(session)) {
        const ScalarLook& look = layers.layer(kSimilarityLayer).scalar();
        const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
        data.colorBar =
            ColorBar{look.colormap, span.low, span.high, "Similarity", "cosine", std::nullopt};
        if (pixel) data.colorBar->probed = answer.similarity->values.at(pixel->y, pixel->x);
    }
}

}  // namespace

std::vector<LayerDrawData> liveLayersOf(const Session& session) {
    std::vector<LayerDrawData> out;
    const LiveView& live = session.live();
    if (!live.showsPicture()) return out;
    for (const Layer& layer : session.view().layers().layers()) {
        if (!layer.drawn()) continue;
        LayerDrawData data;
        data.layer = layer.id;
        data.opacity = layer.opacity;
        if (layer.id == kImageLayer) {
            data.content = ImageContent{live.shown()};
        } else if (layer.id == kFlowLayer && drawsMotion(session)) {
            data.content =
                FlowContent{live.answer().motion, layer.flow().scalePx, layer.flow().wheel};
        } else if (layer.id == kSimilarityLayer && drawsSimilarity(session)) {
            const ScalarLook& look = layer.scalar();
            data.content =
                ScalarContent{live.answer().similarity, look.colormap, look.low, look.high};
        } else {
            continue;
        }
        out.push_back(std::move(data));
    }
    return out;
}

OverlayData liveOverlayOf(const Session& session, const ViewTransform& transform,
                          std::optional<ViewPos> pointer) {
    OverlayData data;
    const LiveView& live = session.live();
    if (!live.showsPicture()) return data;
    data.status = statusOf(session, transform);
    std::optional<PointPx> pixel;
    if (pointer) pixel = transform.pixelAt(*pointer);
    addLegends(session, pixel, data);
    if (pixel) data.probe = probeOf(session, *pixel, transform.deviceFromView(*pointer));
    if (!live.point()) return data;
    const auto deviceOf = [&transform](PointF at) {
        return transform.deviceFromImage({at.x, at.y});
    };
    // A cross stands where the user clicked; other frames show the best match.
    if (live.point()->frame == live.shown()) {
        data.query = deviceOf(live.point()->where);
    } else if (live.answer().match) {
        MatchMark mark;
        mark.at = deviceOf(live.answer().match->where);
        mark.text = plainNumber(live.answer().match->score);
        data.match = mark;
    }
    return data;
}

}  // namespace mcj
