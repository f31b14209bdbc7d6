#include "viewer/tools/brush_tool.h"

namespace mcj {

BrushTool::~BrushTool() { end(); }

void BrushTool::press(const ToolPointer& pointer) {
    end();
    if (session_.waitsForExact(Session::tr("Painting")) || !session_.frame()) return;
    if (session_.playing()) session_.pause();
    // The frame that is painted on stays on screen; a frame being decoded is cancelled.
    const FrameIndex shown = session_.frame()->index;
    session_.seek(shown);
    strokeFrame_ = shown;
    session_.masks().beginStroke(*strokeFrame_, mode_, pointOf(pointer.at));
}

void BrushTool::move(const ToolPointer& pointer) {
    if (!strokeFrame_) return;
    // Playback or another frame on screen ends a stroke.
    if (!session_.masks().stroking() || !session_.frame() ||
        session_.frame()->index != *strokeFrame_) {
        end();
        return;
    }
    session_.masks().extendStroke(pointOf(pointer.at));
}

void BrushTool::release(const ToolPointer& pointer) {
    move(pointer);
    end();
}

void BrushTool::cancel() {
    if (strokeFrame_ && session_.masks().stroking()) session_.masks().cancelStroke();
    strokeFrame_.reset();
}

ToolCursor BrushTool::cursor() const {
    return mode_ == StrokeMode::Paint ? ToolCursor::BrushOutline : ToolCursor::EraserOutline;
}

void BrushTool::end() {
    if (strokeFrame_ && session_.masks().stroking()) session_.masks().endStroke();
    strokeFrame_.reset();
}

}  // namespace mcj
