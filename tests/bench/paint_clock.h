#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <functional>
#include <vector>

namespace mcj {
class CanvasWidget;
}

/// Measures what a change on the canvas costs.
namespace mcj::bench {

/// Milliseconds of one frame.
struct FrameTimes {
    double handlerMs = 0.0;  ///< of the action that caused it
    double paintMs = 0.0;    ///< from the begin of paintGL to the end of its drawing (glFinish)
    double paintedMs = 0.0;  ///< from the begin of the action to the end of the drawing
    double swappedMs = 0.0;  ///< from the begin of the action to the swap of the window's buffers
};

/// Watches one canvas; GUI thread.
class PaintClock : public QObject {
public:
    explicit PaintClock(CanvasWidget& canvas);
    /// Runs `act` and then the event loop until the canvas was painted and its window swapped.
    /// Ends the program with a message if that takes longer than a minute.
    [[nodiscard]] FrameTimes time(const std::function<void()>& act);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void finishPaint();

    CanvasWidget& canvas_;
    QElapsedTimer clock_;
    qint64 paintBeginNs_ = 0;  ///< 0: not begun
    qint64 paintEndNs_ = 0;
    qint64 swapNs_ = 0;
};

/// The value below which the share `share` (0..1) of `values` lies; `values` is not empty.
[[nodiscard]] double quantile(std::vector<double> values, double share);

/// Runs the event loop as a program does (QTest's own waiting sleeps between events) until `done`.
/// Ends the program with a message that names `what` after `mostMs`.
void runUntil(const std::function<bool()>& done, const char* what, int mostMs = 60'000);

}  // namespace mcj::bench
