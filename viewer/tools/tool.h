#pragma once

#include <memory>

#include "viewer/canvas/view_transform.h"
#include "viewer/session/tool_kind.h"

namespace mcj {

class Session;

/// Where the pointer is.
struct ToolPointer {
    ImagePos at;   ///< in the picture; may lie beside it
    ViewPos view;  ///< in the widget
};

/// What the pointer looks like while a tool waits or works.
enum class ToolCursor { OpenHand, ClosedHand, BrushOutline, EraserOutline, Cross };

/// What the left button does on the canvas. Calls come as press, move..., then release or cancel.
/// Tools change the session or the view and keep nothing but the drag that is under way; they do
/// nothing while there is no picture. GUI thread.
class Tool {
public:
    virtual ~Tool() = default;
    virtual void press(const ToolPointer& pointer) = 0;
    virtual void move(const ToolPointer& pointer) = 0;
    virtual void release(const ToolPointer& pointer) = 0;
    /// The drag ends without its last effect: Escape, another tool, a lost window.
    virtual void cancel() = 0;
    [[nodiscard]] virtual ToolCursor cursor() const = 0;
};

/// `session` and `view` outlive the tool.
[[nodiscard]] std::unique_ptr<Tool> makeTool(ToolKind kind, Session& session, ViewTransform& view);

/// As `PointF`, whose integers are pixel centres too.
[[nodiscard]] PointF pointOf(ImagePos pos) noexcept;

}  // namespace mcj
