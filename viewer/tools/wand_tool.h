#pragma once

#include "viewer/tools/tool.h"

namespace mcj {

/// A click proposes the region with features similar to those of the pixel for the active object;
/// with Alt or Ctrl it is removed from that object. A drag to the right makes the region larger, to
/// the left smaller; so does the wheel, away from the user and towards them, while a region waits
/// for Enter or Escape (preview_keys.h).
class WandTool : public Tool {
public:
    explicit WandTool(Session& session) : session_(session) {}
    ~WandTool() override;

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer&) override { dragging_ = false; }
    void cancel() override;
    bool wheel(const ToolPointer& pointer, double notches) override;
    [[nodiscard]] bool edits() const override { return true; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }

private:
    Session& session_;
    bool dragging_ = false;
    double pressedX_ = 0.0;         ///< logical pixels of the widget
    float thresholdBefore_ = 0.0F;  ///< when the button was pressed
};

}  // namespace mcj
