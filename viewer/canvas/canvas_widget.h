#pragma once

#include <QOpenGLWidget>
#include <QSurfaceFormat>
#include <memory>
#include <optional>

#include "media/base/raster.h"
#include "viewer/canvas/view_transform.h"
#include "viewer/session/notice.h"
#include "viewer/tools/tool.h"

namespace mcj {

class Session;

/// Whether text and legends lie over the picture.
enum class HudMode { Shown, Hidden };

/// The picture: draws the session's layers and overlay and turns mouse events into tool calls.
/// Painting uploads only what differs and never waits for a job. The left button is the tool's, the
/// middle one moves the picture, the wheel zooms at the pointer where the tool does not take it.
/// While a drag is under way, Space turns it into moving the picture and Escape cancels it.
/// GUI thread; several canvases may show one session.
class CanvasWidget : public QOpenGLWidget {
    Q_OBJECT
public:
    /// `session` outlives the widget.
    explicit CanvasWidget(Session& session, QWidget* parent = nullptr);
    ~CanvasWidget() override;

    /// OpenGL 3.3 core. A program that shows a canvas makes it the default format before its first
    /// window, so that the window and the canvas agree.
    [[nodiscard]] static QSurfaceFormat surfaceFormat();

    [[nodiscard]] ToolKind tool() const noexcept { return toolKind_; }
    [[nodiscard]] const ViewTransform& view() const noexcept { return view_; }
    /// Device pixels per picture pixel.
    [[nodiscard]] double zoom() const noexcept { return view_.deviceScale(); }
    /// The pixel under the pointer.
    [[nodiscard]] std::optional<PointPx> hoveredPixel() const noexcept { return hovered_; }
    void setHudMode(HudMode mode);
    [[nodiscard]] HudMode hudMode() const noexcept { return hud_; }
    /// Bytes handed to the graphics system so far.
    [[nodiscard]] std::size_t uploadedBytes() const noexcept;

public Q_SLOTS:
    void zoomToFit();
    void zoomToActual();
    /// About the middle of the widget.
    void zoomBy(double factor);
    /// Ends the drag that is under way.
    void setTool(mcj::ToolKind kind);

Q_SIGNALS:
    /// The pointer came to another pixel, or left the picture.
    void hovered(std::optional<mcj::PointPx> pixel);
    /// Zoom or place of the picture.
    void viewChanged();
    void toolChanged(mcj::ToolKind kind);
    /// The graphics system fails; said once.
    void noticed(const mcj::Notice& notice);

protected:
    void initializeGL() override;
    void paintGL() override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Gl;

    void releaseGl();
    void say(const Error& error);
    /// Brings size, pixel ratio and picture into the view.
    void syncView();
    void afterSessionChange();
    void movePointer(std::optional<ViewPos> pos);
    void updateHovered();
    void updateCursor();
    void beginDrag(Qt::MouseButton button, Tool& tool, const ToolPointer& pointer);
    void cancelDrag();
    void panInstead();
    void afterViewChange();
    [[nodiscard]] ToolPointer pointerAt(ViewPos pos, Qt::KeyboardModifiers modifiers = {}) const;
    void zoomAt(ViewPos pos, double factor);

    Session& session_;
    ViewTransform view_;
    std::unique_ptr<Tool> tool_;
    std::unique_ptr<Tool> pan_;  ///< of the middle button and of Space
    ToolKind toolKind_ = ToolKind::Pan;
    Tool* dragTool_ = nullptr;  ///< while a button is down
    Qt::MouseButton dragButton_ = Qt::NoButton;
    std::optional<ViewPos> pointer_;
    std::optional<PointPx> hovered_;
    HudMode hud_ = HudMode::Shown;
    std::unique_ptr<Gl> gl_;  ///< null while there is no context, or a broken one
    bool failureSaid_ = false;
};

}  // namespace mcj
