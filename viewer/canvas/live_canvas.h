#pragma once

#include <memory>
#include <optional>

#include "viewer/canvas/gl_canvas.h"
#include "viewer/canvas/view_transform.h"

namespace mcj {

class ImguiOverlay;
class LayerRenderer;
class Session;

/// Draws the live view: its picture, motion and similarity with the layers' settings of the active
/// view. A click or a drag with the left button chooses the point that is searched, Delete forgets
/// it, the middle button moves the picture, the wheel zooms at the pointer, and a double click
/// shows the whole picture. The arrow keys move a cross by one pixel, with Shift by ten, and Enter
/// chooses the point under it. GUI thread.
class LiveCanvas : public GlCanvas {
    Q_OBJECT
public:
    /// `session` outlives the widget.
    explicit LiveCanvas(Session& session, QWidget* parent = nullptr);
    ~LiveCanvas() override;

    [[nodiscard]] const ViewTransform& view() const noexcept { return view_; }

protected:
    void makePainter(QOpenGLFunctions_3_3_Core& gl) override;
    void dropPainter() override;
    void paintGL() override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Painter;

    void syncView();
    void choosePoint(ViewPos pos);
    /// Returns whether the key moves the cross, or chooses the point under it.
    [[nodiscard]] bool takesForCross(const QKeyEvent& event) const;
    void useCross(const QKeyEvent& event);

    Session& session_;
    ViewTransform view_;
    std::optional<ViewPos> pointer_;
    std::optional<PointPx> cross_;      ///< once the keys have moved it, until the mouse moves
    std::optional<ImagePos> grabbed_;   ///< while the middle button is pressed
    std::unique_ptr<Painter> painter_;  ///< null without a usable context
};

}  // namespace mcj
