#include "viewer/session/live_counts.h"

#include <algorithm>

namespace mcj {
namespace {

constexpr auto kSpan = std::chrono::seconds(2);

double secsBetween(LiveCounts::Clock::time_point from, LiveCounts::Clock::time_point to) {
    return std::max(std::chrono::duration<double>(to - from).count(), 0.0);
}

}  // namespace

void LiveCounts::arrived(FrameIndex newest, Clock::time_point when) {
    received_ = newest + 1;
    arrivals_.push_back({when, received_});
    while (arrivals_.size() > 1 && when - arrivals_.front().when > kSpan) arrivals_.pop_front();
}

void LiveCounts::showed(Clock::time_point arrived) {
    ++shown_;
    shownArrived_ = arrived;
}

double LiveCounts::framesPerSec(Clock::time_point now) const {
    const auto first = std::find_if(arrivals_.begin(), arrivals_.end(),
                                    [now](const Arrival& one) { return now - one.when <= kSpan; });
    if (first == arrivals_.end()) return 0.0;
    const double secs = secsBetween(first->when, arrivals_.back().when);
    return secs > 0.0 ? static_cast<double>(received_ - first->received) / secs : 0.0;
}

std::optional<double> LiveCounts::shownAgeSecs(Clock::time_point now) const {
    if (!shownArrived_) return std::nullopt;
    return secsBetween(*shownArrived_, now);
}

std::optional<double> LiveCounts::silenceSecs(Clock::time_point now) const {
    if (arrivals_.empty()) return std::nullopt;
    return secsBetween(arrivals_.back().when, now);
}

}  // namespace mcj
