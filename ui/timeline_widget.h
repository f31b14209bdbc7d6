#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "ui/timeline_track.h"
#include "viewer/session/session.h"

class QLabel;
class QSpinBox;

namespace mcj {

class CommandRegistry;

/// The bar with the decoded frames, the tracks and the playhead. Click or drag to scrub.
class TimelineBar : public QWidget {
    Q_OBJECT
public:
    explicit TimelineBar(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;
    /// Horizontal centre of a frame, in widget pixels.
    [[nodiscard]] double xOf(FrameIndex frame) const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF track() const;
    [[nodiscard]] TimelineScale scale() const;
    [[nodiscard]] double rowsBottom() const;
    void paintRuler(QPainter& painter) const;
    void paintPlayhead(QPainter& painter) const;

    Session& session_;
    std::vector<std::unique_ptr<TimelineTrack>> tracks_;  ///< from the top
    FrameIndex hovered_ = -1;
};

/// Playback buttons, frame number and time, and the bar.
class TimelineWidget : public QWidget {
    Q_OBJECT
public:
    TimelineWidget(Session& session, const CommandRegistry& commands, QWidget* parent = nullptr);

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
