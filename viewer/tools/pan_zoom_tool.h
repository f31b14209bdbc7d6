#pragma once

#include <optional>

#include "viewer/tools/tool.h"

namespace mcj {

/// Dragging moves the picture; the grabbed position stays under the pointer. A double click
/// switches between the whole picture and actual pixels. The wheel zooms with every tool and is
/// handled by the canvas.
class PanZoomTool : public Tool {
public:
    explicit PanZoomTool(ViewTransform& view) : view_(view) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override { grabbed_.reset(); }
    bool doubleClick(const ToolPointer& pointer) override;
    [[nodiscard]] ToolCursor cursor() const override;
    [[nodiscard]] ToolOverlay overlay() const override;

private:
    ViewTransform& view_;
    std::optional<ImagePos> grabbed_;
};

}  // namespace mcj
