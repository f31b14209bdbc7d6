#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "ui/timeline_track.h"
#include "viewer/session/session.h"

class QLabel;
class QSpinBox;

namespace mcj {

class CommandRegistry;

/// The bar with the decoded frames, in and out points, the tracks and the playhead. Click or drag
/// to scrub; drag an in or out point to move it; double-click a marker to rename it.
class TimelineBar : public QWidget {
    Q_OBJECT
public:
    explicit TimelineBar(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;
    /// Horizontal centre of a frame, in widget pixels.
    [[nodiscard]] double xOf(FrameIndex frame) const;
    /// Where the handle of the in or out point is taken hold of; nothing where it is not set.
    [[nodiscard]] std::optional<QPointF> inHandle() const;
    [[nodiscard]] std::optional<QPointF> outHandle() const;
    /// The vertical centre of the row of markers; only while there are markers.
    [[nodiscard]] double markersY() const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    /// What can be dragged besides the playhead.
    enum class Handle { None, In, Out, Row };

    [[nodiscard]] QRectF track() const;
    [[nodiscard]] TimelineScale scale() const;
    [[nodiscard]] double rowsBottom() const;
    /// Calls `visit(row, top)` for the rows that are shown, from the top.
    template <typename Visit>
    void visitRows(Visit visit) const;
    /// The row at `y`; null above, below and between the rows.
    [[nodiscard]] TimelineTrack* rowAt(double y) const;
    /// Where a row is drawn; empty if it is not shown.
    [[nodiscard]] QRectF rectOf(const TimelineTrack& row) const;
    /// The frame that the pointer there means.
    [[nodiscard]] FrameIndex frameAt(QPointF where) const;
    [[nodiscard]] Handle handleAt(QPointF where) const;
    void dragTo(QPointF where);
    void followRows();
    void paintRuler(QPainter& painter) const;
    void paintInOut(QPainter& painter) const;
    void paintPlayhead(QPainter& painter) const;

    Session& session_;
    std::vector<std::unique_ptr<TimelineTrack>> tracks_;  ///< from the top
    const TimelineTrack* markers_ = nullptr;              ///< one of them
    Handle dragged_ = Handle::None;
    TimelineTrack* draggedRow_ = nullptr;  ///< with `Handle::Row`
    int height_ = 0;                       ///< as the layout knows it
    FrameIndex hovered_ = -1;
};

/// Playback buttons, frame number and time, and the bar. Always as tall as its rows, so that the
/// picture above does not move when other panels are laid out.
class TimelineWidget : public QWidget {
    Q_OBJECT
public:
    TimelineWidget(Session& session, const CommandRegistry& commands, QWidget* parent = nullptr);

protected:
    bool event(QEvent* event) override;

private:
    void refresh();
    void showSpeed();

    Session& session_;
    TimelineBar* bar_;
    QSpinBox* frame_;
    QLabel* count_;
    QLabel* time_;
    QLabel* speed_;  ///< empty at normal speed
};

/// "1:02.345"; with hours if needed.
[[nodiscard]] QString timeText(double secs);
/// "0.25x"; with a minus sign backwards.
[[nodiscard]] QString speedText(double rate);

}  // namespace mcj
