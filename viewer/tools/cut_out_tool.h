#pragma once

#include <QObject>
#include <optional>
#include <vector>

#include "media/base/frame.h"
#include "viewer/tools/edited_frame.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// Drags mark the object, with Alt or Ctrl the background; after each, the object that they mark is
/// proposed for the active object (cut_out.h), until Enter or Escape (preview_keys.h). Backspace
/// takes the last mark back. Marks are forgotten when an edit starts and when a drag begins on
/// another frame.
class CutOutTool : public Tool {
public:
    explicit CutOutTool(Session& session);

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override;
    bool key(int key, Qt::KeyboardModifiers modifiers) override;
    [[nodiscard]] bool claims(int key) const override;
    [[nodiscard]] bool edits() const override { return true; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }
    [[nodiscard]] ToolOverlay overlay() const override;

private:
    void forget();
    void propose();
    /// There are marks on the frame on screen.
    [[nodiscard]] bool open() const;

    Session& session_;
    FramePtr frame_;  ///< that is marked
    std::vector<ToolScribble> scribbles_;
    bool dragging_ = false;  ///< the last scribble is being drawn
    QObject listener_;       ///< ends the connections
};

}  // namespace mcj
