#include "viewer/tools/brush_tool.h"

#include <cmath>

namespace mcj {
namespace {

constexpr double kSizePerNotch = 1.15;

}  // namespace

BrushTool::~BrushTool() { end(); }

void BrushTool::press(const ToolPointer& pointer) {
    end();
    tap_.reset();
    const std::optional<EditedFrame> shown = holdShownFrame(session_, Session::tr("Painting"));
    if (!shown) return;
    if (pointer.modifiers.testFlag(Qt::AltModifier)) {
        tap_ = Tap{*shown, pointer};
    } else {
        begin(*shown, pointer, takesAway(pointer) ? StrokeMode::Erase : mode_);
    }
}

void BrushTool::begin(const EditedFrame& on, const ToolPointer& pointer, StrokeMode mode) {
    on_ = on;
    strokeMode_ = mode;
    const bool line = pointer.modifiers.testFlag(Qt::ShiftModifier) && last_ && last_->on == on;
    session_.masks().beginStroke(on.frame, mode, line ? last_->at : pointOf(pointer.at),
                                 pointer.pressure, session_.playhead().shown());
    drag(pointer);
}

void BrushTool::drag(const ToolPointer& pointer) {
    if (tap_) {
        const ViewPos from = tap_->pressed.view;
        if (std::hypot(pointer.view.x - from.x, pointer.view.y - from.y) < kStillPx) return;
        const Tap tap = *tap_;
        tap_.reset();
        if (shownFrame(session_) == tap.on) begin(tap.on, tap.pressed, StrokeMode::Erase);
    }
    if (!on_) return;
    // Playback or another frame on screen ends a stroke.
    if (!session_.masks().stroking() || shownFrame(session_) != on_) {
        end();
        return;
    }
    session_.masks().extendStroke(pointOf(pointer.at), pointer.pressure);
    last_ = StrokeEnd{*on_, pointOf(pointer.at)};
}

void BrushTool::release(const ToolPointer& pointer) {
    drag(pointer);
    if (tap_) session_.masks().pickObject(tap_->on.frame, pixelOf(tap_->pressed.at));
    tap_.reset();
    end();
}

void BrushTool::cancel() {
    tap_.reset();
    if (on_ && session_.masks().stroking()) session_.masks().cancelStroke();
    on_.reset();
    strokeMode_ = mode_;
    last_.reset();
}

bool BrushTool::wheel(const ToolPointer& pointer, double notches) {
    if (!pointer.modifiers.testFlag(Qt::ControlModifier)) return false;
    MaskEditor& masks = session_.masks();
    masks.setBrushRadiusPx(
        static_cast<float>(masks.brushRadiusPx() * std::pow(kSizePerNotch, notches)));
    return true;
}

ToolOverlay BrushTool::overlay() const { return {.brush = strokeMode_}; }

void BrushTool::end() {
    if (on_ && session_.masks().stroking()) session_.masks().endStroke();
    on_.reset();
    strokeMode_ = mode_;
}

}  // namespace mcj
