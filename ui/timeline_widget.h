#pragma once

#include <QWidget>

#include "viewer/session/session.h"

class QLabel;
class QSpinBox;

namespace mcj {

class Actions;

/// The bar that time runs along: what is decoded, where masks and anchors are, how sure propagation
/// was, how similar the best match is, and the playhead. Click or drag to scrub.
class TimelineBar : public QWidget {
    Q_OBJECT
public:
    explicit TimelineBar(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override { return {600, 74}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 74}; }
    /// Horizontal middle of a frame, in widget pixels.
    [[nodiscard]] double xOf(FrameIndex frame) const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF track() const;
    [[nodiscard]] FrameIndex frameAt(double x) const;
    void paintRuler(QPainter& painter) const;
    void paintMasks(QPainter& painter) const;
    void paintSimilarity(QPainter& painter) const;
    void paintPlayhead(QPainter& painter) const;

    Session& session_;
    FrameIndex hovered_ = -1;
};

/// Play buttons, the frame's number and time, and the bar.
class TimelineWidget : public QWidget {
    Q_OBJECT
public:
    TimelineWidget(Session& session, const Actions& actions, QWidget* parent = nullptr);

private:
    void refresh();

    Session& session_;
    TimelineBar* bar_;
    QSpinBox* frame_;
    QLabel* count_;
    QLabel* time_;
};

/// "1:02.345"; hours where there are any.
[[nodiscard]] QString timeText(double secs);

}  // namespace mcj
