#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/base/colormap.h"
#include "media/base/flow_color.h"
#include "media/figure/motion_lines.h"
#include "viewer/canvas/view_transform.h"

class QOpenGLFunctions_3_3_Core;

namespace mcj {

/// The legend of the flow layer: colour wheel and scale.
struct FlowLegend {
    FlowWheel wheel = FlowWheel::Middlebury;
    float scalePx = 1.0F;
    std::optional<PointF> probed;  ///< flow under the pointer: marked on the wheel
};

/// The legend of one scalar layer: colours and values.
struct ColorBar {
    Colormap colors = Colormap::Viridis;
    float low = 0.0F;
    float high = 1.0F;
    std::string title;
    std::string unit;
    std::optional<float> probed;  ///< value under the pointer: marked on the bar
};

struct ProbeRow {
    std::string name;
    std::string value;
    std::string unit;
};
/// Values at the pointer.
struct Probe {
    DevicePos at;
    std::string title;
    std::vector<ProbeRow> rows;
};

struct BrushOutline {
    DevicePos centre;
    float radiusPx = 0.0F;  ///< device pixels
    std::array<std::uint8_t, 3> color{};
};

/// The outline of a region that is being drawn.
struct OutlineMark {
    std::vector<DevicePos> points;
    std::optional<DevicePos> pointer;  ///< where the next point would be
    std::array<std::uint8_t, 3> color{};
    bool marksPoints = false;
};

/// A line that marks something for a tool; one point is a dot.
struct ScribbleMark {
    std::vector<DevicePos> points;
    std::array<std::uint8_t, 3> color{};
};

struct MatchMark {
    DevicePos at;
    std::string text;  ///< its score and its distance from the trajectory
    std::array<std::uint8_t, 3> color{0x5e, 0xa8, 0xe0};
};

/// A pin with its way through the frames.
struct PinMark {
    std::array<std::uint8_t, 3> color{};
    std::vector<DevicePos> path;  ///< of all frames that its trajectory reaches
    std::optional<DevicePos> at;  ///< in the shown frame
    bool selected = false;
};

/// The lines of one layer, in device pixels.
struct LineSet {
    std::vector<MotionLine> lines;
    float opacity = 1.0F;
};

/// The line between the two views of a wipe.
struct WipeMark {
    DevicePos at;  ///< the middle of the line; it has the height of the overlay
    std::string left;
    std::string right;
};

/// Content of the overlay. Empty members are not drawn.
struct OverlayData {
    std::vector<LineSet> lines;        ///< below everything else
    std::optional<BoxPx> linesWithin;  ///< part of the overlay that has lines; none: all of it
    std::vector<std::string> status;   ///< top left; the first line is emphasised
    std::string working;               ///< "Computing flow"
    std::optional<FlowLegend> flow;
    std::optional<ColorBar> colorBar;
    std::optional<Probe> probe;
    std::optional<BrushOutline> brush;
    std::optional<OutlineMark> outline;
    std::vector<ScribbleMark> scribbles;
    std::vector<PinMark> pins;  ///< below the following marks
    std::optional<DevicePos> query;
    std::optional<MatchMark> match;
    std::optional<DevicePos>
        cross;  ///< at a pointer without a cursor: moved by keys, or another view's
    std::optional<WipeMark> wipe;
    bool framed = false;  ///< a line around the view: it is the active one of several
    std::string caption;  ///< at the bottom, wrapped
    std::string message;  ///< in the middle, if there is no picture
    std::string hint;     ///< below it
};

/// Draws `OverlayData` with Dear ImGui, without input. Text is rasterised at the screen's pixel
/// density. Owns a Dear ImGui context and GL objects: every member, including the destructor, needs
/// the GL context of `gl` to be current. GUI thread. Errors: `Error{Device}` if the backend does
/// not start.
class ImguiOverlay {
public:
    explicit ImguiOverlay(QOpenGLFunctions_3_3_Core& gl);
    ~ImguiOverlay();
    ImguiOverlay(const ImguiOverlay&) = delete;
    ImguiOverlay& operator=(const ImguiOverlay&) = delete;

    /// Draws over a part of the bound framebuffer, at `devicePixelRatio`. Positions in `data` are
    /// from the top left corner of `part`; `framebuffer` is the whole size.
    void draw(const OverlayData& data, BoxPx part, SizePx framebuffer, double devicePixelRatio);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mcj
