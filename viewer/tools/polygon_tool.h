#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "viewer/tools/edited_frame.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// Clicks place the points of a polygon, and dragging a point moves it. A double click, Enter or a
/// click on the first point closes it: the active object gets its pixels, as one undo step. If the
/// first point was placed with Alt or Ctrl, the object loses them. Backspace removes the newest
/// point, Escape all of them; so does showing another frame.
class PolygonTool : public Tool {
public:
    PolygonTool(Session& session, const ViewTransform& view) : session_(session), view_(view) {}

    void press(const ToolPointer& pointer) override;
    void drag(const ToolPointer& pointer) override;
    void release(const ToolPointer& pointer) override;
    void cancel() override;
    bool doubleClick(const ToolPointer& pointer) override;
    bool key(int key, Qt::KeyboardModifiers modifiers) override;
    [[nodiscard]] bool claims(int key) const override;
    [[nodiscard]] bool edits() const override { return true; }
    [[nodiscard]] ToolCursor cursor() const override { return ToolCursor::Cross; }
    [[nodiscard]] ToolOverlay overlay() const override;

private:
    struct Grip {
        std::size_t point = 0;
        ViewPos pressed;
        std::optional<ImagePos> before;  ///< none: the point was placed by this press
        bool moved = false;
    };

    void close();
    void forget();
    /// Whether points are placed on the frame on screen.
    [[nodiscard]] bool open() const;
    [[nodiscard]] std::optional<std::size_t> pointAt(ViewPos at) const;

    Session& session_;
    const ViewTransform& view_;
    EditedFrame on_;
    StrokeMode mode_ = StrokeMode::Paint;
    std::vector<ImagePos> points_;
    std::optional<Grip> grip_;  ///< while the button is down
};

}  // namespace mcj
