#include "tests/bench/paint_clock.h"

#include <QEvent>
#include <QEventLoop>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "viewer/canvas/canvas_widget.h"

namespace mcj::bench {
namespace {

double millis(qint64 nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

PaintClock::PaintClock(CanvasWidget& canvas) : canvas_(canvas) {
    clock_.start();
    canvas.installEventFilter(this);
    connect(&canvas, &QOpenGLWidget::aboutToCompose, this, &PaintClock::finishPaint);
    connect(&canvas, &QOpenGLWidget::frameSwapped, this, [this] {
        if (paintEndNs_ != 0 && swapNs_ == 0) swapNs_ = clock_.nsecsElapsed();
    });
}

bool PaintClock::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &canvas_ && event->type() == QEvent::Paint && paintBeginNs_ == 0) {
        paintBeginNs_ = clock_.nsecsElapsed();
    }
    return false;
}

void PaintClock::finishPaint() {
    if (paintBeginNs_ == 0 || paintEndNs_ != 0) return;
    canvas_.makeCurrent();
    // A software renderer draws when the results are needed.
    QOpenGLContext::currentContext()->functions()->glFinish();
    paintEndNs_ = clock_.nsecsElapsed();
}

FrameTimes PaintClock::time(const std::function<void()>& act) {
    paintBeginNs_ = paintEndNs_ = swapNs_ = 0;
    const qint64 begin = clock_.nsecsElapsed();
    act();
    const qint64 handled = clock_.nsecsElapsed();
    runUntil([this] { return swapNs_ != 0; }, "a painted canvas");
    return {.handlerMs = millis(handled - begin),
            .paintMs = millis(paintEndNs_ - paintBeginNs_),
            .paintedMs = millis(paintEndNs_ - begin),
            .swappedMs = millis(swapNs_ - begin)};
}

double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void runUntil(const std::function<bool()>& done, const char* what, int mostMs) {
    QElapsedTimer clock;
    clock.start();
    QEventLoop loop;
    while (!done()) {
        if (clock.hasExpired(mostMs)) {
            std::fprintf(stderr, "error: waited in vain for %s\n", what);
            std::exit(1);
        }
        // Wakes the loop where no event comes.
        QTimer::singleShot(20, &loop, [] {});
        loop.processEvents(QEventLoop::WaitForMoreEvents);
    }
}

}  // namespace mcj::bench
