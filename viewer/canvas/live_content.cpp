#include "viewer/canvas/live_content.h"

#include <cmath>
#include <string>
#include <utility>

#include "inference/engine/flow_provider.h"
#include "viewer/canvas/overlay_text.h"

namespace mcj {
namespace {

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

std::vector<std::string> statusOf(const Session& session, const LivePicture& picture,
                                  const ViewTransform& transform) {
    const LiveView& live = session.live();
    std::vector<std::string> lines{stateOf(live) + live.source().toStdString()};
    std::string place = "Frame " + std::to_string(live.shown()->index);
    if (live.shown()->pts) {
        const double secs = static_cast<double>(*live.shown()->pts) * live.info()->timeBase.value();
        place += "  \xC2\xB7  " + clockTime(secs);
    }
    lines.push_back(place + "  \xC2\xB7  " + zoomPercent(transform.deviceScale()));
    if (picture.motion) {
        lines.push_back("motion since the frame before, by " + flowTitle(live.answer().method) +
                        ageOf(live));
    }
    if (live.point() && session.view().engine().state == EngineState::Failed) {
        lines.push_back("similarity needs a model, and none could be loaded");
    }
    if (live.recording()) {
        lines.push_back("recording: " + std::to_string(live.recordingProgress().frames) +
                        " frames");
    }
    if (live.seen().recording()) {
        lines.push_back("recording what is seen: " + std::to_string(live.seen().progress().frames) +
                        " frames");
    }
    return lines;
}

Probe probeOf(const LivePicture& picture, PointPx pixel, DevicePos at) {
    Probe probe;
    probe.at = at;
    probe.title = "x " + std::to_string(pixel.x) + "   y " + std::to_string(pixel.y);
    if (picture.motion) {
        const PointF motion = picture.motion->at(pixel.y, pixel.x);
        probe.rows.push_back({"u", signedNumber(motion.x), "px"});
        probe.rows.push_back({"v", signedNumber(motion.y), "px"});
        probe.rows.push_back({"|f|", plainNumber(std::hypot(motion.x, motion.y)), "px"});
    }
    if (picture.similarity) {
        const float cosine = picture.similarity->values.at(pixel.y, pixel.x);
        probe.rows.push_back({"Similarity", plainNumber(cosine), ""});
    }
    const Raster<std::uint8_t>& rgb = picture.frame->rgb;
    std::string values;
    for (int c = 0; c < 3; ++c) {
        values += (c == 0 ? "" : " ") + std::to_string(rgb.at(pixel.y, pixel.x, c));
    }
    probe.rows.push_back({"RGB", values, ""});
    return probe;
}

void addLegends(const LivePicture& picture, std::optional<PointPx> pixel, OverlayData& data) {
    if (picture.motion) {
        data.flow = FlowLegend{picture.wheel, picture.scalePx, std::nullopt};
        if (pixel) data.flow->probed = picture.motion->at(pixel->y, pixel->x);
    }
    if (picture.similarity) {
        const ScalarLook& look = picture.similarityLook;
        const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
        data.colorBar =
            ColorBar{look.colormap, span.low, span.high, "Similarity", "cosine", std::nullopt};
        if (pixel) data.colorBar->probed = picture.similarity->values.at(pixel->y, pixel->x);
    }
}

}  // namespace

std::vector<LayerDrawData> liveLayersOf(const Session& session) {
    std::vector<LayerDrawData> out;
    const LivePicture picture = session.live().picture();
    for (const auto& [part, opacity] : picture.layers) {
        LayerDrawData data;
        data.opacity = opacity;
        switch (part) {
        case LivePicture::Part::Image:
            data.layer = kImageLayer;
            data.content = ImageContent{picture.frame};
            break;
        case LivePicture::Part::Motion:
            data.layer = kFlowLayer;
            data.content = FlowContent{picture.motion, picture.scalePx, picture.wheel};
            break;
        case LivePicture::Part::Similarity: {
            const ScalarLook& look = picture.similarityLook;
            data.layer = kSimilarityLayer;
            data.content = ScalarContent{picture.similarity, look.colormap, look.low, look.high};
            break;
        }
        }
        out.push_back(std::move(data));
    }
    return out;
}

OverlayData liveOverlayOf(const Session& session, const ViewTransform& transform,
                          std::optional<ViewPos> pointer) {
    OverlayData data;
    const LivePicture picture = session.live().picture();
    if (!picture.frame) return data;
    data.status = statusOf(session, picture, transform);
    std::optional<PointPx> pixel;
    if (pointer) pixel = transform.pixelAt(*pointer);
    addLegends(picture, pixel, data);
    if (pixel) data.probe = probeOf(picture, *pixel, transform.deviceFromView(*pointer));
    const auto deviceOf = [&transform](PointF at) {
        return transform.deviceFromImage({at.x, at.y});
    };
    // A cross stands where the user clicked; other frames show the best match.
    if (picture.point) data.query = deviceOf(*picture.point);
    if (picture.match) {
        MatchMark mark;
        mark.at = deviceOf(*picture.match);
        mark.text = plainNumber(session.live().answer().match->score);
        data.match = mark;
    }
    return data;
}

}  // namespace mcj
