#pragma once

#include "viewer/tools/tool.h"

namespace mcj {

/// A click gives the connected area under the pointer, of one object or of background, to the
/// active object; with Alt or Ctrl it becomes background. One undo step.
class FillTool : public Tool {
public:
    explicit FillTool(Session& session) : session_(session) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer&) override {}
    void release(const ToolPointer&) override {}
    void cancel() override {}
    [[nodiscard]] bool edits() const override { return true; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }

private:
    Session& session_;
};

}  // namespace mcj
