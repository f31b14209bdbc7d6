#pragma once

#include <Qt>
#include <memory>
#include <optional>
#include <vector>

#include "viewer/canvas/view_transform.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/tool_kind.h"

namespace mcj {

class Session;

/// Position of the pointer and the modifier keys.
struct ToolPointer {
    ImagePos at;   ///< in the picture; may be outside it
    ViewPos view;  ///< in the widget
    Qt::KeyboardModifiers modifiers = Qt::NoModifier;
    float pressure = 1.0F;  ///< of a pen, 0..1; 1 for a mouse
};

enum class ToolCursor { OpenHand, ClosedHand, Cross };

/// The outline that is being drawn.
struct ToolOutline {
    std::vector<ImagePos> points;  ///< in their order
    StrokeMode mode = StrokeMode::Paint;
    bool marksPoints = false;  ///< the points can be dragged
    bool toPointer =
        false;  ///< a line leads from the last point to the pointer and on to the first
};

/// A line that marks something.
struct ToolScribble {
    std::vector<ImagePos> points;
    StrokeMode mode = StrokeMode::Paint;  ///< `Paint`: of the object
};

/// What a tool shows over the picture besides its cursor.
struct ToolOverlay {
    /// The outline of what a click would paint or erase, at the pointer.
    std::optional<StrokeMode> brush;
    bool marksQuery = false;   ///< the similarity point and its best match
    bool hidesValues = false;  ///< the values under the pointer would cover what is being moved
    std::optional<ToolOutline> outline;
    std::vector<ToolScribble> scribbles = {};
};

/// The function of the left button on the canvas. A drag comes as press, drag..., then release or
/// cancel; hover, wheel, key and doubleClick come at any time. Tools change the session or the view
/// and keep only the state of the current drag; they do nothing without a picture. GUI thread.
class Tool {
public:
    virtual ~Tool() = default;
    virtual void press(const ToolPointer& pointer) = 0;
    virtual void drag(const ToolPointer& pointer) = 0;
    virtual void release(const ToolPointer& pointer) = 0;
    /// Ends the drag without its last effect: Escape, another tool, loss of focus.
    virtual void cancel() = 0;
    /// The pointer moved with no button down.
    virtual void hover(const ToolPointer& /*pointer*/) {}
    /// Instead of a second press. Returns whether the tool took it; it is a press otherwise.
    virtual bool doubleClick(const ToolPointer& /*pointer*/) { return false; }
    /// `notches` of the wheel, away from the user positive. Returns whether the tool took it; the
    /// canvas zooms otherwise.
    virtual bool wheel(const ToolPointer& /*pointer*/, double /*notches*/) { return false; }
    /// A key of `Qt::Key` that no command has, or that the tool claims. Returns whether it took it.
    virtual bool key(int /*key*/, Qt::KeyboardModifiers /*modifiers*/) { return false; }
    /// Whether the tool takes `key`, pressed without Shift, Ctrl and Alt, before any command:
    /// something waits for Enter or Escape.
    [[nodiscard]] virtual bool claims(int /*key*/) const { return false; }
    /// Whether the tool changes the mask of the frame at the playhead.
    [[nodiscard]] virtual bool edits() const { return false; }
    [[nodiscard]] virtual ToolCursor cursor() const = 0;
    [[nodiscard]] virtual ToolOverlay overlay() const { return {}; }
};

/// `session` and `view` outlive the tool.
[[nodiscard]] std::unique_ptr<Tool> makeTool(ToolKind kind, Session& session, ViewTransform& view);

/// Distance up to which a press selects a pin or a corner, in logical pixels.
inline constexpr double kPickPx = 8.0;
/// Movement of the pointer that still counts as a click, in logical pixels.
inline constexpr double kStillPx = 3.0;

/// The same as a `PointF`; integers are pixel centres in both.
[[nodiscard]] PointF pointOf(ImagePos pos) noexcept;

/// The pixel at the position, which may be outside of the picture.
[[nodiscard]] PointPx pixelOf(ImagePos pos) noexcept;

}  // namespace mcj
