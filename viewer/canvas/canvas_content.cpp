#include "viewer/canvas/canvas_content.h"

#include <algorithm>
#include <cmath>

#include "viewer/canvas/overlay_text.h"
#include "viewer/session/inspection.h"
#include "viewer/session/time_left.h"

namespace mcj {

namespace {

constexpr float kContourPx = 1.5F;  // logical pixels
constexpr float kHatchPx = 8.0F;

ImagePos positionOf(PointF point) { return {point.x, point.y}; }

/// The topmost drawn scalar layer that has values.
std::optional<Layer> topScalarLayer(const Session& session) {
    const std::vector<Layer>& layers = session.view().layers().layers();
    const auto found = std::find_if(layers.rbegin(), layers.rend(), [&](const Layer& layer) {
        return layer.is<ScalarLook>() && layer.drawn() && session.view().map(layer.id);
    });
    if (found == layers.rend()) return std::nullopt;
    return *found;
}

/// Approximate number, time and waiting time of a picture whose frame number is not known.
std::vector<std::string> statusOfApproximate(const Session& session,
                                             const ApproximatePicture& shown,
                                             const ViewTransform& view) {
    const double secs = shown.picture.secs;
    const double fps =
        session.frames().info().averageFps > 0.0 ? session.frames().info().averageFps : 25.0;
    std::vector<std::string> lines = {
        "About frame " + std::to_string(std::llround(secs * fps)) + " of about " +
            std::to_string(session.frames().frameCount()),
        clockTime(secs) + "  \xC2\xB7  " + zoomPercent(view.deviceScale())};
    std::string wait =
        "frame " + std::to_string(session.playhead().current()) + " is being located";
    const QString left =
        timeLeftText(session.frames().secsUntilKnown(session.playhead().current()));
    if (!left.isEmpty()) wait += ", " + left.toStdString();
    lines.push_back(wait);
    return lines;
}

std::vector<std::string> statusOf(const Session& session, const ViewTransform& view) {
    if (const ApproximatePicture* shown = session.playhead().approximate()) {
        return statusOfApproximate(session, *shown, view);
    }
    const FrameIndex index = session.playhead().shown()->index;
    std::string frame = "Frame " + std::to_string(index);
    // A count given only by the container is marked as approximate.
    frame += std::string(session.frames().scanned() ? " of " : " of about ") +
             std::to_string(session.frames().frameCount());
    return {frame, clockTime(session.frames().timeSecs(index)) + "  \xC2\xB7  " +
                       zoomPercent(view.deviceScale())};
}

/// The flow layer whose scale the legend shows: that of the flow itself before others.
std::optional<Layer> legendFlowLayer(const Session& session) {
    const View& view = session.view();
    for (const char* id : {kFlowLayer, kTruthLayer}) {
        const Layer& layer = view.layers().layer(id);
        if (layer.drawn() && view.flow(id)) return layer;
    }
    return std::nullopt;
}

Probe probeOf(const Session& session, const Inspection& values, DevicePos pos) {
    Probe probe;
    probe.at = pos;
    probe.title = "x " + std::to_string(values.at.x) + "   y " + std::to_string(values.at.y);
    const LayerStack& layers = session.view().layers();
    if (values.flow && layers.layer(kFlowLayer).drawn()) {
        const PointF flow = *values.flow;
        probe.rows.push_back({"u", signedNumber(flow.x), "px"});
        probe.rows.push_back({"v", signedNumber(flow.y), "px"});
        probe.rows.push_back({"|f|", plainNumber(std::hypot(flow.x, flow.y)), "px"});
        probe.rows.push_back({"angle", plainNumber(flowAngleDeg(flow), 1), "\xC2\xB0"});
    }
    for (const LayerTraits& traits : layerTraits()) {
        for (const Layer& layer : layers.layers()) {
            const std::optional<float> value = values.scalar(layer.id);
            if (layer.kind != traits.kind || !value || !layer.drawn()) continue;
            const bool pixels = std::string_view(traits.unit) == "px";
            probe.rows.push_back({traits.title, plainNumber(*value, 2), pixels ? "px" : ""});
        }
    }
    const bool masks = layers.layer(kMaskLayer).drawn();
    if (masks && values.object && *values.object != kBackground) {
        const MaskObject* object = session.masks().object(*values.object);
        const std::string name = *values.object == kVoid ? "void"
                                 : object != nullptr && !object->name.empty()
                                     ? object->name
                                     : std::to_string(*values.object);
        probe.rows.push_back({"object", name, ""});
    }
    if (probe.rows.empty()) {
        const auto& rgb = values.rgb;
        probe.rows.push_back(
            {"RGB",
             std::to_string(rgb[0]) + " " + std::to_string(rgb[1]) + " " + std::to_string(rgb[2]),
             ""});
    }
    return probe;
}

BrushOutline brushOf(const Session& session, const ViewTransform& view, DevicePos centre,
                     StrokeMode mode) {
    BrushOutline outline;
    outline.centre = centre;
    outline.radiusPx = static_cast<float>(session.masks().brushRadiusPx() * view.deviceScale());
    outline.color = {255, 255, 255};
    const MaskObject* object = session.masks().object(session.masks().activeObject());
    if (mode == StrokeMode::Paint && object != nullptr) outline.color = object->color;
    return outline;
}

void addMarks(const Session& session, const ViewTransform& view, const PointerState& pointer,
              OverlayData& data) {
    const auto& query = session.view().query();
    if (!query) return;
    if (!pointer.tool.marksQuery && !session.view().layers().layer(kSimilarityLayer).drawn())
        return;
    // The query has a position only in its own frame; other frames show the best match.
    if (session.playhead().shown() && query->frame == session.playhead().shown()->index) {
        data.query = view.deviceFromImage(positionOf(query->where));
        return;
    }
    const std::optional<BestMatch> match = session.view().bestMatch();
    if (!match) return;
    data.match =
        MatchMark{view.deviceFromImage(positionOf(match->where)), plainNumber(match->score, 2)};
}

void addMessage(const Session& session, OverlayData& data) {
    if (session.frames().isOpening()) {
        data.message = "Opening\xE2\x80\xA6";
    } else if (session.isOpen()) {
        data.message = "Reading the first frame\xE2\x80\xA6";
    } else {
        data.message = "Drop a video here, or press Ctrl+O to open one";
        data.hint = "Folders of images and project files can be opened too";
    }
}

}  // namespace

void MaskUploadTracker::describe(const Session& session, FrameIndex frame,
                                 std::uint64_t layerRevision, std::optional<std::uint64_t> uploaded,
                                 MaskContent& content) {
    // The difference is known only if the uploaded pixels are those described last.
    if (uploaded && frame_ == frame && *uploaded == layerRevision_) {
        content.changed = session.masks().changedSince(frame, editorRevision_);
        content.changedSince = *uploaded;
    }
    frame_ = frame;
    layerRevision_ = layerRevision;
    editorRevision_ = session.masks().revision();
}

std::vector<LayerDrawData> layersOf(const Session& session, MaskUploadTracker& tracker,
                                    std::optional<std::uint64_t> maskUploaded,
                                    double devicePixelRatio) {
    std::vector<LayerDrawData> out;
    if (!session.playhead().picture()) return out;
    for (const Layer& layer : session.view().layers().layers()) {
        if (!layer.drawn()) continue;
        // An approximate picture has no other values.
        if (!layer.is<ImageLook>() && !session.playhead().shown()) continue;
        LayerDrawData data;
        data.layer = layer.id;
        data.opacity = layer.opacity;
        if (layer.is<ImageLook>()) {
            data.content = ImageContent{session.playhead().picture()};
        } else if (layer.is<FlowLook>()) {
            data.content = FlowContent{session.view().flow(layer.id), layer.flow().scalePx,
                                       layer.flow().wheel};
        } else if (layer.is<MaskLook>()) {
            MaskContent mask;
            mask.mask = session.mask();
            mask.palette = &session.masks().palette();
            mask.paletteRevision = session.masks().paletteRevision();
            mask.contourPx = kContourPx * static_cast<float>(devicePixelRatio);
            mask.hatchPx = kHatchPx * static_cast<float>(devicePixelRatio);
            data.revision = session.maskRevision();
            tracker.describe(session, session.playhead().shown()->index, data.revision,
                             maskUploaded, mask);
            data.content = mask;
        } else {
            data.content = ScalarContent{session.view().map(layer.id), layer.scalar().colormap,
                                         layer.scalar().low, layer.scalar().high};
        }
        out.push_back(std::move(data));
    }
    return out;
}

OverlayData overlayOf(const Session& session, const ViewTransform& view,
                      const PointerState& pointer) {
    OverlayData data;
    if (!session.playhead().picture()) {
        addMessage(session, data);
        return data;
    }
    data.status = statusOf(session, view);
    if (session.frames().isOpening()) {
        data.working = "opening another file";
    } else {
        data.working = session.scheduler().working().toStdString();
    }
    const std::optional<PointPx> pixel = pointer.at ? view.pixelAt(*pointer.at) : std::nullopt;
    std::optional<Inspection> values;
    if (pixel && !pointer.tool.hidesValues && session.playhead().shown()) {
        values = inspect(session.view(), session.mask(), *pixel);
    }

    if (const std::optional<Layer> flow = legendFlowLayer(session)) {
        const bool probed = values && flow->id == kFlowLayer;
        data.flow = FlowLegend{flow->flow().wheel, flow->flow().scalePx,
                               probed ? values->flow : std::optional<PointF>{}};
    }
    if (const std::optional<Layer> layer = topScalarLayer(session)) {
        const ScalarLook& look = layer->scalar();
        const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
        data.colorBar = ColorBar{look.colormap,
                                 span.low,
                                 span.high,
                                 layerTraits(layer->kind).title,
                                 layerTraits(layer->kind).unit,
                                 values ? values->scalar(layer->id) : std::optional<float>{}};
    }
    if (pointer.at) {
        const DevicePos device = view.deviceFromView(*pointer.at);
        // While painting, the probe would cover the surroundings of the brush.
        if (pointer.tool.brush) {
            data.brush = brushOf(session, view, device, *pointer.tool.brush);
        } else if (values) {
            data.probe = probeOf(session, *values, device);
        }
    }
    addMarks(session, view, pointer, data);
    return data;
}

}  // namespace mcj
