#include "viewer/tools/brush_tool.h"

#include <cmath>

namespace mcj {
namespace {

constexpr double kSizePerNotch = 1.15;

}  // namespace

BrushTool::~BrushTool() { end(); }

void BrushTool::press(const ToolPointer& pointer) {
    end();
    const std::optional<EditedFrame> shown = holdShownFrame(session_, Session::tr("Painting"));
    if (!shown) return;
    if (pointer.modifiers.testFlag(Qt::AltModifier)) {
        chooseObjectAt(pointer);
        return;
    }
    on_ = shown;
    const bool line = pointer.modifiers.testFlag(Qt::ShiftModifier) && last_ && last_->on == *shown;
    session_.masks().beginStroke(shown->frame, mode_, line ? last_->at : pointOf(pointer.at));
    drag(pointer);
}

void BrushTool::drag(const ToolPointer& pointer) {
    if (!on_) return;
    // Playback or another frame on screen ends a stroke.
    if (!session_.masks().stroking() || shownFrame(session_) != on_) {
        end();
        return;
    }
    session_.masks().extendStroke(pointOf(pointer.at));
    last_ = StrokeEnd{*on_, pointOf(pointer.at)};
}

void BrushTool::release(const ToolPointer& pointer) {
    drag(pointer);
    end();
}

void BrushTool::cancel() {
    if (on_ && session_.masks().stroking()) session_.masks().cancelStroke();
    on_.reset();
    last_.reset();
}

bool BrushTool::wheel(const ToolPointer& pointer, double notches) {
    if (!pointer.modifiers.testFlag(Qt::ControlModifier)) return false;
    MaskEditor& masks = session_.masks();
    masks.setBrushRadiusPx(
        static_cast<float>(masks.brushRadiusPx() * std::pow(kSizePerNotch, notches)));
    return true;
}

ToolOverlay BrushTool::overlay() const { return {.brush = mode_}; }

void BrushTool::chooseObjectAt(const ToolPointer& pointer) {
    const MaskPtr mask = session_.mask();
    const int x = static_cast<int>(std::lround(pointer.at.x));
    const int y = static_cast<int>(std::lround(pointer.at.y));
    if (!mask || x < 0 || y < 0 || x >= mask->size().width || y >= mask->size().height) return;
    const ObjectId object = mask->labels.at(y, x);
    if (object != kBackground && object != kVoid) session_.masks().setActiveObject(object);
}

void BrushTool::end() {
    if (on_ && session_.masks().stroking()) session_.masks().endStroke();
    on_.reset();
}

}  // namespace mcj
