#pragma once

#include <memory>

#include "viewer/canvas/view_transform.h"
#include "viewer/session/tool_kind.h"

namespace mcj {

class Session;

/// Position of the pointer.
struct ToolPointer {
    ImagePos at;   ///< in the picture; may be outside it
    ViewPos view;  ///< in the widget
};

/// Cursor of a tool.
enum class ToolCursor { OpenHand, ClosedHand, BrushOutline, EraserOutline, Cross };

/// The function of the left button on the canvas. Calls come in the order press, move..., then
/// release or cancel. Tools change the session or the view and keep only the state of the current
/// drag; they do nothing without a picture. GUI thread.
class Tool {
public:
    virtual ~Tool() = default;
    virtual void press(const ToolPointer& pointer) = 0;
    virtual void move(const ToolPointer& pointer) = 0;
    virtual void release(const ToolPointer& pointer) = 0;
    /// Ends the drag without its last effect: Escape, another tool, loss of focus.
    virtual void cancel() = 0;
    [[nodiscard]] virtual ToolCursor cursor() const = 0;
};

/// `session` and `view` outlive the tool.
[[nodiscard]] std::unique_ptr<Tool> makeTool(ToolKind kind, Session& session, ViewTransform& view);

/// The same as a `PointF`; integers are pixel centres in both.
[[nodiscard]] PointF pointOf(ImagePos pos) noexcept;

}  // namespace mcj
