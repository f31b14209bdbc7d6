#include "viewer/tools/pan_zoom_tool.h"

namespace mcj {

void PanZoomTool::press(const ToolPointer& pointer) { grabbed_ = pointer.at; }

void PanZoomTool::move(const ToolPointer& pointer) {
    if (grabbed_) view_.moveTo(*grabbed_, pointer.view);
}

void PanZoomTool::release(const ToolPointer&) { grabbed_.reset(); }

ToolCursor PanZoomTool::cursor() const {
    return grabbed_ ? ToolCursor::ClosedHand : ToolCursor::OpenHand;
}

}  // namespace mcj
