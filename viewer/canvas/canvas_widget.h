#pragma once

#include <memory>
#include <optional>

#include "media/base/raster.h"
#include "viewer/canvas/canvas_tiles.h"
#include "viewer/canvas/gl_canvas.h"
#include "viewer/canvas/view_places.h"
#include "viewer/canvas/view_transform.h"
#include "viewer/session/bookmarks.h"
#include "viewer/tools/tool.h"

namespace mcj {

class Session;
class ViewPainter;

/// Whether text and legends are drawn over the picture.
enum class HudMode { Shown, Hidden };

/// Whether a cross is drawn at the pointer: where no mouse cursor shows its place.
enum class CrossHair { Hidden, Shown };

/// Draws the session's views and the overlay, and passes mouse and key events to the tool.
/// Painting uploads only changed pixels and does not wait for jobs. The left button uses the tool,
/// the middle button moves the picture, and the wheel zooms at the pointer where the tool does not
/// take it. During a drag, Space moves the picture instead and Escape cancels the drag. A press in
/// a view activates it, in a difference the active one stays; the line of a wipe can be dragged.
/// Where the views have a zoom of their own, the wheel activates the view under it, too.
/// GUI thread; several canvases may show one session.
class CanvasWidget : public GlCanvas {
    Q_OBJECT
public:
    /// `session` outlives the widget.
    explicit CanvasWidget(Session& session, QWidget* parent = nullptr);
    ~CanvasWidget() override;

    [[nodiscard]] ToolKind tool() const noexcept { return toolKind_; }
    /// The position of the picture in the box of the active view: see `tiles`.
    [[nodiscard]] const ViewTransform& view() const noexcept { return view_; }
    /// The positions in all views, which may differ.
    [[nodiscard]] const ViewPlaces& places() const noexcept { return places_; }
    /// The places of the shown views.
    [[nodiscard]] std::vector<CanvasTile> tiles() const;
    /// Device pixels per picture pixel.
    [[nodiscard]] double zoom() const noexcept { return view_.deviceScale(); }
    /// The pixel under the pointer.
    [[nodiscard]] std::optional<PointPx> hoveredPixel() const noexcept { return hovered_; }
    void setHudMode(HudMode mode);
    [[nodiscard]] HudMode hudMode() const noexcept { return hud_; }
    /// The part of the picture that is shown, for bookmarks and other canvases.
    [[nodiscard]] CanvasLook look() const;
    void setLook(const CanvasLook& look);
    /// Words for the audience at the bottom of the picture; empty: none.
    void setCaption(const QString& caption);
    void setCrossHair(CrossHair crossHair);
    /// Moves the picture if the position is not on screen.
    void reveal(ImagePos where);
    /// Size of text and legends, 1 or more.
    void setTextScale(double scale);
    /// Bytes uploaded to the graphics card so far.
    [[nodiscard]] std::size_t uploadedBytes() const noexcept;

public Q_SLOTS:
    void zoomToFit();
    void zoomToActual();
    /// Zooms about the middle of the widget.
    void zoomBy(double factor);
    /// Ends the current drag.
    void setTool(mcj::ToolKind kind);

Q_SIGNALS:
    /// The pointer moved to another pixel, or left the picture.
    void hovered(std::optional<mcj::PointPx> pixel);
    /// Zoom or position of the picture changed.
    void viewChanged();
    void toolChanged(mcj::ToolKind kind);

protected:
    void makePainter(QOpenGLFunctions_3_3_Core& gl) override;
    void dropPainter() override;
    void paintGL() override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    /// Keeps the pen's pressure for the mouse event that Qt makes of an ignored event.
    void tabletEvent(QTabletEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    /// Updates the view's widget size, pixel ratio and picture size.
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
    /// `pos` of the widget from the corner of the box of the view under it or, during a drag, of
    /// the view in which the drag began.
    [[nodiscard]] ViewPos inTile(QPointF pos) const;
    /// The view of that box.
    [[nodiscard]] std::size_t viewAt(QPointF pos) const;
    /// Before the wheel zooms: see above.
    void activateUnder(QPointF pos);
    [[nodiscard]] bool onWipeLine(QPointF pos) const;
    [[nodiscard]] bool mayUseTool();
    [[nodiscard]] bool toolClaims(const QKeyEvent& event) const;
    void zoomAt(ViewPos pos, double factor);

    Session& session_;
    ViewPlaces places_;
    ViewTransform& view_ = places_.active();
    std::unique_ptr<Tool> tool_;
    std::unique_ptr<Tool> pan_;  ///< of the middle button and of Space
    ToolKind toolKind_ = ToolKind::Pan;
    Tool* dragTool_ = nullptr;  ///< while a button is pressed
    Qt::MouseButton dragButton_ = Qt::NoButton;
    bool dragsWipe_ = false;
    std::optional<PointPx> dragOrigin_;  ///< corner of the box in which the drag began
    std::optional<ViewPos> pointer_;     ///< from the corner of a box
    std::size_t pointerView_ = 0;        ///< the view of this box
    float pressure_ = 1.0F;              ///< of the pen that is down, 0..1
    std::optional<PointPx> hovered_;
    HudMode hud_ = HudMode::Shown;
    CrossHair crossHair_ = CrossHair::Hidden;
    QString caption_;
    double textScale_ = 1.0;
    std::unique_ptr<ViewPainter> painter_;  ///< null without a usable context
};

}  // namespace mcj
