#include "viewer/canvas/canvas_content.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "media/figure/legends.h"
#include "viewer/canvas/overlay_text.h"
#include "viewer/session/inspection.h"
#include "viewer/session/legend_title.h"
#include "viewer/session/time_left.h"

namespace mcj {

namespace {

constexpr float kContourPx = 1.5F;  // logical pixels
constexpr float kHatchPx = 8.0F;

ImagePos positionOf(PointF point) { return {point.x, point.y}; }

/// Pixels of the picture that are visible, with a quarter of that beside them: what begins further
/// away is rarely long enough to be seen.
BoxPx nearVisible(const ViewTransform& transform) {
    const SizePx device = transform.deviceSize();
    const double aside = device.width / 4.0;
    const double above = device.height / 4.0;
    const ImagePos first = transform.imageFromDevice({-aside, -above});
    const ImagePos last = transform.imageFromDevice({device.width + aside, device.height + above});
    const SizePx size = transform.imageSize();
    const auto within = [](double at, int length) {
        return static_cast<int>(std::clamp(std::floor(at), 0.0, static_cast<double>(length)));
    };
    return {within(first.x, size.width), within(first.y, size.height),
            within(last.x + 1.0, size.width), within(last.y + 1.0, size.height)};
}

/// The lines of a layer, in pixels of the picture.
std::vector<MotionLine> motionOf(const View& view, const Layer& layer, double scale, BoxPx near) {
    if (layer.is<StreamLook>()) {
        const StreamlinesPtr streamlines = view.streamlines(layer.id);
        if (!streamlines) return {};
        return streamLines(*streamlines, layer.streams(), scale, near);
    }
    const FlowPtr flow = view.flow(layer.id);
    return flow ? flowArrows(*flow, layer.arrows(), scale, near) : std::vector<MotionLine>();
}

/// The topmost drawn scalar layer that has values.
std::optional<Layer> topScalarLayer(const View& view) {
    const std::vector<Layer>& layers = view.layers().layers();
    const auto found = std::find_if(layers.rbegin(), layers.rend(), [&](const Layer& layer) {
        return layer.is<ScalarLook>() && layer.drawn() && view.map(layer.id);
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
std::optional<Layer> legendFlowLayer(const View& view) {
    for (const char* id : {kFlowLayer, kTruthLayer}) {
        const Layer& layer = view.layers().layer(id);
        if (layer.drawn() && view.flow(id)) return layer;
    }
    return std::nullopt;
}

Probe probeOf(const Session& session, const View& view, const Inspection& values, DevicePos pos) {
    Probe probe;
    probe.at = pos;
    probe.title = "x " + std::to_string(values.at.x) + "   y " + std::to_string(values.at.y);
    const LayerStack& layers = view.layers();
    const bool lines =
        layers.layer(kArrowsLayer).drawn() || layers.layer(kStreamlinesLayer).drawn();
    if (values.flow && (lines || layers.layer(kFlowLayer).drawn())) {
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
    const bool masks =
        layers.layer(kMaskLayer).drawn() || layers.layer(kComparedMasksLayer).drawn();
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

/// The mask that the view shows of its frame: the compared one where only that is drawn.
MaskPtr maskIn(const Session& session, const View& view) {
    const LayerStack& layers = view.layers();
    const bool compared =
        layers.layer(kComparedMasksLayer).drawn() && !layers.layer(kMaskLayer).drawn();
    const FrameIndex frame = view.frame()->index;
    return compared ? session.projectTools().agreement.mask(frame) : session.masks().mask(frame);
}

/// Of the active object, or white to erase.
std::array<std::uint8_t, 3> colorOf(const Session& session, StrokeMode mode) {
    const MaskObject* object = session.masks().object(session.masks().activeObject());
    if (mode == StrokeMode::Erase || object == nullptr) return {255, 255, 255};
    return object->color;
}

BrushOutline brushOf(const Session& session, const ViewTransform& view, DevicePos centre,
                     StrokeMode mode) {
    BrushOutline outline;
    outline.centre = centre;
    outline.radiusPx = static_cast<float>(session.masks().brushRadiusPx() * view.deviceScale());
    outline.color = colorOf(session, mode);
    return outline;
}

OutlineMark outlineOf(const Session& session, const ViewTransform& view, const ToolOutline& drawn,
                      std::optional<ViewPos> pointer) {
    OutlineMark mark;
    for (const ImagePos& point : drawn.points) mark.points.push_back(view.deviceFromImage(point));
    if (drawn.toPointer && pointer) mark.pointer = view.deviceFromView(*pointer);
    mark.color = colorOf(session, drawn.mode);
    mark.marksPoints = drawn.marksPoints;
    return mark;
}

ScribbleMark scribbleOf(const Session& session, const ViewTransform& view,
                        const ToolScribble& drawn) {
    ScribbleMark mark;
    for (const ImagePos& point : drawn.points) mark.points.push_back(view.deviceFromImage(point));
    mark.color = colorOf(session, drawn.mode);
    return mark;
}

PinMark markOf(const Pin& pin, FrameIndex shown, const ViewTransform& transform) {
    PinMark mark;
    mark.color = kPinColors[pin.color];
    for (const auto& [frame, place] : pin.trajectory.points()) {
        mark.path.push_back(transform.deviceFromImage(positionOf(place)));
    }
    if (const auto place = pin.trajectory.at(shown)) {
        mark.at = transform.deviceFromImage(positionOf(*place));
    }
    return mark;
}

void addMarks(const View& view, const ViewTransform& transform, const PointerState& pointer,
              OverlayData& data) {
    const Pins& pins = view.pins();
    const FramePtr& shown = view.frame();
    if (pins.empty() || !shown) return;
    if (!pointer.tool.marksQuery && !view.layers().layer(kSimilarityLayer).drawn()) return;
    for (const Pin& pin : pins.all()) {
        data.pins.push_back(markOf(pin, shown->index, transform));
        data.pins.back().selected = &pin == pins.selected();
    }
    const Pin& selected = *pins.selected();
    // A cross stands where the user clicked; other frames show the best match.
    if (selected.query.frame == shown->index) {
        data.query = transform.deviceFromImage(positionOf(selected.query.where));
        return;
    }
    const std::optional<BestMatch> match = view.bestMatch();
    if (!match) return;
    std::string words = plainNumber(match->score, 2);
    if (const std::optional<float> away = view.matchDistancePx()) {
        words += "   " + plainNumber(*away, 1) + " px from the trajectory";
    }
    data.match = MatchMark{transform.deviceFromImage(positionOf(match->where)), words,
                           kPinColors[selected.color]};
}

void addMessage(const Session& session, OverlayData& data) {
    if (session.frames().isOpening()) {
        data.message = "Opening\xE2\x80\xA6";
    } else if (session.isOpen()) {
        data.message = "Reading the first frame\xE2\x80\xA6";
    } else {
        data.message = "Drop a video here, or press Ctrl+O to open one";
        data.hint = "Folders of images and project files can be opened in the same way";
    }
}

/// What is shown of `view` that is not final or has a setting worth knowing.
void addStateOf(const Session& session, const View& view, const ViewPlace& place,
                std::vector<std::string>& status) {
    if (const std::string preview = view.preview(); !preview.empty()) {
        status.push_back(std::string("preview by ") + flowProvider(preview).title);
    }
    if (const MaskPreview* mask = session.masks().preview(); mask != nullptr && place.active) {
        status.push_back(mask->text.toStdString() + ": Enter keeps it, Esc drops it");
    }
    if (const Layer& arrows = view.layers().layer(kArrowsLayer); arrows.drawn()) {
        status.push_back("arrows: " + legendNumber(arrows.arrows().length) + " x motion");
    }
    if (const Layer& streams = view.layers().layer(kStreamlinesLayer); streams.drawn()) {
        if (const StreamlinesPtr lines = view.streamlines(streams.id)) {
            // Near the end, and until all flows are computed, they are shorter.
            const std::size_t frames = lines->places.size() - 1;
            status.push_back("streamlines: " + std::to_string(frames) +
                             (frames == 1 ? " frame" : " frames"));
        }
    }
}

}  // namespace

std::vector<LayerDrawData> layersOf(const Session& session, const View& view,
                                    std::optional<std::uint64_t> maskUploaded,
                                    double devicePixelRatio) {
    std::vector<LayerDrawData> out;
    // An approximate picture has no other values.
    const FramePtr picture =
        view.frame() || view.offset() != 0 ? view.frame() : session.playhead().picture();
    if (!picture) return out;
    for (const Layer& layer : view.layers().layers()) {
        if (!layer.drawn() || layer.isLines()) continue;
        if (!layer.is<ImageLook>() && !view.frame()) continue;
        LayerDrawData data;
        data.layer = layer.id;
        data.opacity = layer.opacity;
        if (layer.is<ImageLook>()) {
            data.content = ImageContent{picture};
        } else if (layer.is<ColorsLook>()) {
            data.content = ColorsContent{view.colors(layer.id)};
        } else if (layer.is<FlowLook>()) {
            data.content =
                FlowContent{view.flow(layer.id), layer.flow().scalePx, layer.flow().wheel};
        } else if (layer.is<MaskLook>()) {
            MaskContent mask;
            const bool compared = layer.kind == kComparedMasksLayer;
            const ProjectAgreement& other = session.projectTools().agreement;
            mask.mask =
                compared ? other.mask(picture->index) : session.masks().mask(picture->index);
            if (layer.masks().covered && !compared) {
                mask.covered = session.masks().covered(picture->index);
            }
            mask.frame = picture->index;
            mask.palette = &session.masks().palette();
            mask.paletteRevision = session.masks().paletteRevision();
            const float contourPx = layer.masks().outline ? kContourPx : 0.0F;
            mask.contourPx = contourPx * static_cast<float>(devicePixelRatio);
            mask.hatchesObjects = layer.masks().hatched;
            mask.hatchPx = kHatchPx * static_cast<float>(devicePixelRatio);
            data.revision = compared ? other.revision() : session.masks().revision();
            if (maskUploaded && !compared) {
                mask.changed = session.masks().changedSince(mask.frame, *maskUploaded);
                mask.changedSince = *maskUploaded;
            }
            data.content = mask;
        } else {
            data.content = ScalarContent{view.map(layer.id), layer.scalar().colormap,
                                         layer.scalar().low, layer.scalar().high};
        }
        out.push_back(std::move(data));
    }
    return out;
}

std::vector<LineSet> linesOf(const View& view, const ViewTransform& transform) {
    std::vector<LineSet> sets;
    if (!view.frame() || transform.empty()) return sets;
    // Lines are as long on any screen, so the grid is chosen by logical pixels.
    const double scale = transform.deviceScale() / transform.devicePixelRatio();
    const BoxPx near = nearVisible(transform);
    for (const Layer& layer : view.layers().layers()) {
        if (!layer.drawn() || !layer.isLines()) continue;
        LineSet set{motionOf(view, layer, scale, near), layer.opacity};
        if (set.lines.empty()) continue;
        for (MotionLine& line : set.lines) {
            for (PointF& point : line.points) {
                const DevicePos at = transform.deviceFromImage(positionOf(point));
                point = {static_cast<float>(at.x), static_cast<float>(at.y)};
            }
        }
        sets.push_back(std::move(set));
    }
    return sets;
}

/// "DIS", or the folder of flow that was loaded from files.
std::string flowTitle(const View& view) {
    const std::string id = view.flowInUse();
    const FlowFilesPtr files = view.files(id);
    if (!files) return mcj::flowTitle(id);
    return std::filesystem::path(files->path()).filename().string();
}

/// "Masks" or "Compared masks, NAME" where those of only one of the two are drawn; else empty.
std::string maskTitle(const Session& session, const View& view) {
    const QString other = session.projectTools().agreement.otherName();
    const bool compared = view.layers().layer(kComparedMasksLayer).drawn();
    if (other.isEmpty() || compared == view.layers().layer(kMaskLayer).drawn()) return {};
    if (!compared) return layerTraits(kMaskLayer).title;
    return layerTraits(kComparedMasksLayer).title + (", " + other.toStdString());
}

std::string captionOf(const Session& session, std::size_t index) {
    const View& view = session.views().at(index);
    std::string caption(1, static_cast<char>('A' + index));
    caption += "  ";
    const std::vector<Layer>& layers = view.layers().layers();
    const auto top = std::find_if(layers.rbegin(), layers.rend(), [](const Layer& layer) {
        return layer.drawn() && !layer.is<ImageLook>() && !layer.is<MaskLook>();
    });
    const LayerTraits& traits =
        layerTraits(top == layers.rend() ? std::string(kImageLayer) : top->kind);
    const bool difference = std::string_view(traits.kind) == kDifferenceLayer;
    const std::string masks = top == layers.rend() ? maskTitle(session, view) : std::string();
    if (!masks.empty()) {
        caption += masks;
    } else {
        caption +=
            difference ? legendTitle(view, *top, session.document().state().objects) : traits.title;
    }
    const ProductKind* product = traits.product ? &productKind(traits.product) : nullptr;
    if (product != nullptr && product->byFlow) {
        caption += std::string(", ") + flowTitle(view);
    }
    if (product != nullptr && product->byLevel)
        caption += ", level " + std::to_string(view.level());
    const View& reference = session.views().at(0);
    if (product != nullptr && view.engine().id != reference.engine().id) {
        caption += ", " + view.engine().options.model.filename().string();
    }
    if (view.offset() != 0) {
        caption += ", " + std::string(view.offset() > 0 ? "+" : "\xE2\x88\x92") +
                   std::to_string(std::abs(view.offset())) +
                   (std::abs(view.offset()) == 1 ? " frame" : " frames");
    }
    return caption;
}

std::string spokenValues(const Session& session, const View& view, PointPx pixel) {
    std::string words = "x " + std::to_string(pixel.x) + ", y " + std::to_string(pixel.y);
    if (!view.frame()) return words;
    const Inspection values = inspect(view, maskIn(session, view), pixel);
    for (const ProbeRow& row : probeOf(session, view, values, {}).rows) {
        words += ", " + row.name + " " + row.value;
        if (!row.unit.empty()) words += " " + row.unit;
    }
    return words;
}

OverlayData overlayOf(const Session& session, const ViewPlace& place,
                      const ViewTransform& transform, const PointerState& pointer) {
    OverlayData data;
    if (!session.playhead().picture()) {
        if (place.first) addMessage(session, data);
        return data;
    }
    const View& view = session.views().at(place.index);
    const bool alone = place.shown == 1;
    if (place.first) data.status = statusOf(session, transform);
    if (!alone || session.views().size() > 1) {
        data.status.insert(data.status.begin(), captionOf(session, place.index));
    }
    addStateOf(session, view, place, data.status);
    data.framed = !alone && place.active;
    if (session.frames().isOpening()) {
        data.working = "opening another file";
    } else {
        data.working = session.pump().working().toStdString();
    }
    if (!place.first) data.working.clear();
    const std::optional<PointPx> pixel = pointer.at ? transform.pixelAt(*pointer.at) : std::nullopt;
    std::optional<Inspection> values;
    if (pixel && !pointer.tool.hidesValues && view.frame()) {
        values = inspect(view, maskIn(session, view), *pixel);
    }

    if (const std::optional<Layer> flow = legendFlowLayer(view)) {
        const bool probed = values && flow->id == kFlowLayer;
        data.flow = FlowLegend{flow->flow().wheel, flow->flow().scalePx,
                               probed ? values->flow : std::optional<PointF>{}};
    }
    if (const std::optional<Layer> layer = topScalarLayer(view)) {
        const ScalarLook& look = layer->scalar();
        const ScalarSpan span = scalarSpan(look.colormap, look.low, look.high);
        const ObjectTable& objects = session.document().state().objects;
        data.colorBar = ColorBar{look.colormap,
                                 span.low,
                                 span.high,
                                 legendTitle(view, *layer, objects),
                                 legendUnit(view, *layer),
                                 values ? values->scalar(layer->id) : std::optional<float>{}};
    }
    if (pointer.at) {
        const DevicePos device = transform.deviceFromView(*pointer.at);
        // While painting, the probe would cover the surroundings of the brush.
        if (pointer.tool.brush && place.active) {
            data.brush = brushOf(session, transform, device, *pointer.tool.brush);
        } else if (values && !pointer.tool.brush) {
            data.probe = probeOf(session, view, *values, device);
        }
        const bool elsewhere = !alone && !place.active;
        if (pixel && (elsewhere || pointer.crossHair)) data.cross = device;
    }
    if (pointer.tool.outline && place.active) {
        data.outline = outlineOf(session, transform, *pointer.tool.outline, pointer.at);
    }
    if (place.active) {
        for (const ToolScribble& drawn : pointer.tool.scribbles) {
            data.scribbles.push_back(scribbleOf(session, transform, drawn));
        }
    }
    addMarks(view, transform, pointer, data);
    return data;
}

}  // namespace mcj
