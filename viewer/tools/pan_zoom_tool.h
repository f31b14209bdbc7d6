#pragma once

#include <optional>

#include "viewer/tools/tool.h"

namespace mcj {

/// Drag moves the picture; the place that was grabbed stays under the pointer. A double click
/// changes between the whole picture and its actual pixels. (The wheel zooms with every tool: the
/// canvas does that.)
class PanZoomTool : public Tool {
public:
    explicit PanZoomTool(ViewTransform& view) : view_(view) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override { grabbed_.reset(); }
    void doubleClick(const ToolPointer& pointer) override;
    [[nodiscard]] ToolCursor cursor() const override;
    [[nodiscard]] ToolOverlay overlay() const override;

private:
    ViewTransform& view_;
    std::optional<ImagePos> grabbed_;
};

}  // namespace mcj
