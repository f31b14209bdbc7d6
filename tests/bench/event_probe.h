#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <atomic>
#include <thread>
#include <vector>

/// Measures how long an event waits for the GUI thread.
namespace mcj::bench {

/// A stretch of time on the application's monotonic clock.
struct Span {
    qint64 begin = 0;
    qint64 end = 0;
};

/// Times every event's handler. What the paint system does (paintGL, composition, the swap) is kept
/// apart: under a software renderer it costs what no handler of ours costs.
class TimedApplication : public QApplication {
public:
    TimedApplication(int& argc, char** argv);
    bool notify(QObject* receiver, QEvent* event) override;

    [[nodiscard]] qint64 nowNs() const { return clock_.nsecsElapsed(); }
    /// Time of painting within [begin, end]; forgets what ended before `begin`.
    [[nodiscard]] qint64 paintedNs(qint64 begin, qint64 end);
    /// The longest handler since the last call, and whose it was.
    [[nodiscard]] std::pair<qint64, QByteArray> takeLongestHandler();

private:
    QElapsedTimer clock_;
    std::vector<Span> paints_;
    int depth_ = 0;
    qint64 paintedInside_ = 0;
    qint64 longestNs_ = 0;
    QByteArray longest_;
};

/// Posts an event to the GUI thread every few milliseconds while it lives and keeps how long each
/// waited there, without the painting that happened meanwhile.
class EventProbe : public QObject {
public:
    explicit EventProbe(TimedApplication& app);
    ~EventProbe() override;
    /// Milliseconds an event, in the order of arrival.
    [[nodiscard]] const std::vector<double>& waitsMs() const { return waits_; }

protected:
    bool event(QEvent* event) override;

private:
    TimedApplication& app_;
    std::vector<double> waits_;
    std::atomic<qint64> sentNs_ = 0;
    std::atomic<bool> pending_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace mcj::bench
