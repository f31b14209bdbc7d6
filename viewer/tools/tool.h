#pragma once

#include <Qt>
#include <memory>
#include <optional>

#include "viewer/canvas/view_transform.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/tool_kind.h"

namespace mcj {

class Session;

/// Where the pointer is, and what is held with it.
struct ToolPointer {
    ImagePos at;   ///< in the picture; may lie beside it
    ViewPos view;  ///< in the widget
    Qt::KeyboardModifiers modifiers = Qt::NoModifier;
};

enum class ToolCursor { OpenHand, ClosedHand, Cross };

/// What a tool shows over the picture besides its cursor.
struct ToolOverlay {
    /// The outline of what a click would paint or erase, at the pointer.
    std::optional<StrokeMode> brush;
    bool marksQuery = false;   ///< the similarity point and its best match
    bool hidesValues = false;  ///< the values under the pointer would cover what is being moved
};

/// What the left button does on the canvas. A drag comes as press, drag..., then release or cancel;
/// hover, wheel, key and doubleClick come at any time. Tools change the session or the view and
/// keep only the drag that is under way; they do nothing while there is no picture. GUI thread.
class Tool {
public:
    virtual ~Tool() = default;
    virtual void press(const ToolPointer& pointer) = 0;
    virtual void drag(const ToolPointer& pointer) = 0;
    virtual void release(const ToolPointer& pointer) = 0;
    /// The drag ends without its last effect: Escape, another tool, a lost window.
    virtual void cancel() = 0;
    /// The pointer moved with no button down.
    virtual void hover(const ToolPointer& /*pointer*/) {}
    /// Instead of a second press.
    virtual void doubleClick(const ToolPointer& /*pointer*/) {}
    /// `notches` of the wheel, away from the user positive. Returns whether the tool took it; the
    /// canvas zooms otherwise.
    virtual bool wheel(const ToolPointer& /*pointer*/, double /*notches*/) { return false; }
    /// A key of `Qt::Key` that no command has. Returns whether the tool took it.
    virtual bool key(int /*key*/, Qt::KeyboardModifiers /*modifiers*/) { return false; }
    [[nodiscard]] virtual ToolCursor cursor() const = 0;
    [[nodiscard]] virtual ToolOverlay overlay() const { return {}; }
};

/// `session` and `view` outlive the tool.
[[nodiscard]] std::unique_ptr<Tool> makeTool(ToolKind kind, Session& session, ViewTransform& view);

/// As `PointF`, whose integers are pixel centres too.
[[nodiscard]] PointF pointOf(ImagePos pos) noexcept;

}  // namespace mcj
