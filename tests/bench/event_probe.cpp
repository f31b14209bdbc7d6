#include "tests/bench/event_probe.h"

#include <QMetaEnum>
#include <algorithm>
#include <chrono>

namespace mcj::bench {
namespace {

constexpr auto kProbeEvent = static_cast<QEvent::Type>(QEvent::User + 77);
constexpr auto kProbePause = std::chrono::milliseconds(3);

bool isPainting(QEvent::Type type) {
    return type == QEvent::UpdateRequest || type == QEvent::Paint || type == QEvent::Expose;
}

}  // namespace

TimedApplication::TimedApplication(int& argc, char** argv) : QApplication(argc, argv) {
    clock_.start();
}

bool TimedApplication::notify(QObject* receiver, QEvent* event) {
    // The receiver may be gone afterwards.
    const QEvent::Type type = event->type();
    const char* name = receiver->metaObject()->className();
    const bool outermost = depth_++ == 0;
    if (outermost) paintedInside_ = 0;
    const qint64 begin = nowNs();
    const bool handled = QApplication::notify(receiver, event);
    const qint64 end = nowNs();
    --depth_;
    if (isPainting(type)) {
        // Nested paints are part of the outer one's span.
        while (!paints_.empty() && paints_.back().begin >= begin) {
            paintedInside_ -= paints_.back().end - paints_.back().begin;
            paints_.pop_back();
        }
        paints_.push_back({begin, end});
        paintedInside_ += end - begin;
    }
    if (outermost && end - begin - paintedInside_ > longestNs_) {
        longestNs_ = end - begin - paintedInside_;
        longest_ = QByteArray(name) + " " +
                   QMetaEnum::fromType<QEvent::Type>().valueToKey(static_cast<int>(type));
    }
    return handled;
}

qint64 TimedApplication::paintedNs(qint64 begin, qint64 end) {
    std::erase_if(paints_, [begin](const Span& paint) { return paint.end < begin; });
    qint64 sum = 0;
    for (const Span& paint : paints_) {
        sum += std::max<qint64>(0, std::min(end, paint.end) - std::max(begin, paint.begin));
    }
    return sum;
}

std::pair<qint64, QByteArray> TimedApplication::takeLongestHandler() {
    return {std::exchange(longestNs_, 0), std::exchange(longest_, {})};
}

EventProbe::EventProbe(TimedApplication& app) : app_(app) {
    thread_ = std::thread([this] {
        while (!stop_) {
            if (!pending_.exchange(true)) {
                sentNs_ = app_.nowNs();
                QCoreApplication::postEvent(this, new QEvent(kProbeEvent));
            }
            std::this_thread::sleep_for(kProbePause);
        }
    });
}

EventProbe::~EventProbe() {
    stop_ = true;
    thread_.join();
}

bool EventProbe::event(QEvent* event) {
    if (event->type() != kProbeEvent) return QObject::event(event);
    const qint64 now = app_.nowNs();
    const qint64 waited = now - sentNs_ - app_.paintedNs(sentNs_, now);
    waits_.push_back(static_cast<double>(waited) / 1e6);
    pending_ = false;
    return true;
}

}  // namespace mcj::bench
