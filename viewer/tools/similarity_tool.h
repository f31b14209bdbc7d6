#pragma once

#include <cstddef>
#include <optional>

#include "viewer/tools/tool.h"

namespace mcj {

/// Clicking or dragging moves the selected pin to the position under the pointer, or places the
/// first one; with Ctrl, moving the pointer is enough. Each position replaces the previous one
/// without a queue. Shift and a click place another pin. A click on another pin, or on its
/// trajectory's point in the shown frame, selects it. Positions outside the picture are ignored.
/// Delete removes the selected pin.
class SimilarityTool : public Tool {
public:
    SimilarityTool(Session& session, const ViewTransform& view) : session_(session), view_(view) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer&) override { dragging_ = false; }
    void cancel() override { dragging_ = false; }
    void hover(const ToolPointer& pointer) override;
    bool key(int key, Qt::KeyboardModifiers modifiers) override;
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }
    [[nodiscard]] ToolOverlay overlay() const override { return {.marksQuery = true}; }

private:
    void ask(const ToolPointer& pointer);
    /// None outside of the picture.
    [[nodiscard]] std::optional<PointF> askedAt(ImagePos at) const;
    /// The place of the pin at the pointer other than the selected one, among all pins.
    [[nodiscard]] std::optional<std::size_t> otherPinAt(const ToolPointer& pointer) const;

    Session& session_;
    const ViewTransform& view_;
    bool dragging_ = false;
};

}  // namespace mcj
