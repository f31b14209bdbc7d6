#include "viewer/tools/pan_zoom_tool.h"

#include <cmath>

namespace mcj {

void PanZoomTool::press(const ToolPointer& pointer) { grabbed_ = pointer.at; }

void PanZoomTool::drag(const ToolPointer& pointer) {
    if (grabbed_) view_.moveTo(*grabbed_, pointer.view);
}

void PanZoomTool::release(const ToolPointer&) { grabbed_.reset(); }

ToolCursor PanZoomTool::cursor() const {
    return grabbed_ ? ToolCursor::ClosedHand : ToolCursor::OpenHand;
}

bool PanZoomTool::doubleClick(const ToolPointer& pointer) {
    constexpr double kSame = 1e-6;
    const double scale = view_.deviceScale();
    if (std::abs(scale - 1.0) < kSame) {
        view_.fit();
    } else {
        view_.zoomAt(pointer.view, 1.0 / scale);
    }
    return true;
}

ToolOverlay PanZoomTool::overlay() const { return {.hidesValues = grabbed_.has_value()}; }

}  // namespace mcj
